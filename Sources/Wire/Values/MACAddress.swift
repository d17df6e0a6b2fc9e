/// An IEEE 802 address: the lower 48 bits of `rawValue`.
@frozen
public struct MACAddress: Hashable, Sendable, BitwiseCopyable {
  public let rawValue: UInt64

  /// The upper 16 bits are not used.
  @inlinable
  public init(_ rawValue: UInt64) { self.rawValue = rawValue & 0xFFFF_FFFF_FFFF }
}

extension MACAddress: CustomStringConvertible {
  /// As `02:00:00:00:00:01`.
  public var description: String {
    (0..<6).map { index in
      let byte = rawValue >> UInt64(40 - 8 * index) & 0xFF
      return (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined(separator: ":")
  }
}
