/// Which of several workers each of the 64 shards belongs to.
public struct ShardDivision: Hashable, Sendable {
  public let workers: Int
  /// Of each worker its first shard; then the number of shards.
  private let firsts: [Int]

  /// As many for each as there can be.
  public init(workers: Int) {
    precondition((1...ReassemblyConfiguration.shardCount).contains(workers))
    self.workers = workers
    firsts = (0...workers).map {
      ($0 * ReassemblyConfiguration.shardCount + workers - 1) / workers
    }
  }

  /// The shards that belong to a worker.
  func shards(of worker: Int) -> Range<Int> { firsts[worker]..<firsts[worker + 1] }

  /// The worker of each shard.
  var owners: [64 of UInt8] {
    var owners: [64 of UInt8] = InlineArray(repeating: 0)
    for worker in 0..<workers {
      for shard in shards(of: worker) { owners[shard] = UInt8(worker) }
    }
    return owners
  }
}
