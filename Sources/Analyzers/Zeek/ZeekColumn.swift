import Analysis
import Buffers

/// A column of a Zeek log.
struct ZeekColumn<Row>: Sendable {
  var name: String
  var type: String
  /// `nil` where nothing is known.
  var value: @Sendable (Row) -> ZeekValue?
}

/// What stands in a column.
enum ZeekValue {
  /// Microseconds: a moment since 1970, or a duration.
  case time(Int64)
  case text(String)
  case count(UInt64)
  case address(IPAddress)
  case flag(Bool)
}

extension TextBuffer {
  /// A line in columns.
  mutating func appendZeekColumns<Row>(_ columns: [ZeekColumn<Row>], of row: Row) {
    for (index, column) in columns.enumerated() {
      if index > 0 { append(UInt8(ascii: "\t")) }
      switch column.value(row) {
      case nil: append(UInt8(ascii: "-"))
      case .text(let text): appendZeek(text)
      case let value?: append(value)
      }
    }
    append(UInt8(ascii: "\n"))
  }

  /// A line of JSON, without what is not set.
  mutating func appendZeekMembers<Row>(_ columns: [ZeekColumn<Row>], of row: Row) {
    append(UInt8(ascii: "{"))
    for column in columns {
      guard let value = column.value(row) else { continue }
      appendJSONKey(column.name)
      switch value {
      case .text(let text): appendJSON(text)
      case .flag(true): append("true")
      case .flag(false): append("false")
      case .address(let address):
        append(UInt8(ascii: "\""))
        append(address)
        append(UInt8(ascii: "\""))
      default: append(value)
      }
    }
    append("}\n")
  }

  /// As it stands in every shape.
  private mutating func append(_ value: ZeekValue) {
    switch value {
    case .time(let microseconds): append(microseconds: microseconds)
    case .text(let text): append(text: text)
    case .count(let count): append(decimal: count)
    case .address(let address): append(address)
    case .flag(let value): append(value ? UInt8(ascii: "T") : UInt8(ascii: "F"))
    }
  }

  /// Seconds with six decimals.
  private mutating func append(microseconds: Int64) {
    if microseconds < 0 { append(UInt8(ascii: "-")) }
    append(decimal: microseconds.magnitude / 1_000_000)
    append(UInt8(ascii: "."))
    append(digits: microseconds.magnitude % 1_000_000, count: 6)
  }

  /// Text of a column. What would be taken for a separator, for an unset or for an empty field is
  /// written as `\xHH`, as are control characters; a backslash is doubled.
  mutating func appendZeek(_ text: String) {
    if text.isEmpty { return append("(empty)") }
    let looksUnset = text == "-" || text == "(empty)"
    let bytes = text.utf8.span
    if bytes.isPlain, !looksUnset { return append(bytes) }
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
}
