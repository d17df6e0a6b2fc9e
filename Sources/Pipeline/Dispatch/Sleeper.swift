import Buffers
import Synchronization

/// A thread that goes to sleep when it has nothing to do.
final class Sleeper: Sendable {
  private let sleeps = Atomic<Bool>(false)
  private let bell = Semaphore()

  /// How often one looks for work before going to sleep.
  private static var glances: Int { 500 }

  var isAsleep: Bool { sleeps.load(ordering: .sequentiallyConsistent) }

  /// Returns when it is woken, or `hasWork`.
  func sleep(unless hasWork: () -> Bool) {
    // It is a matter of microseconds, mostly: to sleep and to be woken takes longer.
    for _ in 0..<Self.glances where hasWork() { return }
    sleeps.store(true, ordering: .sequentiallyConsistent)
    if hasWork(), sleeps.exchange(false, ordering: .sequentiallyConsistent) { return }
    // Woken meanwhile means that the bell has been rung.
    bell.wait()
  }

  func wake() {
    if isAsleep, sleeps.exchange(false, ordering: .sequentiallyConsistent) { bell.post() }
  }
}
