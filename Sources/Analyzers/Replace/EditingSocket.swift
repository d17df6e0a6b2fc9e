import Analysis

/// One socket whose matches are edited.
final class EditingSocket: SocketAnalyzer {
  var interest: Interest { .data }

  private let shard: EditingShard
  private let rules: RuleSettings
  private let limit: Int
  private let isDatagrams: Bool
  private let hasLiteralsOnly: Bool
  private var out: EditedStream
  private var `in`: EditedStream
  /// Of each whether it is plain.
  private var outIsPlain = false
  private var inIsPlain = false

  private var matcher: Matcher { rules.matcher }

  init(_ socket: SocketInfo, _ shard: EditingShard, _ rules: RuleSettings, limit: Int) {
    self.shard = shard
    self.rules = rules
    self.limit = limit
    isDatagrams = socket.transport == .udp
    hasLiteralsOnly = rules.matcher.hasLiteralsOnly
    out = EditedStream(isMidstream: socket.isMidstream && !isDatagrams)
    `in` = out
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    let end = isDatagrams ? .stream : ChunkEnd(chunk.final)
    let isPlain = chunk.direction == .out ? outIsPlain : inIsPlain
    // Most chunks of most streams.
    if isPlain, hasLiteralsOnly, matcher.hasNoLiteral(in: chunk.bytes, end) { return .allow }
    defer { (outIsPlain, inIsPlain) = (out.isPlain(limit), `in`.isPlain(limit)) }
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
    if stream.editCount >= limit { return .allow }
    if isDatagrams {
      stream.place = StreamPlace(isMidstream: false)
    } else {
      stream.place.move(to: chunk.offset)
    }
    if let count = shard.search.decidedUnseen(in: chunk.bytes, end, &stream.place) {
      stream.place.pass(chunk.bytes.extracting(first: count), keeping: matcher.lookbehind)
      return .allowPrefix(count, need: shard.search.needBehindWindow)
    }
    shard.search.begin(chunk.bytes, at: stream.place)
    stream.place.open = LiteralAutomaton.root
    let sighting = shard.search.next(in: chunk.bytes, from: 0, end)
    if case .none = sighting {
      stream.place.pass(chunk.bytes, keeping: matcher.lookbehind)
      return .allow
    }
    return edit(chunk, sighting, end, &stream)
  }

  private func edit(
    _ chunk: borrowing Chunk, _ first: Sighting, _ end: ChunkEnd, _ stream: inout EditedStream
  ) -> Verdict {
    let total = chunk.bytes.count
    var edits: [Edit] = []
    /// How many bytes are decided.
    var count = total
    var end = end
    var sighting = first
    search: while true {
      switch sighting {
      case .none: break search
      case .match(let range, let rule):
        edits.append(Edit(range, with: shard.search.replacement(ofRule: rule)))
        shard.edits += 1
        stream.editCount += 1
        if stream.editCount >= limit { break search }
        sighting = shard.search.next(in: chunk.bytes, from: range.upperBound, end)
      case .open(let start, _)
      where end == .early && (rules.onEarlyEnd.ending == nil || start == 0):
        shard.earlyEnds.note(chunk.final)
        if let ending = rules.onEarlyEnd.ending { return ending }
        if rules.onEarlyEnd == .cut {
          edits.append(Edit(start..<total, with: []))
          break search
        }
        end = .cut
        shard.search.forget()
        sighting = shard.search.next(in: chunk.bytes, from: start, end)
      case .open(let start, _):
        count = start
        break search
      }
    }
    stream.place.pass(chunk.bytes.extracting(first: count), keeping: matcher.lookbehind)
    if count == total { return .edit(edits) }
    stream.place.open(chunk.bytes.extracting(droppingFirst: count), in: shard.search)
    // Where it is too early the rest is shown once more, for the end of the flow.
    let need = end == .early ? 0 : shard.search.need(behind: total - count)
    return edits.isEmpty
      ? .allowPrefix(count, need: need) : .editPrefix(edits, count: count, need: need)
  }
}

/// What is known of one direction.
struct EditedStream {
  var isSeen = false
  var editCount = 0
  var place: StreamPlace

  init(isMidstream: Bool) { place = StreamPlace(isMidstream: isMidstream) }

  /// Whether nothing is to be noted of a chunk in which no literal may begin.
  func isPlain(_ limit: Int) -> Bool {
    isSeen && editCount < limit && place.open == LiteralAutomaton.root
  }
}

/// What the sockets of a shard share.
final class EditingShard {
  let search: MatchSearch
  /// Directions of sockets that carried bytes.
  var streams: UInt64 = 0
  var edits: UInt64 = 0
  var earlyEnds = EarlyEnds()
  // Two shards may be counted by two workers: their sums must not share a cache line.
  private let padding = InlineArray<12, UInt64>(repeating: 0)

  init(_ matcher: Matcher) { search = MatchSearch(matcher) }

  static func summarize(
    _ shards: [EditingShard], _ policy: EarlyEndPolicy, _ context: inout FinishContext
  ) {
    let edits = shards.reduce(0) { $0 + $1.edits }
    context.summarize(
      "\(edits.counted("match", "matches")) in "
        + shards.reduce(0) { $0 + $1.streams }.counted("stream"))
    EarlyEnds.summarize(shards.map(\.earlyEnds), policy, &context)
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
    case .peekLimit, .peekTimeout, .buffersShort, .spoolFull: self = .early
    case .gap: self = .cut
    }
  }
}

extension UInt64 {
  /// `1 edit`, `2 edits`.
  func counted(_ one: String, _ many: String? = nil) -> String {
    "\(self) " + (self == 1 ? one : many ?? one + "s")
  }
}
