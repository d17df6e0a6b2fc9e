package import Analysis

/// Counts and touches no data: what it costs is what Sluice itself costs.
package struct CountAnalyzer: Analyzer {
  package static let name = "count"
  package static let summary = "counts sockets, events and stream bytes; one record at the end"

  private let shards = PerShard { ShardCount() }

  package init(_ options: Options) throws {}

  package var bytesPerSocket: Int { 0 }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    let count = shards[socket]
    count.addSocket()
    return count
  }

  package func finish(_ context: inout FinishContext) {
    var total = ShardCount.Sums()
    for shard in shards.all { total.add(shard.sums) }
    var record = Record("count")
    record["count"] = [
      "sockets": .unsigned(total.sockets), "events": .unsigned(total.events),
      "bytes": .unsigned(total.bytes),
    ]
    context.emit(record)
    context.summarize(
      "\(total.sockets) sockets, \(total.events) events, \(total.bytes) stream bytes")
  }
}

/// Serves all sockets of its shard.
final class ShardCount: SocketAnalyzer {
  var interest: Interest { [.all, .observing] }
  struct Sums {
    var sockets: UInt64 = 0
    /// Chunks of data as well as all other events.
    var events: UInt64 = 0
    var bytes: UInt64 = 0

    mutating func add(_ other: Self) {
      sockets &+= other.sockets
      events &+= other.events
      bytes &+= other.bytes
    }
  }

  private(set) var sums = Sums()
  // Two shards may be counted by two workers: their sums must not share a cache line.
  private let padding = InlineArray<12, UInt64>(repeating: 0)

  func addSocket() { sums.sockets &+= 1 }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    sums.events &+= 1
    sums.bytes &+= UInt64(truncatingIfNeeded: chunk.bytes.count)
    return .allow
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    sums.events &+= 1
  }
}
