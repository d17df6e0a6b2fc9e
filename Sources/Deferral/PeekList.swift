import Analysis
import Sockets
import Wire

/// The peeks of each shard, in the order of the packets that they began with. What they may come to is
/// counted by shards, so that it does not depend on how many workers there are.
struct PeekList {
  struct Entry {
    /// Names it: counts the peeks of a worker.
    var number: UInt64
    var byteCount: Int
    var start: PacketInfo
    unowned var socket: DeferredSocket
    var direction: Direction
    var link: Int

    /// Before which others it has to decide, however late its analyzer asked for it.
    fileprivate func isOlder(than other: Self) -> Bool {
      (start.ordinal, socket.id.sequence, link, direction.index)
        < (other.start.ordinal, other.socket.id.sequence, other.link, other.direction.index)
    }
  }

  private var shards: [[Entry]] = Array(repeating: [], count: PerShard<DeferralStage>.count)
  private var byteCounts = [Int](repeating: 0, count: PerShard<DeferralStage>.count)

  private(set) var count = 0
  var isEmpty: Bool { count == 0 }

  mutating func add(_ entry: Entry, shard: Int) {
    count += 1
    let place = shards[shard].firstIndex { entry.isOlder(than: $0) } ?? shards[shard].endIndex
    shards[shard].insert(entry, at: place)
    byteCounts[shard] += entry.byteCount
  }

  mutating func remove(_ number: UInt64, shard: Int) {
    guard let place = shards[shard].firstIndex(where: { $0.number == number }) else { return }
    count -= 1
    byteCounts[shard] -= shards[shard].remove(at: place).byteCount
  }

  /// The oldest peek of a shard that has more of them than that.
  func oldest(beyond count: Int, bytes: Int) -> Entry? {
    let shard = shards.indices.first { shards[$0].count > count || byteCounts[$0] > bytes }
    return shard.flatMap { shards[$0].first }
  }

  /// A peek that began at or before a time.
  func any(begunBy time: Timestamp) -> Entry? {
    for shard in shards {
      if let entry = shard.first(where: { $0.start.timestamp <= time }) { return entry }
    }
    return nil
  }
}
