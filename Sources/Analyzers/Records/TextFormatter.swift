package import Analysis
package import Buffers

/// A line for each record, for people: time, type, endpoints, and what the record says of itself.
///
///     2026-11-23 08:43:45.123456 flow 192.0.2.1:1234 -> 198.51.100.2:80 TCP closed by fin, …
package struct TextFormatter: RecordFormatter {
  package init() {}

  package func append(
    _ record: Record, about subject: RecordSubject?, to output: inout TextBuffer
  ) {
    if let subject {
      output.append(subject.packet.timestamp, as: .text)
      output.append(UInt8(ascii: " "))
    }
    output.appendPrintable(record.eventType)
    if let socket = subject?.socket {
      append(PacketEnds(socket.originator, socket.responder, socket.transport), to: &output)
    } else if let ends = subject?.ends {
      append(ends, to: &output)
    }
    if let text = record.text {
      output.append(UInt8(ascii: " "))
      output.appendPrintable(text)
    } else {
      for (key, value) in record.fields {
        appendPair(key == record.eventType ? "" : key, value, to: &output)
      }
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func append(_ ends: PacketEnds, to output: inout TextBuffer) {
    if ends.transport == nil {
      output.append(text: " \(ends.source.address) -> \(ends.destination.address)")
    } else {
      output.append(text: " \(ends.source) -> \(ends.destination)")
    }
  }

  /// ` key=value`; members of objects one by one, as `outer.inner=value`. The object that is named
  /// after the record's type is the record itself, and not repeated.
  private func appendPair(_ key: String, _ value: Record.Value, to output: inout TextBuffer) {
    if case .object(let members) = value {
      for (inner, value) in members {
        appendPair(key.isEmpty ? inner : "\(key).\(inner)", value, to: &output)
      }
      return
    }
    output.append(UInt8(ascii: " "))
    output.appendPrintable(key)
    if !key.isEmpty { output.append(UInt8(ascii: "=")) }
    switch value {
    case .string(let text) where text.utf8.allSatisfy(Self.isWord) && !text.isEmpty:
      output.append(text: text)
    case .time(let time): output.append(time, as: .eve)
    default: output.appendJSON(value)
    }
  }

  /// What needs no quotes between blanks and equals signs.
  private static func isWord(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
  }
}

extension TextBuffer {
  /// The text as it is, but for control characters, line ends among them, which become `.`: a record
  /// stays one line, and what comes from the network does not reach the terminal as a command.
  package mutating func appendPrintable(_ text: String) {
    let bytes = text.utf8.span
    if bytes.isPrintableASCII { return append(bytes) }
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      append(text: String(isControl ? "." : scalar))
    }
  }
}

extension Span<UInt8> {
  fileprivate var isPrintableASCII: Bool {
    for index in indices where self[index] < 0x20 || self[index] >= 0x7F { return false }
    return true
  }
}
