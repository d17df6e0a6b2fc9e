/// A search for one regular expression. Whether it matches at a place, the bytes of a window from there on
/// decide, however the stream is cut into chunks.
final class RegexSearch {
  let matching: RegexMatching
  /// The number of its rule.
  let rule: Int
  private let window: Int
  /// Chunks in which it took too many steps: there it finds nothing more.
  private(set) var exhaustedCount: UInt64 = 0
  /// Places of the chunk without the byte that each match has, up to one with it or the end.
  private var required = 0..<0

  init(_ regex: Regex, rule: Int, window: Int) {
    matching = RegexMatching(regex)
    self.rule = rule
    self.window = window
  }

  /// A chunk is to be searched.
  func begin() { required = 0..<0 }

  /// What comes first at or behind a place of a chunk.
  ///
  /// - Parameters:
  ///   - subject: the chunk, behind `gone` bytes that are only looked back at.
  ///   - start: in the chunk, as are the places that it returns.
  func next(in subject: Span<UInt8>, gone: Int, from start: Int, _ end: ChunkEnd) -> Sighting {
    var place = gone + start
    while place < subject.count {
      let limit = min(subject.count, place + window)
      let isFull = limit - place == window
      if isFull, let next = placeToGoOn(in: subject, from: place) {
        place = next
        continue
      }
      let mayContinue = limit < subject.count || end.mayContinue
      let look = RegexMatching.Look(
        range: place..<limit, isBegin: gone == 0, isEnd: !mayContinue && end == .stream,
        mayContinue: mayContinue)
      switch matching.look(look, in: subject) {
      case .none: place = limit
      case .match(let range): return sighting(range, gone)
      case .exhausted: return noteExhausted()
      case .partial(let begin) where begin > place:
        place = begin
        // Looked at again, it would be found again.
        if limit == subject.count, limit - place < window { return .open(place - gone, rule: rule) }
      case .partial where !isFull: return .open(place - gone, rule: rule)
      case .partial:
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

  /// The next place whose window has the byte that each match has, where that of a place has not.
  private func placeToGoOn(in subject: Span<UInt8>, from place: Int) -> Int? {
    guard let search = matching.regex.requiredByte else { return nil }
    if !required.contains(place) {
      required = place..<search.next(in: subject, place..<subject.count)
    }
    return required.upperBound - place < window ? nil : required.upperBound - window + 1
  }

  private func sighting(_ range: Range<Int>, _ gone: Int) -> Sighting {
    .match((range.lowerBound - gone)..<(range.upperBound - gone), rule: rule)
  }

  private func noteExhausted() -> Sighting {
    exhaustedCount += 1
    return .none
  }
}
