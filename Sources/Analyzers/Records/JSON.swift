package import Analysis
package import Buffers

/// JSON (RFC 8259).
extension TextBuffer {
  package mutating func appendJSON(_ value: Record.Value) {
    switch value {
    case .null: append("null")
    case .bool(true): append("true")
    case .bool(false): append("false")
    case .integer(let value): append(decimal: value)
    case .unsigned(let value): append(decimal: value)
    case .double(let value): appendJSON(value)
    case .string(let text): appendJSON(text)
    case .time(let time):
      append(UInt8(ascii: "\""))
      append(time, as: .eve)
      append(UInt8(ascii: "\""))
    case .array(let elements): appendJSON(elements)
    case .object(let members):
      append(UInt8(ascii: "{"))
      appendJSONMembers(members)
      append(UInt8(ascii: "}"))
    }
  }

  private mutating func appendJSON(_ elements: [Record.Value]) {
    append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      appendJSON(element)
    }
    append(UInt8(ascii: "]"))
  }

  /// Members without braces; a comma goes in front of all but the first of an object.
  package mutating func appendJSONMembers(_ members: [(key: String, value: Record.Value)]) {
    for (key, value) in members {
      appendJSONKey(key)
      appendJSON(value)
    }
  }

  /// A key and its colon. The comma is there unless an object has just begun: no JSON value ends
  /// in an opening brace.
  package mutating func appendJSONKey(_ key: String) {
    if last != UInt8(ascii: "{") { append(UInt8(ascii: ",")) }
    appendJSON(key)
    append(UInt8(ascii: ":"))
  }

  /// The shortest digits that read back as the same number. JSON has no infinity and no NaN: they
  /// become `null`.
  package mutating func appendJSON(_ value: Double) {
    append(text: value.isFinite ? value.description : "null")
  }
}
