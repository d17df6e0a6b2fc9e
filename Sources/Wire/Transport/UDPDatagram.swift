/// A UDP header and its payload (RFC 768).
public struct UDPDatagram: ~Escapable {
  /// The header and payload by the Length field: what lies behind is cut off.
  public let bytes: RawSpan
  /// Whether fewer bytes are there than Length says.
  public let isTruncated: Bool

  @inlinable @inline(__always) @_lifetime(copy bytes)
  public init(validating bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= 8 else {
      throw .truncated(.udp, needed: 8, available: bytes.byteCount)
    }
    let length = Int(bytes.load(bigEndianAt: 4, as: UInt16.self))
    // Length 0 stands for more than 65,535 bytes (RFC 2675 §4), and offload leaves it so.
    guard length >= 8 || length == 0 else { throw .malformed(.udp, .totalLength) }
    isTruncated = length > bytes.byteCount
    self.bytes = length == 0 ? bytes : bytes.extracting(0..<min(length, bytes.byteCount))
  }

  @inlinable public var sourcePort: UInt16 { bytes.load(bigEndianAt: 0) }
  @inlinable public var destinationPort: UInt16 { bytes.load(bigEndianAt: 2) }
  /// 0 when the sender made none (IPv4 only).
  @inlinable public var checksum: UInt16 { bytes.load(bigEndianAt: 6) }

  @inlinable public var payload: RawSpan {
    @_lifetime(copy self) get { bytes.extracting(droppingFirst: 8) }
  }
}
