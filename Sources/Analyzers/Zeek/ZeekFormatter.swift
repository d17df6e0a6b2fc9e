package import Analysis

/// Records of `flow` as lines of Zeek's conn.log, and all others as EVE: a Zeek log holds one kind of
/// record, so that whoever writes the lines has to tell them apart.
package struct ZeekFormatter: RecordFormatter {
  package enum Shape: Sendable {
    /// Columns with tabs between them, and lines around them that begin with `#`.
    case columns
    /// JSON Lines.
    case json
  }

  private let shape: Shape
  private let others = EVEFormatter()

  /// What a line of conn.log begins with on its way to the file, where it is left out.
  package static let mark: UInt8 = 0x1E

  package init(_ shape: Shape) { self.shape = shape }

  package func append(
    _ record: Record, about subject: RecordSubject?, to output: inout [UInt8]
  ) {
    guard record.eventType == "flow", let subject else {
      return others.append(record, about: subject, to: &output)
    }
    output.append(Self.mark)
    switch shape {
    case .columns: appendColumns(of: subject.socket, to: &output)
    case .json: appendMembers(of: subject.socket, to: &output)
    }
  }

  private func appendColumns(of socket: SocketInfo, to output: inout [UInt8]) {
    for (index, column) in ConnLog.columns.enumerated() {
      if index > 0 { output.append("\t") }
      switch column.value(socket) {
      case nil: output.append("-")
      case .text(let text): output.appendZeek(text)
      case .flag(let value): output.append(value ? "T" : "F")
      case let value?: output.append(value)
      }
    }
    output.append("\n")
  }

  private func appendMembers(of socket: SocketInfo, to output: inout [UInt8]) {
    output.append("{")
    for column in ConnLog.columns {
      guard let value = column.value(socket) else { continue }
      output.appendJSONKey(column.name)
      switch value {
      case .text(let text): output.appendJSON(text)
      case .flag(let value): output.append(value ? "true" : "false")
      case .address(let address): output.append("\"\(address)\"")
      default: output.append(value)
      }
    }
    output.append("}\n")
  }
}

extension ZeekFormatter {
  /// What a log in columns begins with. Its times are packet times, so that it is the same in every
  /// run.
  package static func header(opened time: Timestamp) -> [UInt8] {
    var lines: [UInt8] = []
    lines.append("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n")
    lines.append("#unset_field\t-\n#path\tconn\n#open\t")
    lines.appendZeek(time)
    lines.append("\n#fields")
    for column in ConnLog.columns { lines.append("\t\(column.name)") }
    lines.append("\n#types")
    for column in ConnLog.columns { lines.append("\t\(column.type)") }
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
  /// As it stands in every shape.
  fileprivate mutating func append(_ value: ConnLog.Value) {
    switch value {
    case .time(let microseconds): append(microseconds: microseconds)
    case .text(let text): append(text)
    case .count(let count): append(decimal: count)
    case .address(let address): append(address)
    case .flag(let value): append(value ? "T" : "F")
    }
  }

  /// Seconds with six decimals.
  private mutating func append(microseconds: Int64) {
    if microseconds < 0 { append("-") }
    append(decimal: microseconds.magnitude / 1_000_000)
    append(".000000")
    putDigits(of: Int(microseconds.magnitude % 1_000_000), in: count - 6..<count)
  }

  /// Text of a column. What would be taken for a separator, for an unset or for an empty field is
  /// written as `\xHH`, as are control characters; a backslash is doubled.
  mutating func appendZeek(_ text: String) {
    if text.isEmpty { return append("(empty)") }
    let looksUnset = text == "-" || text == "(empty)"
    for (index, byte) in text.utf8.enumerated() {
      if byte == UInt8(ascii: "\\") {
        append("\\\\")
      } else if byte < 0x20 || byte == 0x7F || (index == 0 && looksUnset) {
        append("\\x")
        append(hex: byte)
      } else {
        append(byte)
      }
    }
  }

  /// `2026-11-23-08-43-45`, in UTC.
  fileprivate mutating func appendZeek(_ time: Timestamp) {
    let start = count
    append(time, as: .text)
    removeLast(".000000".utf8.count)
    for offset in [10, 13, 16] { self[start + offset] = UInt8(ascii: "-") }
  }
}
