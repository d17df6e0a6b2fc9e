package import Analysis
package import Buffers

/// The logs of Zeek that there are.
package enum ZeekLog: CaseIterable, Sendable {
  case conn, weird

  /// What the records of the log are called elsewhere.
  package init?(eventType: String) {
    switch eventType {
    case "flow": self = .conn
    case "weird": self = .weird
    default: return nil
    }
  }

  /// What a line begins with on its way to the file, where it is left out: a Zeek log holds one kind of
  /// record.
  package var mark: UInt8 {
    switch self {
    case .conn: 0x1E
    case .weird: 0x1F
    }
  }

  /// Zeek's own name of it, without the `.log` of the file.
  private var name: String {
    switch self {
    case .conn: "conn"
    case .weird: "weird"
    }
  }

  private var columns: [(name: String, type: String)] {
    switch self {
    case .conn: ConnLog.columns.map { ($0.name, $0.type) }
    case .weird: WeirdLog.columns.map { ($0.name, $0.type) }
    }
  }

  /// What a log in columns begins with. Its times are packet times, so that it is the same in every
  /// run.
  package func appendHeader(opened time: Timestamp, to lines: inout TextBuffer) {
    let columns = columns
    lines.append("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n")
    lines.append(text: "#unset_field\t-\n#path\t\(name)\n#open\t")
    lines.appendZeek(time)
    lines.append("\n#fields")
    for column in columns { lines.append(text: "\t\(column.name)") }
    lines.append("\n#types")
    for column in columns { lines.append(text: "\t\(column.type)") }
    lines.append("\n")
  }

  package static func appendFooter(closed time: Timestamp, to line: inout TextBuffer) {
    line.append("#close\t")
    line.appendZeek(time)
    line.append("\n")
  }
}

extension TextBuffer {
  /// `2026-11-23-08-43-45`, in UTC.
  fileprivate mutating func appendZeek(_ time: Timestamp) {
    appendDate(time)
    append(UInt8(ascii: "-"))
    appendTimeOfDay(time, separator: UInt8(ascii: "-"))
  }
}
