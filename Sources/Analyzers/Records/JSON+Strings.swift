extension [UInt8] {
  /// A string in quotes. Quotation mark, backslash and the control characters U+0000 to U+001F are
  /// escaped (RFC 8259 §7), and DEL and U+0080 to U+009F too, which some terminals obey; all else
  /// stays UTF-8.
  ///
  /// A Swift string holds no invalid UTF-8: what decodes bytes has made U+FFFD of it.
  package mutating func appendJSON(_ text: String) {
    append(UInt8(ascii: "\""))
    let start = count
    append(contentsOf: text.utf8)
    if !isPlain(from: start) {
      removeSubrange(start...)
      for scalar in text.unicodeScalars { appendJSONEscaped(scalar) }
    }
    append(UInt8(ascii: "\""))
  }

  /// Whether the bytes from `start` on are ASCII and need no escape, as nearly all do.
  private func isPlain(from start: Int) -> Bool {
    let bytes = span.extracting(droppingFirst: start)
    for index in bytes.indices {
      let byte = bytes[index]
      let isPrintable = byte &- 0x20 < 0x7F - 0x20
      if !isPrintable || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
    }
    return true
  }

  private mutating func appendJSONEscaped(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": append("\\\"")
    case "\\": append("\\\\")
    case "\n": append("\\n")
    case "\r": append("\\r")
    case "\t": append("\\t")
    case "\u{8}": append("\\b")
    case "\u{C}": append("\\f")
    case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}":
      append("\\u00")
      append(hex: UInt8(truncatingIfNeeded: scalar.value))
    default: append(contentsOf: String(scalar).utf8)
    }
  }

  /// Two lower-case digits.
  package mutating func append(hex byte: UInt8) {
    append(Self.hexDigit(byte >> 4))
    append(Self.hexDigit(byte & 0xF))
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
  }
}
