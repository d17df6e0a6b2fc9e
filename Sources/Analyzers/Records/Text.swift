package import Analysis
package import Buffers

/// What all forms of records write.
extension TextBuffer {
  /// Dotted decimal, or the canonical text of RFC 5952.
  package mutating func append(_ address: IPAddress) {
    guard address.family == .ipv4 else { return append(text: address.description) }
    for shift in stride(from: UInt64(24), through: 0, by: -8) {
      append(decimal: UInt8(truncatingIfNeeded: address.low >> shift))
      if shift > 0 { append(UInt8(ascii: ".")) }
    }
  }
}
