import Buffers

extension TextBuffer {
  /// Base 64 (RFC 4648 §4), with padding.
  mutating func append(base64 bytes: Span<UInt8>) {
    var index = 0
    while index < bytes.count {
      let length = min(3, bytes.count - index)
      var bits: UInt32 = 0
      for offset in 0..<3 {
        bits = bits << 8 | (offset < length ? UInt32(bytes[index + offset]) : 0)
      }
      for digit in 0..<4 {
        let isPadding = digit > length
        append(isPadding ? UInt8(ascii: "=") : Self.base64Digit(bits >> (18 - 6 * digit)))
      }
      index += 3
    }
  }

  private static func base64Digit(_ value: UInt32) -> UInt8 {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return unsafe alphabet.utf8Start[Int(value & 0x3F)]
  }

  /// Two lower-case digits.
  package mutating func append(hex byte: UInt8) {
    append(Self.hexDigit(byte >> 4))
    append(Self.hexDigit(byte & 0xF))
  }

  fileprivate static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
  }
}

extension String {
  /// Two lower-case digits for each byte.
  init(hex bytes: Span<UInt8>) {
    // The digits are written where the string keeps them.
    self = unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { digits in
      for index in bytes.indices {
        unsafe digits[2 * index] = TextBuffer.hexDigit(bytes[index] >> 4)
        unsafe digits[2 * index + 1] = TextBuffer.hexDigit(bytes[index] & 0xF)
      }
      return bytes.count * 2
    }
  }
}
