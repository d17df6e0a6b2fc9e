import Capture
import Pipeline

/// Looks after a run from outside, between its batches.
final class RunMonitor {
  private let file: String
  private let log: any EventLog
  private let isWriting: Bool
  private let live: LiveSource?
  private var bar: ProgressBar?
  private var nextShow = ContinuousClock.now + .milliseconds(100)
  private var nextFlush = ContinuousClock.now + .seconds(1)
  private var owesStatistics = false

  /// - Parameters:
  ///   - file: what the input is called.
  ///   - isWriting: whether packets are written, which a closed log does not stop.
  ///   - live: an interface, which a signal brings to its end; it cuts files short.
  init(
    file: String, log: any EventLog, showsProgress: Bool, isWriting: Bool, live: LiveSource?
  ) {
    self.file = file
    self.live = live
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
    let isWanted = !log.isAbandoned || isWriting
    if Interruption.signal == nil { return isWanted }
    live?.end()
    return isWanted && live != nil
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
