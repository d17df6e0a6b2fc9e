import Analysis

/// One socket that ends where the first match begins.
final class EndingSocket: SocketAnalyzer {
  var interest: Interest { .data }

  private let shard: EndingShard
  private let rules: RuleSettings
  private let verdict: Verdict
  private let isDatagrams: Bool
  private var out: StreamPlace
  private var `in`: StreamPlace
  private var isOver = false

  init(_ socket: SocketInfo, _ shard: EndingShard, _ rules: RuleSettings, _ verdict: Verdict) {
    self.shard = shard
    self.rules = rules
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
    let end = isDatagrams ? .stream : ChunkEnd(chunk.final)
    if let count = shard.search.decidedUnseen(in: chunk.bytes, end, &place) {
      pass(count, of: chunk, &place)
      return .allowPrefix(count, need: shard.search.needBehindWindow)
    }
    shard.search.begin(chunk.bytes, at: place)
    place.open = LiteralAutomaton.root
    let sighting = shard.search.next(in: chunk.bytes, from: 0, end)
    if end == .early, case .open(let start, _) = sighting {
      return earlyEnd(of: chunk, start, &place)
    }
    return verdict(for: chunk, sighting, &place)
  }

  private func verdict(
    for chunk: borrowing Chunk, _ sighting: Sighting, _ place: inout StreamPlace
  ) -> Verdict {
    switch sighting {
    case .none:
      pass(chunk.bytes.count, of: chunk, &place)
      return .allow
    case .open(let start, _):
      pass(start, of: chunk, &place)
      place.open(chunk.bytes.extracting(droppingFirst: start), in: shard.search)
      return .allowPrefix(start, need: shard.search.need(behind: chunk.bytes.count - start))
    case .match(let range, _) where range.lowerBound > 0 && !isDatagrams:
      // What stands before it goes on; with the next call the match is in front.
      pass(range.lowerBound, of: chunk, &place)
      return .allowPrefix(range.lowerBound, need: 0)
    case .match: return ended(verdict)
    }
  }

  /// There may be a match from a place on, and it is not possible to wait for more.
  private func earlyEnd(
    of chunk: borrowing Chunk, _ start: Int, _ place: inout StreamPlace
  ) -> Verdict {
    if rules.onEarlyEnd.ending != nil, start > 0 {
      // The rest is shown once more.
      pass(start, of: chunk, &place)
      return .allowPrefix(start, need: 0)
    }
    // What is shown once more for a match in it has been noted.
    if place.earlyEnd != chunk.endOffset { shard.earlyEnds.note(chunk.final) }
    place.earlyEnd = chunk.endOffset
    if let ending = rules.onEarlyEnd.ending { return ended(ending) }
    if rules.onEarlyEnd == .cut {
      pass(chunk.bytes.count, of: chunk, &place)
      return .removing(start..<chunk.bytes.count)
    }
    shard.search.forget()
    return verdict(
      for: chunk, shard.search.next(in: chunk.bytes, from: start, .cut), &place)
  }

  private func pass(_ count: Int, of chunk: borrowing Chunk, _ place: inout StreamPlace) {
    place.pass(chunk.bytes.extracting(first: count), keeping: rules.matcher.lookbehind)
  }

  private func ended(_ verdict: Verdict) -> Verdict {
    if !isOver { shard.ended += 1 }
    isOver = true
    return verdict
  }
}

/// What the sockets of a shard share.
final class EndingShard {
  let search: MatchSearch
  var sockets: UInt64 = 0
  var ended: UInt64 = 0
  var earlyEnds = EarlyEnds()
  // Two shards may be counted by two workers: their sums must not share a cache line.
  private let padding = InlineArray<12, UInt64>(repeating: 0)

  init(_ matcher: Matcher) { search = MatchSearch(matcher) }

  static func summarize(
    _ shards: [EndingShard], _ policy: EarlyEndPolicy, _ context: inout FinishContext
  ) {
    let ended = shards.reduce(0) { $0 + $1.ended }
    let sockets = shards.reduce(0) { $0 + $1.sockets }
    context.summarize("\(ended) of \(sockets.counted("socket")) ended at a match")
    EarlyEnds.summarize(shards.map(\.earlyEnds), policy, &context)
    EditingShard.summarizeExhausted(shards.map(\.search), &context)
  }
}
