import Analysis
import Capture
import Deferral

/// What becomes of the memory that a run may use: the process as a whole is to stay near it.
package struct MemoryPlan {
  /// Bytes for all of it.
  private let memory: Int

  package init(memory: Int) { self.memory = memory }

  /// What the program takes before it sees a packet, with its batches and its threads.
  private static let program = 26 << 20
  /// With less there would be nothing left for sockets.
  package static let least = 32 << 20

  /// How much of the mapped input is in memory at a time: a sixteenth.
  package var mapped: Int { min(memory / 16, mostMapped) }

  /// Batches that may be ready ahead, of which half the mapped part of the input may be in use: few
  /// enough to lie in a cache from one thread to the other, and two at least, so that one is read while
  /// another one is worked.
  package var batchesAhead: Int { min(max(mapped / 2 / (Batch.capacity * 1514), 2), 16) }

  /// Bytes for all stores together.
  package var stores: Int { max(memory - Self.program - mapped, 1 << 20) }
}

extension RunConfiguration {
  /// What the chain keeps for each socket.
  var bytesPerSocket: Int {
    let slots = chain.count > 1 ? chain.count * ChainSlot.byteCount : 0
    let deferred = deferral.writesPackets ? DeferredSocket.byteCount(links: chain.count) : 0
    return chain.reduce(slots + deferred) { $0 + $1.analyzer.bytesPerSocket }
  }
}
