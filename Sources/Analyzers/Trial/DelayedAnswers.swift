import Analysis
import Dispatch
import Synchronization

/// Answers chunks from threads of its own, after a while and in the order that is asked for.
final class DelayedAnswers: Sendable {
  private struct Entry {
    var held: HeldChunk
    var verdict: Verdict
  }

  private struct State {
    var entries: [Entry] = []
    /// What is never answered.
    var kept: [HeldChunk] = []
    var isScheduled = false
  }

  private let delay: DispatchTimeInterval
  private let reverses: Bool
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "sluice.trial", attributes: .concurrent)

  init(delay: Duration, reverses: Bool) {
    let microseconds = delay.components.attoseconds / 1_000_000_000_000
    self.delay = .microseconds(Int(delay.components.seconds * 1_000_000 + microseconds))
    self.reverses = reverses
  }

  func answer(_ held: HeldChunk, _ verdict: Verdict) {
    guard reverses else {
      queue.asyncAfter(deadline: .now() + delay) { held.answer(verdict) }
      return
    }
    let isFirst = state.withLock { state in
      state.entries.append(Entry(held: held, verdict: verdict))
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if isFirst { queue.asyncAfter(deadline: .now() + delay) { self.answerInReverse() } }
  }

  private func answerInReverse() {
    let entries = state.withLock { state in
      state.isScheduled = false
      defer { state.entries = [] }
      return state.entries
    }
    for entry in entries.reversed() { entry.held.answer(entry.verdict) }
  }

  func keep(_ held: HeldChunk) { state.withLock { $0.kept.append(held) } }

  /// Lets go of what is kept.
  func finish() { state.withLock { $0.kept = [] } }
}
