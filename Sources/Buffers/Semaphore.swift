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

  public func wait() { while unsafe sem_wait(semaphore) != 0 && errno == EINTR {} }
}
