import Capture
import Pipeline

/// Looks after a run from outside, between its batches.
final class RunMonitor {
  private let log: FileLogOutput
  private let isWriting: Bool
  private let live: LiveSource?
  private var bar: ProgressBar?
  private var nextShow = ContinuousClock.now + .milliseconds(100)
  private var nextFlush = ContinuousClock.now + .seconds(1)

  /// - Parameters:
  ///   - isWriting: whether packets are written, which a closed log does not stop.
  ///   - live: an interface, which a signal brings to its end; it cuts files short.
  init(log: FileLogOutput, showsProgress: Bool, isWriting: Bool, live: LiveSource?) {
    self.live = live
    self.log = log
    self.isWriting = isWriting
    bar = showsProgress ? ProgressBar() : nil
  }

  /// Whether the run goes on.
  func check(_ progress: Run.Progress) -> Bool {
    let now = ContinuousClock.now
    if now >= nextShow {
      bar?.show(progress)
      nextShow = now + .milliseconds(100)
    }
    if now >= nextFlush {
      // An error stays in the log, and the next write throws it.
      try? log.flush()
      nextFlush = now + .seconds(1)
    }
    let isWanted = !log.isAbandoned || isWriting
    if Interruption.signal == nil { return isWanted }
    live?.end()
    return isWanted && live != nil
  }

  func end() { bar?.clear() }
}
