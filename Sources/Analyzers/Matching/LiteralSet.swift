/// Finds literals: a fast search names places where one may begin, and the automaton says whether it does.
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
  fileprivate let automaton: LiteralAutomaton
  private let shortest: Int
  let longest: Int

  /// - Parameter literals: not empty, in the order of their rules.
  init(_ literals: [(bytes: [UInt8], rule: Int)], isCaseless: Bool) {
    automaton = LiteralAutomaton(literals, isCaseless: isCaseless)
    shortest = literals.map(\.bytes.count).min() ?? 1
    longest = literals.map(\.bytes.count).max() ?? 1
    if literals.count == 1 {
      search = .pair(BytePair(literals[0].bytes, isCaseless: isCaseless))
    } else if let filter = BlockFilter(literals.map(\.bytes), isCaseless: isCaseless) {
      search = .blocks(filter)
    } else {
      search = .firstBytes
    }
  }

  /// The first place at or behind `start` where a literal, or a part of one that the end cuts, may begin;
  /// the end where there is none.
  @inline(__always)
  fileprivate func nextBeginning(
    in bytes: Span<UInt8>, from start: Int, mayContinue: Bool
  ) -> Int {
    // From there on not even the shortest one has room.
    let tail = max(start, bytes.count - shortest + 1)
    let place = start < tail ? nextCandidate(in: bytes, start..<tail) : start
    if place < tail { return place }
    return mayContinue ? nextFirstByte(in: bytes, tail..<bytes.count) : bytes.count
  }

  private func nextCandidate(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    switch search {
    case .pair(let pair): pair.next(in: bytes, range)
    case .blocks(let filter): filter.next(in: bytes, range)
    case .firstBytes: nextFirstByte(in: bytes, range)
    }
  }

  private func nextFirstByte(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    if case .pair(let pair) = search { return pair.nextBeginning(in: bytes, range) }
    return range.first { automaton.begins(with: bytes[$0]) } ?? range.upperBound
  }
}

/// How far a chunk has been searched for literals. Where the chunk ends in the beginning of one, the next
/// chunk, which begins with it, is searched from where this one ended.
struct LiteralSearch {
  /// What the bytes before `place` may be the beginning of.
  private(set) var state = LiteralAutomaton.root
  private var place = 0
  /// What was found, in order, and how much of it was returned.
  private var matches: [LiteralAutomaton.Match] = []
  private var returned = 0

  init() {}

  /// A chunk that begins where another one was open.
  init(_ literals: LiteralSet, from state: Int32) {
    self.state = state
    place = literals.automaton.depth(of: state)
  }

  /// The first literal that begins at or behind a place, which is not before that of the last call.
  mutating func next(
    _ literals: LiteralSet, in bytes: Span<UInt8>, from start: Int, mayContinue: Bool
  ) -> Sighting {
    if start > 0 { move(literals, to: start) }
    while returned == matches.count {
      if !matches.isEmpty {
        matches.removeAll(keepingCapacity: true)
        returned = 0
      }
      if !read(literals, bytes, mayContinue) {
        if state == LiteralAutomaton.root { return .none }
        let start = place - literals.automaton.depth(of: state)
        return .open(start, rule: literals.automaton.firstRule(from: state))
      }
    }
    let match = matches[returned]
    returned += 1
    return .match(match.start..<match.end, rule: match.rule)
  }

  /// Reads on until something is found; `false` at the end.
  @inline(__always)
  private mutating func read(
    _ literals: LiteralSet, _ bytes: Span<UInt8>, _ mayContinue: Bool
  ) -> Bool {
    while place < bytes.count {
      if state == LiteralAutomaton.root {
        place = literals.nextBeginning(in: bytes, from: place, mayContinue: mayContinue)
        if place >= bytes.count { break }
      }
      if literals.automaton.step(&state, bytes[place], at: place, &matches) { place += 1 }
      if !matches.isEmpty { return true }
    }
    if mayContinue { return false }
    while state != LiteralAutomaton.root {
      literals.automaton.fall(&state, endingAt: place, &matches)
      if !matches.isEmpty { return true }
    }
    return false
  }

  /// What begins before a place does not count, as another match covers it.
  private mutating func move(_ literals: LiteralSet, to start: Int) {
    var isCut = returned > 0 && matches[returned - 1].end > start
    while returned < matches.count, matches[returned].start < start {
      isCut = isCut || matches[returned].end > start
      returned += 1
    }
    while !isCut, place - literals.automaton.depth(of: state) < start {
      if state == LiteralAutomaton.root { break }
      if let next = literals.automaton.stateWithoutFirstByte(of: state) {
        state = next
      } else {
        isCut = true
      }
    }
    if isCut || place < start {
      self = LiteralSearch()
      place = start
    }
  }
}
