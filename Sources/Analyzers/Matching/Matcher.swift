import Analysis

/// Rules that are looked for together. At each place the one that is listed first has the precedence; a
/// match ends where the next one may begin. All sockets share it.
final class Matcher: Sendable {
  let rules: [Rule]
  let literals: LiteralSet?
  fileprivate let regexes: [(regex: Regex, rule: Int)]
  /// How many bytes of the stream decide about a match of a regular expression, from its begin on.
  let window: Int
  /// How many bytes that have gone are to be kept, for what looks behind.
  let lookbehind: Int
  /// Bytes of which each match has one; `nil` where there may be others.
  let requiredBytes: [BytePair]?

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
    let required = regexes.compactMap(\.regex.requiredByte)
    requiredBytes = literals.isEmpty && required.count == regexes.count ? required : nil
  }

  var hasLiteralsOnly: Bool { regexes.isEmpty }

  /// Whether a part of a chunk has no byte that a match has to have.
  func isBarren(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard let requiredBytes else { return false }
    return requiredBytes.allSatisfy { $0.next(in: bytes, range) == range.upperBound }
  }

  /// Whether no literal begins in a chunk of a stream in which none is open.
  func hasNoLiteral(in bytes: Span<UInt8>, _ end: ChunkEnd) -> Bool {
    guard let literals else { return true }
    var search = LiteralSearch()
    return search.next(literals, in: bytes, from: 0, mayContinue: end.mayContinue) == .none
  }
}

/// A search for rules in one chunk after another. Those of one shard share it.
final class MatchSearch {
  fileprivate let matcher: Matcher
  private let hasRegexes: Bool
  /// Made with the first chunk: most shards of a short run never see one.
  private var regexes: [RegexSearch] = []
  private var literals = LiteralSearch()
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

  /// How many bytes regular expressions were given to look at, all looks together.
  var lookedAt: Int { regexes.reduce(0) { $0 + $1.matching.lookedAt } }

  /// A chunk is to be searched.
  func begin(_ bytes: Span<UInt8>, at place: StreamPlace) {
    literals = matcher.literals.map { LiteralSearch($0, from: place.open) } ?? LiteralSearch()
    if !hasRegexes { return }
    if regexes.isEmpty {
      regexes = matcher.regexes.map {
        RegexSearch($0.regex, rule: $0.rule, window: matcher.window)
      }
    }
    let lookedAt = place.gone.suffix(matcher.lookbehind)
    subject.removeAll(keepingCapacity: true)
    subject += lookedAt
    subject.append(copying: bytes)
    gone = lookedAt.count
    for regex in regexes { regex.begin() }
    forget()
  }

  /// The chunk that was begun is to be searched on as if it ended otherwise.
  func forget() {
    for index in sightings.indices { sightings[index] = nil }
  }

  /// What comes first at or behind a place of the chunk that was begun, which is not before that of the
  /// last call.
  func next(in bytes: Span<UInt8>, from start: Int, _ end: ChunkEnd) -> Sighting {
    if !hasRegexes { return nextLiteral(in: bytes, from: start, end) }
    let subject = subject
    var first = Sighting.none
    for index in sightings.indices {
      let sighting: Sighting
      if let last = sightings[index], last.start >= start {
        sighting = last
      } else if index < regexes.count {
        sighting = regexes[index].next(in: subject.span, gone: gone, from: start, end)
      } else {
        sighting = nextLiteral(in: bytes, from: start, end)
      }
      sightings[index] = sighting
      if sighting.isBefore(first) { first = sighting }
    }
    return first
  }

  private func nextLiteral(in bytes: Span<UInt8>, from start: Int, _ end: ChunkEnd) -> Sighting {
    guard let set = matcher.literals else { return .none }
    return literals.next(set, in: bytes, from: start, mayContinue: end.mayContinue)
  }

  /// What the next chunk, which begins where the last sighting is open, is searched on from.
  var open: LiteralAutomaton.State { hasRegexes ? LiteralAutomaton.root : literals.state }

  /// How many more bytes are to be waited for where the last sighting is open, with `count` bytes behind
  /// its begin.
  ///
  /// Literals are read on from where they ended, so that each byte is looked at as it comes. An expression
  /// is tried again from the begin: after a sixty-fourth more, so that each byte is looked at a bounded
  /// number of times, and no later than when its window, which decides, is full.
  func need(behind count: Int) -> Int {
    guard hasRegexes else { return 1 }
    let most = max(matcher.window, matcher.literals?.longest ?? 0)
    return max(1, min(count / 64, most - count))
  }

  /// How many more bytes are waited for where a full window was seen in vain: each one alone would have
  /// all of them shown again.
  var needBehindWindow: Int { max(1, matcher.window / 64) }

  /// How many bytes of a chunk are decided, where that is known without looking again at those that were
  /// seen: in none of the windows that are full now is there what a match has to have. But for that, an
  /// expression that might match for as long as its window would be tried anew with each byte.
  func decidedUnseen(
    in bytes: Span<UInt8>, _ end: ChunkEnd, _ place: inout StreamPlace
  ) -> Int? {
    let endOffset = place.offset &+ UInt64(bytes.count)
    guard end == .open, endOffset < place.freshUntil,
      case let seen = Int(clamping: place.barrenUntil &- place.offset), seen <= bytes.count,
      matcher.isBarren(bytes, seen..<bytes.count)
    else {
      place.freshUntil = 0
      return nil
    }
    place.barrenUntil = endOffset
    return max(0, bytes.count - matcher.window + 1)
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
  /// The last bytes before it, for what looks behind, and maybe some before these.
  private(set) var gone: [UInt8] = []
  /// What the bytes from there on, as far as they were seen, may be the beginning of.
  var open = LiteralAutomaton.root
  /// How far there is nothing that a match has to have, and how far the stream may go before it is looked
  /// at as a whole again.
  fileprivate var barrenUntil: UInt64 = 0
  fileprivate var freshUntil: UInt64 = 0
  /// The end of the last chunk that was decided too early.
  var earlyEnd = UInt64.max

  /// Stands for bytes that were not seen, before the first ones that were: none that a word consists of.
  private static let unseen: [UInt8] = [0]

  /// - Parameter isMidstream: whether what was sent before was not seen.
  init(isMidstream: Bool) {
    if isMidstream { gone = Self.unseen }
  }

  /// A chunk is to be searched that begins there: behind a gap the search begins anew.
  mutating func move(to offset: UInt64) {
    if offset == self.offset { return }
    gone = Self.unseen
    open = LiteralAutomaton.root
    freshUntil = 0
    self.offset = offset
  }

  /// A search ended with bytes that are open, all of which are given.
  mutating func open(_ bytes: Span<UInt8>, in search: MatchSearch) {
    open = search.open
    freshUntil = 0
    guard bytes.count >= 128, search.matcher.isBarren(bytes, bytes.indices) else { return }
    barrenUntil = offset &+ UInt64(bytes.count)
    freshUntil = barrenUntil &+ UInt64(bytes.count / 64)
  }

  /// Bytes are decided.
  mutating func pass(_ bytes: Span<UInt8>, keeping count: Int) {
    offset &+= UInt64(bytes.count)
    if count == 0 { return }
    if bytes.count >= count { gone.removeAll(keepingCapacity: true) }
    gone.append(copying: bytes.extracting(last: count))
    // So that each byte is moved once at most, however few come at a time.
    if gone.count >= 2 * count { gone.removeFirst(gone.count - count) }
  }
}
