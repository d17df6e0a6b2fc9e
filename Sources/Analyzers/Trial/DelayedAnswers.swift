import Analysis
import Dispatch
import Synchronization

/// Answers chunks from threads of its own, after a while and in the order that is asked for.
final class DelayedAnswers: Sendable {
  private struct Entry {
    var held: HeldChunk
    /// `nil` to let it go.
    var verdict: Verdict?
  }

  private struct State {
    var entries: [Entry] = []
    /// What is never answered.
    var kept: [HeldChunk] = []
    var isScheduled = false
  }

  private let delay: DispatchTimeInterval
  private let reverses: Bool
  private let respond: TrialBehaviour.Respond
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "sluice.trial", attributes: .concurrent)
  /// What is answered by numbers.
  let heldChunks = HeldChunks()

  init(_ behaviour: TrialBehaviour) {
    delay = .microseconds(behaviour.delay)
    reverses = behaviour.answer == .reverse
    respond = behaviour.respond
  }

  /// Gives a verdict later; `nil` lets the chunk go.
  func answer(_ held: HeldChunk, _ verdict: Verdict?) {
    let entry = Entry(held: held, verdict: verdict)
    guard reverses else {
      queue.asyncAfter(deadline: .now() + delay) { self.carryOut(entry) }
      return
    }
    let isFirst = state.withLock { state in
      state.entries.append(entry)
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
    for entry in entries.reversed() { carryOut(entry) }
  }

  private func carryOut(_ entry: Entry) {
    guard let verdict = entry.verdict else { return }
    switch respond {
    case .chunk: entry.held.answer(verdict)
    case .numbers: respond(entry.held, verdict)
    case .careless: respondCarelessly(entry.held, verdict)
    }
  }

  private func respond(_ held: HeldChunk, _ verdict: Verdict) {
    let notice = heldChunks.add(held)
    heldChunks.take(
      Response(
        socket: notice.socket, dataIndex: notice.dataIndex, verdict: verdict,
        releasedBuffers: notice.buffers))
  }

  /// The buffers first and the verdict later, each of them twice, and between them what fits nothing.
  private func respondCarelessly(_ held: HeldChunk, _ verdict: Verdict) {
    let notice = heldChunks.add(held)
    var response = Response(
      socket: notice.socket, dataIndex: notice.dataIndex, releasedBuffers: notice.buffers)
    heldChunks.take(response)
    heldChunks.take(response)
    response.releasedBuffers = []
    response.verdict = verdict
    var stray = response
    stray.dataIndex = .max
    heldChunks.take(stray)
    stray.socket.sequence = .max
    heldChunks.take(stray)
    heldChunks.take(response)
    heldChunks.take(response)
  }

  func keep(_ held: HeldChunk) { state.withLock { $0.kept.append(held) } }

  /// Lets go of what is kept.
  func finish() {
    let kept = state.withLock { state in
      defer { state.kept = [] }
      return state.kept
    }
    _ = kept
  }
}
