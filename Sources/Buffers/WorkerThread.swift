import Glibc

/// A thread that runs one closure and ends.
@safe
public final class WorkerThread {
  private var thread = pthread_t()
  private var isJoined = false

  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// `nil` where there is no thread to be had.
  public init?(_ run: @escaping @Sendable () -> Void) {
    let body = unsafe Unmanaged.passRetained(Body(run))
    let failure = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    if failure != 0 {
      // What fails to be made is still taken apart.
      isJoined = true
      unsafe body.release()
      return nil
    }
  }

  /// Waits until the closure has returned. Must be called, once or more, before the thread is let go.
  public func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(thread, nil)
  }

  deinit { precondition(isJoined, "a thread was let go without join") }
}
