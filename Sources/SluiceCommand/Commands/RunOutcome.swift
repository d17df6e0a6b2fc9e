package import Pipeline

/// What a run that came to its end means for the exit status, and what has to be said about it.
package struct RunOutcome {
  package private(set) var messages: [String] = []
  private var statuses: [ExitStatus] = [.done]
  /// Whether the run ended because nobody reads its log any more.
  package let isAbandoned: Bool

  package var status: ExitStatus { .first(of: statuses) }

  /// - Parameters:
  ///   - flow: whether only one conversation was asked for (`--flow`).
  ///   - isLive: whether it was an interface, which a signal brings to its end.
  package init(
    _ summary: RunSummary, file: String, signal: Int32?, isAbandoned: Bool, flow: Bool,
    isLive: Bool = false
  ) {
    let isEnded = isLive && signal != nil
    // A signal that came too late to cut anything short says nothing.
    let signal = summary.wasInterrupted ? signal : nil
    self.isAbandoned = isAbandoned && signal == nil
    for damage in summary.damages { add(.damaged, "\(damage)") }
    for (type, reason) in summary.omissions.unfiltered.sorted(by: { "\($0)" < "\($1)" }) {
      add(.done, "\(file): nothing of link type \(type) matches, it has no such filter: \(reason)")
    }
    if summary.analyzers.contains(where: {
      $0.failures > 0 || $0.timeouts > 0 || $0.socketsWithoutClient > 0
    }) {
      statuses.append(.analyzerFailed)
    }
    if let absent = summary.absentClient {
      add(.analyzerFailed, "\(file): \(absent): no client has come")
    } else if let signal {
      add(.signal(signal), "\(file): ended by \(signal == 2 ? "INT" : "TERM") before its end")
    } else if !isAbandoned && !isEnded && summary.tcpSockets == 0 && summary.udpSockets == 0 {
      add(.nothing, "\(file): nothing to analyze: \(Self.reason(summary, flow: flow))")
    }
  }

  private mutating func add(_ status: ExitStatus, _ message: String) {
    statuses.append(status)
    messages.append(message)
  }

  private static func reason(_ summary: RunSummary, flow: Bool) -> String {
    if summary.packets == 0 {
      return summary.omissions.filteredOut == 0 ? "no packets" : "no packet matches the filter"
    }
    if flow { return "no such conversation" }
    return "no TCP or UDP that can be used in \(Amounts.count(summary.packets, "packet"))"
  }
}
