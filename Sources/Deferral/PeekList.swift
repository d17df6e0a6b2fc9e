import Analysis
import Sockets
import Wire

/// The peeks of each shard, in the order in which they began. What they may come to is counted by
/// shards, so that it does not depend on how many workers there are.
struct PeekList {
  struct Entry {
    /// Counts the peeks of a worker.
    var number: UInt64
    var byteCount: Int
    var start: Timestamp
    unowned var socket: DeferredSocket
    var direction: Direction
    var link: Int
  }

  private var shards: [[Entry]] = Array(repeating: [], count: PerShard<DeferralStage>.count)
  private var byteCounts = [Int](repeating: 0, count: PerShard<DeferralStage>.count)

  mutating func add(_ entry: Entry, shard: Int) {
    // A peek that grows keeps its place.
    let place = shards[shard].firstIndex { $0.number > entry.number } ?? shards[shard].endIndex
    shards[shard].insert(entry, at: place)
    byteCounts[shard] += entry.byteCount
  }

  mutating func remove(_ number: UInt64, shard: Int) {
    guard let place = shards[shard].firstIndex(where: { $0.number == number }) else { return }
    byteCounts[shard] -= shards[shard].remove(at: place).byteCount
  }

  /// The oldest peek of a shard that has more of them than that.
  func oldest(ofShard shard: Int, beyond count: Int, bytes: Int) -> Entry? {
    shards[shard].count > count || byteCounts[shard] > bytes ? shards[shard].first : nil
  }

  /// A peek that began at or before a time.
  func any(begunBy time: Timestamp) -> Entry? {
    for shard in shards {
      if let entry = shard.first(where: { $0.start <= time }) { return entry }
    }
    return nil
  }
}
