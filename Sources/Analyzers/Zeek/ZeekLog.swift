package import Analysis

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
  package func header(opened time: Timestamp) -> [UInt8] {
    let columns = columns
    var lines: [UInt8] = []
    lines.append("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n")
    lines.append("#unset_field\t-\n#path\t\(name)\n#open\t")
    lines.appendZeek(time)
    lines.append("\n#fields")
    for column in columns { lines.append("\t\(column.name)") }
    lines.append("\n#types")
    for column in columns { lines.append("\t\(column.type)") }
    lines.append("\n")
    return lines
  }

  package static func footer(closed time: Timestamp) -> [UInt8] {
    var line: [UInt8] = []
    line.append("#close\t")
    line.appendZeek(time)
    line.append("\n")
    return line
  }
}

extension [UInt8] {
  /// `2026-11-23-08-43-45`, in UTC.
  fileprivate mutating func appendZeek(_ time: Timestamp) {
    let start = count
    append(time, as: .text)
    removeLast(".000000".utf8.count)
    for offset in [10, 13, 16] { self[start + offset] = UInt8(ascii: "-") }
  }
}
