import Pipeline

/// Looks after a run from outside, between its batches.
final class RunMonitor {
  private let file: String
  private let log: FileLogOutput
  private let isWriting: Bool
  private var bar: ProgressBar?
  private var nextShow = ContinuousClock.now + .milliseconds(100)
  private var nextFlush = ContinuousClock.now + .seconds(1)
  private var owesStatistics = false

  /// - Parameters:
  ///   - file: what the input is called.
  ///   - isWriting: whether packets are written, which a closed log does not stop.
  init(file: String, log: FileLogOutput, showsProgress: Bool, isWriting: Bool) {
    self.file = file
    self.log = log
    self.isWriting = isWriting
    bar = showsProgress ? ProgressBar() : nil
  }

  /// Whether the run goes on.
  func check(_ progress: Run.Progress, on run: Run) -> Bool {
    if Requests.takeHangup() { reopenLog() }
    if Requests.takeStatistics() { owesStatistics = true }
    if owesStatistics { showStatistics(of: run) }
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

  /// The run goes on in the old file when there is no new one to be had.
  private func reopenLog() {
    do {
      try log.reopen()
    } catch {
      bar?.clear()
      Message.show("\(error.description); the log goes on in its old file")
    }
  }

  /// In the words of the summary.
  private func showStatistics(of run: Run) {
    guard let summary = run.summarySoFar() else { return }
    owesStatistics = false
    bar?.clear()
    let line = SummaryReport(summary, verbose: false).lineSoFar(file: file)
    StandardStream.error.write(Message.printable(line) + "\n")
  }

  func end() { bar?.clear() }
}
