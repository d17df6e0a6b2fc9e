import Analysis

/// One socket that ends where the first match begins.
final class EndingSocket: SocketAnalyzer {
  var interest: Interest { .data }

  private let shard: EndingShard
  private let matcher: Matcher
  private let verdict: Verdict
  private let isDatagrams: Bool
  private var out: StreamPlace
  private var `in`: StreamPlace
  private var isOver = false

  init(_ socket: SocketInfo, _ shard: EndingShard, _ matcher: Matcher, _ verdict: Verdict) {
    self.shard = shard
    self.matcher = matcher
    self.verdict = verdict
    isDatagrams = socket.transport == .udp
    out = StreamPlace(isMidstream: socket.isMidstream && !isDatagrams)
    `in` = out
    shard.sockets += 1
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    chunk.direction == .out ? verdict(for: chunk, &out) : verdict(for: chunk, &`in`)
  }

  private func verdict(for chunk: borrowing Chunk, _ place: inout StreamPlace) -> Verdict {
    if isDatagrams { place = StreamPlace(isMidstream: false) } else { place.move(to: chunk.offset) }
    shard.search.begin(chunk.bytes, at: place)
    let end = isDatagrams ? .stream : ChunkEnd(chunk.final)
    switch shard.search.next(in: chunk.bytes, from: 0, end) {
    case .none:
      place.pass(chunk.bytes, keeping: matcher.lookbehind)
      return .allow
    case .open(let start, _):
      place.pass(chunk.bytes.extracting(first: start), keeping: matcher.lookbehind)
      return .allowPrefix(start, need: 1)
    case .match(let range, _) where range.lowerBound > 0 && !isDatagrams:
      // What stands before it goes on; with the next call the match is in front.
      place.pass(chunk.bytes.extracting(first: range.lowerBound), keeping: matcher.lookbehind)
      return .allowPrefix(range.lowerBound, need: 0)
    case .match:
      if !isOver { shard.ended += 1 }
      isOver = true
      return verdict
    }
  }
}

/// What the sockets of a shard share.
final class EndingShard {
  let search: MatchSearch
  var sockets: UInt64 = 0
  var ended: UInt64 = 0
  // Two shards may be counted by two workers: their sums must not share a cache line.
  private let padding = InlineArray<12, UInt64>(repeating: 0)

  init(_ matcher: Matcher) { search = MatchSearch(matcher) }

  static func summarize(_ shards: [EndingShard], _ context: inout FinishContext) {
    let ended = shards.reduce(0) { $0 + $1.ended }
    let sockets = shards.reduce(0) { $0 + $1.sockets }
    context.summarize("\(ended) of \(sockets.counted("socket")) ended at a match")
    EditingShard.summarizeExhausted(shards.map(\.search), &context)
  }
}
