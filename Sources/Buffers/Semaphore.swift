import CSystem
import Glibc

/// Where a thread sleeps until another one posts.
@safe
public final class Semaphore: @unchecked Sendable {
  // Unchecked: made for several threads.
  private let semaphore: UnsafeMutablePointer<sem_t>

  public init() {
    unsafe semaphore = .allocate(capacity: 1)
    unsafe sem_init(semaphore, 0, 0)
  }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  public func post() { unsafe sem_post(semaphore) }

  /// Waits until then at the longest (monotonic clock); `false` when nobody has posted.
  @discardableResult
  public func wait(until deadline: ContinuousClock.Instant) -> Bool {
    let (seconds, attoseconds) = max(deadline - .now, .zero).components
    let nanoseconds = min(seconds, 1 << 32) * 1_000_000_000 + attoseconds / 1_000_000_000
    return unsafe csystem_wait(semaphore, nanoseconds) != 0
  }

  public func wait() { while unsafe sem_wait(semaphore) != 0 && errno == EINTR {} }
}
