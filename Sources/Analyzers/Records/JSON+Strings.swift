package import Buffers
import Wire

extension TextBuffer {
  /// A string in quotes. Quotation mark, backslash and the control characters U+0000 to U+001F are
  /// escaped (RFC 8259 §7), and DEL and U+0080 to U+009F too, which some terminals obey; all else
  /// stays UTF-8.
  ///
  /// A Swift string holds no invalid UTF-8: what decodes bytes has made U+FFFD of it.
  package mutating func appendJSON(_ text: String) {
    append(UInt8(ascii: "\""))
    let bytes = text.utf8.span
    if bytes.isPlain {
      append(bytes)
    } else {
      for scalar in text.unicodeScalars { appendJSONEscaped(scalar) }
    }
    append(UInt8(ascii: "\""))
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
    default: append(text: String(scalar))
    }
  }
}

extension Span<UInt8> {
  /// Whether it is ASCII that needs no escape, in whatever form, as nearly all is: no control character,
  /// no quotation mark and no backslash.
  var isPlain: Bool {
    guard count >= 8 else { return isShortAndPlain }
    var index = 0
    while index &+ 8 < count {
      if Self.hasSpecial(bytes.load(littleEndianAt: index)) { return false }
      index &+= 8
    }
    return !Self.hasSpecial(bytes.load(littleEndianAt: count &- 8))
  }

  private var isShortAndPlain: Bool {
    var word: UInt64 = 0x2020_2020_2020_2020
    if count >= 4 {
      word = UInt64(bytes.load(littleEndianAt: 0, as: UInt32.self)) << 32
      word |= UInt64(bytes.load(littleEndianAt: count &- 4, as: UInt32.self))
    } else {
      for index in indices { word = word << 8 | UInt64(self[index]) }
    }
    return !Self.hasSpecial(word)
  }

  /// Whether one of eight bytes is below 0x20, above 0x7E, a quotation mark or a backslash.
  @inline(__always)
  private static func hasSpecial(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // Each has the top bit of a byte set where the lowest such byte is, if there is one.
    let controls = word &- ones &* 0x20
    let quotes = (word ^ ones &* 0x22) &- ones
    let backslashes = (word ^ ones &* 0x5C) &- ones
    let high = word | (word &+ ones)
    return (controls | quotes | backslashes | high) & (ones &* 0x80) != 0
  }
}
