package import Analysis

/// What all forms of records write, behind what the array already holds.
extension [UInt8] {
  /// The UTF-8 of `text`, as it is.
  package mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  package mutating func append(decimal value: some FixedWidthInteger) {
    if value < 0 { append(UInt8(ascii: "-")) }
    var rest = UInt64(value.magnitude)
    var low = count
    repeat {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    // The digits came out last first.
    var high = count - 1
    while low < high {
      swapAt(low, high)
      low += 1
      high -= 1
    }
  }

  /// Dotted decimal, or the canonical text of RFC 5952.
  package mutating func append(_ address: IPAddress) {
    guard address.family == .ipv4 else { return append(address.description) }
    for shift in stride(from: UInt64(24), through: 0, by: -8) {
      append(decimal: UInt8(truncatingIfNeeded: address.low >> shift))
      if shift > 0 { append(UInt8(ascii: ".")) }
    }
  }
}
