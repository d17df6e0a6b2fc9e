import Analysis
import HeapModule
import Sockets
import Wire

/// The peeks of each shard, of which the oldest has to decide first where they take too much room. What
/// they come to is counted by shards, so that it does not depend on how many workers there are.
///
/// A heap for each shard, as there may be many. A peek that is over leaves its entry behind; when most
/// entries are such, they go.
struct PeekList {
  struct Entry {
    /// Names it: counts the peeks of a worker.
    var number: UInt64
    var start: PacketInfo
    var socket: DeferredSocket
    var direction: Direction
    var link: Int

    fileprivate var isOver: Bool { socket.peekNumber(direction, at: link) != number }
  }

  private struct Peeks {
    var entries = Heap<Entry>()
    var liveCount = 0
    /// What the peeks take, with something for each.
    var weight = 0
  }

  private var shards = [Peeks](repeating: Peeks(), count: PerShard<DeferralStage>.count)
  private(set) var count = 0

  /// What a peek takes besides its bytes: what is known of its socket and of its packets.
  static var overhead: Int { 1024 }

  var isEmpty: Bool { count == 0 }

  mutating func add(_ entry: Entry, bytes: Int, shard: Int) {
    count += 1
    shards[shard].liveCount += 1
    shards[shard].weight += bytes + Self.overhead
    if shards[shard].entries.count > 2 * shards[shard].liveCount + 64 { compact(shard) }
    shards[shard].entries.insert(entry)
  }

  /// A peek has grown.
  mutating func grow(by bytes: Int, shard: Int) { shards[shard].weight += bytes }

  /// A peek with so many bytes is over: its socket has said so already.
  mutating func remove(bytes: Int, shard: Int) {
    count -= 1
    shards[shard].liveCount -= 1
    shards[shard].weight -= bytes + Self.overhead
    if shards[shard].liveCount == 0 { shards[shard].entries = Heap() }
  }

  private mutating func compact(_ shard: Int) {
    shards[shard].entries.removeAll { $0.isOver }
  }

  /// The oldest peek of a shard whose peeks weigh more than that.
  mutating func oldest(beyond weight: Int) -> Entry? {
    guard let shard = shards.indices.first(where: { shards[$0].weight > weight }) else {
      return nil
    }
    while let first = shards[shard].entries.min {
      if !first.isOver { return first }
      shards[shard].entries.removeMin()
    }
    return nil
  }

  /// A peek that began at or before a time.
  func any(begunBy time: Timestamp) -> Entry? {
    for shard in shards {
      if let entry = shard.entries.unordered.first(where: {
        $0.start.timestamp <= time && !$0.isOver
      }) {
        return entry
      }
    }
    return nil
  }
}

extension PeekList.Entry: Comparable {
  /// Before which others it has to decide, however late its analyzer asked for it.
  static func < (left: Self, right: Self) -> Bool {
    (left.start.ordinal, left.socket.id.sequence, left.link, left.direction.index)
      < (right.start.ordinal, right.socket.id.sequence, right.link, right.direction.index)
  }

  static func == (left: Self, right: Self) -> Bool { left.number == right.number }
}
