/// What the next place is, in a chunk, that matters to a set of rules.
enum Sighting: Hashable {
  /// Nothing can begin before the end.
  case none
  /// The first match, and the number of its rule.
  case match(Range<Int>, rule: Int)
  /// From here on the bytes may be the beginning of a match: more of them are needed to tell.
  case open(Int, rule: Int)

  /// Where it begins.
  var start: Int {
    switch self {
    case .none: .max
    case .match(let range, _): range.lowerBound
    case .open(let start, _): start
    }
  }

  var rule: Int {
    switch self {
    case .none: .max
    case .match(_, let rule), .open(_, let rule): rule
    }
  }

  /// Whether it decides what comes of the bytes, rather than another one: it begins before that, or
  /// with it and is of a rule that is listed before it.
  func isBefore(_ other: Self) -> Bool { (start, rule) < (other.start, other.rule) }
}

/// What follows a chunk.
enum ChunkEnd {
  /// More bytes, as far as is known.
  case open
  /// More bytes, for which it is not possible to wait.
  case early
  /// It has to be decided now, although the stream may go on.
  case cut
  /// The end of the stream, or of the datagram.
  case stream

  /// Whether what more bytes would tell is told apart from what does not match.
  var mayContinue: Bool { self == .open || self == .early }
}
