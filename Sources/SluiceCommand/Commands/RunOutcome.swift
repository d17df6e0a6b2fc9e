package import Pipeline

/// What a run that came to its end means for the exit status, and what has to be said about it.
package struct RunOutcome {
  package private(set) var messages: [String] = []
  private var statuses: [ExitStatus] = [.done]
  /// Whether the run ended because nobody reads its log any more.
  package let isAbandoned: Bool

  package var status: ExitStatus { .first(of: statuses) }

  /// - Parameter flow: whether only one conversation was asked for (`--flow`).
  package init(
    _ summary: RunSummary, file: String, signal: Int32?, isAbandoned: Bool, flow: Bool
  ) {
    // A signal that came too late to cut anything short says nothing.
    let signal = summary.wasInterrupted ? signal : nil
    self.isAbandoned = isAbandoned && signal == nil
    if let damage = summary.damage { add(.damaged, "\(file): \(damage)") }
    if summary.analyzers.contains(where: { $0.failures > 0 || $0.timeouts > 0 }) {
      statuses.append(.analyzerFailed)
    }
    if let signal {
      add(.signal(signal), "\(file): ended by \(signal == 2 ? "INT" : "TERM") before its end")
    } else if !isAbandoned && summary.tcpSockets == 0 && summary.udpSockets == 0 {
      add(.nothing, "\(file): nothing to analyze: \(Self.reason(summary, flow: flow))")
    }
  }

  private mutating func add(_ status: ExitStatus, _ message: String) {
    statuses.append(status)
    messages.append(message)
  }

  private static func reason(_ summary: RunSummary, flow: Bool) -> String {
    if summary.packets == 0 { return "no packets" }
    if flow { return "no such conversation" }
    return "no TCP or UDP that can be used in \(Amounts.count(summary.packets, "packet"))"
  }
}
