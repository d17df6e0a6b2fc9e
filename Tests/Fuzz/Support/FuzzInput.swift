/// Takes decisions out of an input, byte by byte. An input that is used up answers zeros.
struct FuzzInput {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func flag() -> Bool { byte() & 1 != 0 }

  /// A big-endian integer.
  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value {
    var value: Value = 0
    for _ in 0..<(Value.bitWidth / 8) {
      value = value << 8 | Value(truncatingIfNeeded: byte())
    }
    return value
  }

  /// One of the elements.
  mutating func choice<Element>(_ elements: [Element]) -> Element {
    elements[Int(byte()) % elements.count]
  }

  /// As many bytes as there are, `count` at most.
  mutating func bytes(_ count: Int) -> [UInt8] {
    let taken = rest.prefix(count)
    rest = rest.dropFirst(count)
    return Array(taken)
  }

  /// Bytes with their number in front.
  mutating func block() -> [UInt8] { bytes(Int(byte())) }

  /// Text of any bytes; what is no UTF-8 becomes U+FFFD.
  mutating func text() -> String { String(decoding: block(), as: UTF8.self) }
}
