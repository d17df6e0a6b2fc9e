import Buffers
import Synchronization

/// The second of two workers, whose batches are worked by the thread that reads, while it is far enough
/// ahead, and else by the one that has the first worker: so both threads have as much to do, whichever
/// takes longer, reading or working.
///
/// A worker takes the batches in their order, and is at work on one thread at a time.
final class SpareHand: @unchecked Sendable {
  // Unchecked: the worker is used by whoever has taken the hand.
  private let worker: Worker
  private let filler: BatchFiller
  private let turns: RingTurns
  private let depth: Int
  /// How many batches it has been through.
  private let done = Atomic<Int>(0)
  private let isTaken = Atomic<Bool>(false)
  private let isWaitedFor = Atomic<Bool>(false)
  private let bell = Semaphore()

  /// How often one looks whether the other is done before going to sleep.
  private static var glances: Int { 5000 }

  init(_ worker: Worker, _ filler: BatchFiller, _ turns: RingTurns, depth: Int) {
    self.worker = worker
    self.filler = filler
    self.turns = turns
    self.depth = depth
    worker.hasThread = true
  }

  /// Whether it has been through a batch, by its number from 0.
  func isThrough(_ batch: Int) -> Bool { done.load(ordering: .acquiring) > batch }

  /// The thread that reads: works the next batch, if there is one that is read.
  func help() -> Bool {
    // Of a file that shrank, who uses a batch first takes back what has gone.
    if filler.mayHaveShrunk { return false }
    // The other one has the next batch of the first worker to do before it comes back for it.
    take()
    defer { release() }
    let next = done.load(ordering: .relaxed)
    guard next < turns.filledCount else { return false }
    work(next)
    return true
  }

  /// The other thread: returns when all batches up to one have been worked.
  func finish(_ batch: Int) {
    if isThrough(batch) { return }
    take()
    while !isThrough(batch) { work(done.load(ordering: .relaxed)) }
    release()
  }

  /// Of a file that shrank: returns when nobody is at work, and nobody will be before `finish`.
  func pause() {
    take()
    release()
  }

  private func work(_ batch: Int) {
    worker.process(filler.ring.reference(to: batch % depth))
    done.store(batch &+ 1, ordering: .releasing)
  }

  private func take() {
    while isTaken.exchange(true, ordering: .acquiring) { waitForRelease() }
  }

  private func release() {
    isTaken.store(false, ordering: .sequentiallyConsistent)
    if isWaitedFor.exchange(false, ordering: .sequentiallyConsistent) { bell.post() }
  }

  private func waitForRelease() {
    // It is a matter of microseconds, mostly: to sleep and to be woken takes longer.
    for _ in 0..<Self.glances where !isTaken.load(ordering: .relaxed) { return }
    isWaitedFor.store(true, ordering: .sequentiallyConsistent)
    if isTaken.load(ordering: .sequentiallyConsistent) {
      bell.wait()
    } else if !isWaitedFor.exchange(false, ordering: .sequentiallyConsistent) {
      // It was released meanwhile, and the bell has been rung.
      bell.wait()
    }
  }
}
