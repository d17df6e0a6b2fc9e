import Pipeline

/// Looks after a run from outside, between its batches.
final class RunMonitor {
  private let log: FileLogOutput
  private let isWriting: Bool
  private var bar: ProgressBar?
  private var nextShow = ContinuousClock.now + .milliseconds(100)
  private var nextFlush = ContinuousClock.now + .seconds(1)

  /// - Parameter isWriting: whether packets are written, which a closed log does not stop.
  init(log: FileLogOutput, showsProgress: Bool, isWriting: Bool) {
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
    return Interruption.signal == nil && (!log.isAbandoned || isWriting)
  }

  func end() { bar?.clear() }
}
