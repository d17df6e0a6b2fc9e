import Analysis

/// One socket whose matches are edited.
final class EditingSocket: SocketAnalyzer {
  var interest: Interest { .data }

  private let shard: EditingShard
  private let matcher: Matcher
  private let limit: Int
  private let isDatagrams: Bool
  private let hasLiteralsOnly: Bool
  private var out: EditedStream
  private var `in`: EditedStream
  /// Of each whether it is plain.
  private var outIsPlain = false
  private var inIsPlain = false

  init(_ socket: SocketInfo, _ shard: EditingShard, _ matcher: Matcher, limit: Int) {
    self.shard = shard
    self.matcher = matcher
    self.limit = limit
    isDatagrams = socket.transport == .udp
    hasLiteralsOnly = matcher.hasLiteralsOnly
    out = EditedStream(isMidstream: socket.isMidstream && !isDatagrams)
    `in` = out
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    let end = isDatagrams ? .stream : ChunkEnd(chunk.final)
    let isPlain = chunk.direction == .out ? outIsPlain : inIsPlain
    // Most chunks of most streams.
    if isPlain, hasLiteralsOnly, case .none = matcher.nextLiteral(in: chunk.bytes, from: 0, end) {
      return .allow
    }
    defer { (outIsPlain, inIsPlain) = (out.isPlain, `in`.isPlain) }
    return chunk.direction == .out
      ? verdict(for: chunk, end, &out) : verdict(for: chunk, end, &`in`)
  }

  @inline(never)
  private func verdict(
    for chunk: borrowing Chunk, _ end: ChunkEnd, _ stream: inout EditedStream
  ) -> Verdict {
    if !stream.isSeen {
      stream.isSeen = true
      shard.streams += 1
    }
    if stream.editCount >= limit {
      stream.end()
      return .allow
    }
    if isDatagrams { stream.place = StreamPlace(isMidstream: false) }
    if !isDatagrams { stream.place.move(to: chunk.offset) }
    shard.search.begin(chunk.bytes, at: stream.place)
    let sighting = shard.search.next(in: chunk.bytes, from: 0, end)
    if case .none = sighting {
      stream.pass(chunk.bytes, at: chunk.offset, [], keeping: matcher.lookbehind)
      return .allow
    }
    return edit(chunk, sighting, end, &stream)
  }

  private func edit(
    _ chunk: borrowing Chunk, _ first: Sighting, _ end: ChunkEnd, _ stream: inout EditedStream
  ) -> Verdict {
    var edits: [Edit] = []
    var sighting = first
    while case .match(let range, let rule) = sighting {
      edits.append(Edit(range, with: shard.search.replacement(ofRule: rule)))
      stream.editCount += 1
      if stream.editCount >= limit { break }
      sighting = shard.search.next(in: chunk.bytes, from: range.upperBound, end)
    }
    shard.edits += UInt64(edits.count)
    var count = chunk.bytes.count
    if case .open(let start, _) = sighting { count = start }
    shard.lengthChanges += stream.pass(
      chunk.bytes.extracting(first: count), at: chunk.offset, edits, keeping: matcher.lookbehind)
    if count == chunk.bytes.count { return .edit(edits) }
    return edits.isEmpty
      ? .allowPrefix(count, need: 1) : .editPrefix(edits, count: count, need: 1)
  }
}

/// What is known of one direction.
struct EditedStream {
  /// Whether nothing is to be noted of a chunk in which no literal may begin.
  private(set) var isPlain = false
  var isSeen = false
  var editCount = 0
  var place: StreamPlace
  private var lengths = HTTPLengths()

  /// Nothing more is looked for.
  mutating func end() { isPlain = false }

  init(isMidstream: Bool) { place = StreamPlace(isMidstream: isMidstream) }

  /// Bytes go on, with edits. How many of these change the length of an HTTP message that announces one.
  @discardableResult
  mutating func pass(
    _ bytes: Span<UInt8>, at offset: UInt64, _ edits: [Edit], keeping lookbehind: Int
  ) -> UInt64 {
    place.pass(bytes, keeping: lookbehind)
    defer { isPlain = !lengths.mayBeHTTP }
    return lengths.changes(by: edits, in: bytes, at: offset)
  }
}

/// What the sockets of a shard share.
final class EditingShard {
  let search: MatchSearch
  /// Directions of sockets that carried bytes.
  var streams: UInt64 = 0
  var edits: UInt64 = 0
  var lengthChanges: UInt64 = 0
  // Two shards may be counted by two workers: their sums must not share a cache line.
  private let padding = InlineArray<12, UInt64>(repeating: 0)

  init(_ matcher: Matcher) { search = MatchSearch(matcher) }

  static func summarize(_ shards: [EditingShard], _ context: inout FinishContext) {
    let edits = shards.reduce(0) { $0 + $1.edits }
    context.summarize(
      "\(edits.counted("match", "matches")) in "
        + shards.reduce(0) { $0 + $1.streams }.counted("stream"))
    let changes = shards.reduce(0) { $0 + $1.lengthChanges }
    if changes > 0 {
      context.summarize(
        "\(changes.counted("edit")) changed the length of an HTTP message that announces one")
    }
    summarizeExhausted(shards.map(\.search), &context)
  }

  static func summarizeExhausted(_ searches: [MatchSearch], _ context: inout FinishContext) {
    let count = searches.reduce(0) { $0 + $1.exhaustedCount }
    if count > 0 {
      context.summarize(
        "\(count.counted("chunk")) passed where a regular expression took too many steps")
    }
  }
}

extension ChunkEnd {
  init(_ final: FinalReason?) {
    switch final {
    case nil: self = .open
    case .fin, .reset, .endOfInput, .timeout, .evicted, .superseded: self = .stream
    case .peekLimit, .peekTimeout, .buffersShort, .spoolFull, .gap: self = .cut
    }
  }
}

extension UInt64 {
  /// `1 edit`, `2 edits`.
  func counted(_ one: String, _ many: String? = nil) -> String {
    "\(self) " + (self == 1 ? one : many ?? one + "s")
  }
}
