/// A search for one regular expression. Whether it matches at a place, the bytes of a window from there on
/// decide, however the stream is cut into chunks.
final class RegexSearch {
  let matching: RegexMatching
  /// The number of its rule.
  let rule: Int
  private let window: Int
  /// Chunks in which it took too many steps: there it finds nothing more.
  private(set) var exhaustedCount: UInt64 = 0

  init(_ regex: Regex, rule: Int, window: Int) {
    matching = RegexMatching(regex)
    self.rule = rule
    self.window = window
  }

  /// What comes first at or behind a place of a chunk.
  ///
  /// - Parameters:
  ///   - subject: the chunk, behind `gone` bytes that are only looked back at.
  ///   - start: in the chunk, as are the places that it returns.
  func next(in subject: Span<UInt8>, gone: Int, from start: Int, _ end: ChunkEnd) -> Sighting {
    var place = gone + start
    while place < subject.count {
      let limit = min(subject.count, place + window)
      let mayContinue = limit < subject.count || end == .open
      let look = RegexMatching.Look(
        range: place..<limit, isBegin: gone == 0, isEnd: !mayContinue && end == .stream,
        mayContinue: mayContinue)
      switch matching.look(look, in: subject) {
      case .none: place = limit
      case .match(let range): return sighting(range, gone)
      case .exhausted: return noteExhausted()
      case .partial(let begin) where begin > place: place = begin
      case .partial where limit - place < window: return .open(place - gone, rule: rule)
      case .partial:
        // The window is full.
        let last = RegexMatching.Look(range: place..<limit, isAnchored: true, isBegin: gone == 0)
        switch matching.look(last, in: subject) {
        case .match(let range): return sighting(range, gone)
        case .exhausted: return noteExhausted()
        case .none, .partial: place += 1
        }
      }
    }
    return .none
  }

  private func sighting(_ range: Range<Int>, _ gone: Int) -> Sighting {
    .match((range.lowerBound - gone)..<(range.upperBound - gone), rule: rule)
  }

  private func noteExhausted() -> Sighting {
    exhaustedCount += 1
    return .none
  }
}
