import Analysis

/// Rules that are looked for together. At each place the one that is listed first has the precedence; a
/// match ends where the next one may begin. All sockets share it.
final class Matcher: Sendable {
  let rules: [Rule]
  fileprivate let literals: LiteralSet?
  fileprivate let regexes: [(regex: Regex, rule: Int)]
  /// How many bytes of the stream decide about a match of a regular expression, from its begin on.
  let window: Int
  /// How many bytes that have gone are to be kept, for what looks behind.
  let lookbehind: Int

  init(_ rules: [Rule], isCaseless: Bool, window: Int) {
    self.rules = rules
    self.window = window
    var literals: [(bytes: [UInt8], rule: Int)] = []
    var regexes: [(regex: Regex, rule: Int)] = []
    for (number, rule) in rules.enumerated() {
      switch rule.pattern {
      case .literal(let bytes): literals.append((bytes, number))
      case .regex(let regex): regexes.append((regex, number))
      }
    }
    self.literals = literals.isEmpty ? nil : LiteralSet(literals, isCaseless: isCaseless)
    self.regexes = regexes
    // One at least, to tell the begin of the stream, or of a line.
    lookbehind = regexes.map { max($0.regex.lookbehind, 1) }.max() ?? 0
  }

  /// Whether the bytes of a chunk alone tell what matches in it.
  var hasLiteralsOnly: Bool { regexes.isEmpty }

  /// The first literal that begins at or behind a place of a chunk.
  func nextLiteral(in bytes: Span<UInt8>, from start: Int, _ end: ChunkEnd) -> Sighting {
    literals?.next(in: bytes, from: start, mayContinue: end == .open) ?? .none
  }
}

/// A search for rules in one chunk after another. Those of one shard share it.
final class MatchSearch {
  private let matcher: Matcher
  private let hasRegexes: Bool
  /// Made with the first chunk: most shards of a short run never see one.
  private var regexes: [RegexSearch] = []
  /// Bytes that have gone, and the chunk. Only regular expressions look at it.
  private var subject: [UInt8] = []
  private var gone = 0
  /// The last sightings, of all literals together and of each regular expression, in the chunk at hand.
  private var sightings: [Sighting?]

  init(_ matcher: Matcher) {
    self.matcher = matcher
    hasRegexes = !matcher.hasLiteralsOnly
    sightings = Array(repeating: nil, count: matcher.regexes.count + 1)
  }

  /// Chunks in which a regular expression took too many steps.
  var exhaustedCount: UInt64 { regexes.reduce(0) { $0 + $1.exhaustedCount } }

  /// A chunk is to be searched.
  func begin(_ bytes: Span<UInt8>, at place: StreamPlace) {
    if !hasRegexes { return }
    if regexes.isEmpty {
      regexes = matcher.regexes.map {
        RegexSearch($0.regex, rule: $0.rule, window: matcher.window)
      }
    }
    subject.removeAll(keepingCapacity: true)
    subject += place.gone
    subject.append(copying: bytes)
    gone = place.gone.count
    for index in sightings.indices { sightings[index] = nil }
  }

  /// What comes first at or behind a place of the chunk that was begun.
  func next(in bytes: Span<UInt8>, from start: Int, _ end: ChunkEnd) -> Sighting {
    if !hasRegexes {
      return matcher.nextLiteral(in: bytes, from: start, end)
    }
    let subject = subject
    var first = Sighting.none
    for index in sightings.indices {
      let sighting: Sighting
      if let last = sightings[index], last.start >= start {
        sighting = last
      } else if index < regexes.count {
        sighting = regexes[index].next(in: subject.span, gone: gone, from: start, end)
      } else {
        sighting = matcher.nextLiteral(in: bytes, from: start, end)
      }
      sightings[index] = sighting
      if sighting.isBefore(first) { first = sighting }
    }
    return first
  }

  /// What stands in the place of a match that was the last to be returned.
  func replacement(ofRule number: Int) -> [UInt8] {
    switch matcher.rules[number].replacement {
    case .bytes(let bytes): return bytes
    case .template(let template):
      guard let search = regexes.first(where: { $0.rule == number }) else { return [] }
      let subject = subject
      return template.filled(from: search.matching, in: subject.span)
    }
  }
}

/// Where the search stands in one direction of a socket.
struct StreamPlace {
  /// The stream offset of the first byte that is not decided.
  private(set) var offset: UInt64 = 0
  /// The last bytes before it, for what looks behind.
  private(set) var gone: [UInt8] = []

  /// Stands for bytes that were not seen, before the first ones that were: none that a word consists of.
  private static let unseen: [UInt8] = [0]

  /// - Parameter isMidstream: whether what was sent before was not seen.
  init(isMidstream: Bool) {
    if isMidstream { gone = Self.unseen }
  }

  /// A chunk is to be searched that begins there: behind a gap the search begins anew.
  mutating func move(to offset: UInt64) {
    if offset != self.offset { gone = Self.unseen }
    self.offset = offset
  }

  /// Bytes are decided.
  mutating func pass(_ bytes: Span<UInt8>, keeping count: Int) {
    offset &+= UInt64(bytes.count)
    if count == 0 { return }
    gone.append(copying: bytes.extracting(last: count))
    if gone.count > count { gone.removeFirst(gone.count - count) }
  }
}
