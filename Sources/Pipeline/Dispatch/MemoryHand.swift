import Buffers
import Capture
import Synchronization

/// A thread that fills the memory of captures ahead of the one that reads, where all others have enough
/// to do. Without it the one that reads takes the page faults.
final class MemoryHand {
  private let turn = Turn()
  private let thread: WorkerThread?
  private var batches = 0

  private final class Turn: Sendable {
    let sleeper = Sleeper()
    private let hasEnded = Atomic<Bool>(false)

    var isOver: Bool { hasEnded.load(ordering: .sequentiallyConsistent) }

    func end() {
      hasEnded.store(true, ordering: .sequentiallyConsistent)
      sleeper.wake()
    }
  }

  init() {
    thread = WorkerThread { [turn] in
      while !turn.isOver {
        if !MappedCaptures.fillAhead() { turn.sleeper.sleep { turn.isOver } }
      }
    }
  }

  /// Told of every batch: after a few of them there is something to fill again.
  func didRead() {
    batches &+= 1
    if batches % 8 == 0 { turn.sleeper.wake() }
  }

  /// Ends the thread.
  func dismiss() {
    turn.end()
    thread?.join()
  }
}
