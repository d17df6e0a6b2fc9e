/// Finds literals: a fast search names places where one may begin, and the trie says whether it does.
struct LiteralSet: Sendable {
  private enum Search: Sendable {
    /// One literal.
    case pair(BytePair)
    /// Many.
    case blocks(BlockFilter)
    /// Some of them are single bytes.
    case firstBytes
  }

  private let search: Search
  private var trie: LiteralTrie
  private let shortest: Int

  /// - Parameter literals: not empty, in the order of their rules.
  init(_ literals: [(bytes: [UInt8], rule: Int)], isCaseless: Bool) {
    trie = LiteralTrie(isCaseless: isCaseless)
    for literal in literals { trie.add(literal.bytes, rule: literal.rule) }
    shortest = literals.map(\.bytes.count).min() ?? 1
    if literals.count == 1 {
      search = .pair(BytePair(literals[0].bytes, isCaseless: isCaseless))
    } else if let filter = BlockFilter(literals.map(\.bytes), isCaseless: isCaseless) {
      search = .blocks(filter)
    } else {
      search = .firstBytes
    }
  }

  /// The first literal that begins at or behind a place.
  func next(in bytes: Span<UInt8>, from start: Int, mayContinue: Bool) -> Sighting {
    // From there on not even the shortest one has room.
    let tail = max(start, bytes.count - shortest + 1)
    var place = start
    while true {
      place = nextCandidate(in: bytes, place..<tail)
      if place >= tail { break }
      if let sighting = sighting(in: bytes, at: place, mayContinue: mayContinue) { return sighting }
      place += 1
    }
    if !mayContinue { return .none }
    while true {
      place = nextBeginning(in: bytes, place..<bytes.count)
      if place >= bytes.count { return .none }
      if let sighting = sighting(in: bytes, at: place, mayContinue: true) { return sighting }
      place += 1
    }
  }

  private func nextCandidate(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    switch search {
    case .pair(let pair): pair.next(in: bytes, range)
    case .blocks(let filter): filter.next(in: bytes, range)
    case .firstBytes: nextFirstByte(in: bytes, range)
    }
  }

  private func nextBeginning(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    if case .pair(let pair) = search { return pair.nextBeginning(in: bytes, range) }
    return nextFirstByte(in: bytes, range)
  }

  private func nextFirstByte(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    range.first { trie.begins(with: bytes[$0]) } ?? range.upperBound
  }

  private func sighting(in bytes: Span<UInt8>, at place: Int, mayContinue: Bool) -> Sighting? {
    switch trie.finding(in: bytes, at: place, mayContinue: mayContinue) {
    case .none: nil
    case .match(let rule, let length): .match(place..<(place + length), rule: rule)
    case .open(let rule): .open(place, rule: rule)
    }
  }
}
