import Capture
import Checking

/// What `sluice check` looked at, and what it found, for people.
struct CheckSummary {
  let file: String
  var counts = CheckCounts()
  /// Bytes of all frames as captured.
  var bytes: UInt64 = 0
  var unsupportedLinkTypes: [String: UInt64] = [:]
  var damages: [CaptureDamage] = []
  var isInterrupted = false

  init(file: String) { self.file = file }

  func status(signal: Int32?) -> ExitStatus {
    var statuses = [ExitStatus.done]
    if counts[.error] > 0 { statuses.append(.failed) }
    if !damages.isEmpty { statuses.append(.damaged) }
    if isInterrupted {
      statuses.append(.signal(signal ?? 2))
    } else if counts.segments == 0 && counts.datagrams == 0 && counts[.error] == 0 {
      statuses.append(.nothing)
    }
    return .first(of: statuses)
  }

  var lines: [String] {
    var lines = ["\(file): \(headline)"]
    if counts.midstream > 0 {
      lines.append("  start not seen: \(Amounts.count(counts.midstream, "connection"))")
    }
    if counts.oneSided > 0 {
      lines.append("  one side only: \(Amounts.count(counts.oneSided, "connection"))")
    }
    for (name, count) in unsupportedLinkTypes.sorted(by: { $0.key < $1.key }) {
      lines.append("  link type \(name) is not supported: \(Amounts.count(count, "packet"))")
    }
    for (severity, title) in [(Complaint.Severity.error, "errors"), (.note, "notes")] {
      let names = names(of: severity)
      if !names.isEmpty { lines.append("  \(title): \(names)") }
    }
    if isInterrupted { lines.append("  ended by a signal before its end") }
    return lines
  }

  private var headline: String {
    let packets = Amounts.count(counts.packets, "packet")
    let connections = Amounts.count(counts.connections, "connection")
    let errors = counts[.error] == 0 ? "no errors" : Amounts.count(counts[.error], "error")
    return "\(packets), \(Amounts.count(bytes, "byte")); \(connections), \(errors)"
  }

  private func names(of severity: Complaint.Severity) -> String {
    counts.complaints.filter { $0.key.severity == severity }
      .sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
      .map { "\($0.key.rawValue) \(Amounts.number($0.value))" }.joined(separator: ", ")
  }
}
