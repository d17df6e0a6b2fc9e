/// An ICMP message about a packet that did not arrive, and the beginning of that packet (RFC 792,
/// RFC 4443 §3).
///
/// Of the quote nothing is sure: it may end anywhere, and anyone may have made it up.
public struct ICMPError: ~Escapable {
  /// From the type field on.
  public let bytes: RawSpan
  /// Whether a router could not pass the packet on in one piece (RFC 1191 §4, RFC 8201 §4).
  public let isPacketTooBig: Bool
  private let isIPv6: Bool

  /// - Parameter protocol: of the packet that carries it, `icmp` or `icmpv6`.
  @_lifetime(copy bytes)
  public init(validating bytes: RawSpan, _ protocol: IPProtocol) throws(WireError) {
    guard bytes.byteCount >= 8 else {
      throw .truncated(.icmp, needed: 8, available: bytes.byteCount)
    }
    isIPv6 = `protocol` == .icmpv6
    switch (isIPv6, bytes.byte(at: 0), bytes.byte(at: 1)) {
    case (false, 3, 4), (true, 2, _): isPacketTooBig = true
    // Unreachable, expired, not understood. A redirect (5) is no error: its packet went on.
    case (false, 3, _), (false, 11, _), (false, 12, _): isPacketTooBig = false
    case (true, 1, _), (true, 3, _), (true, 4, _): isPacketTooBig = false
    default: throw .malformed(.icmp, .type)
    }
    self.bytes = bytes
  }

  public var type: UInt8 { bytes.byte(at: 0) }
  public var code: UInt8 { bytes.byte(at: 1) }
  public var checksum: UInt16 { bytes.load(bigEndianAt: 2) }

  /// Of a packet that was too big: how large it might have been. 0 from routers before RFC 1191.
  public var mtu: UInt32 {
    isIPv6 ? bytes.load(bigEndianAt: 4) : UInt32(bytes.load(bigEndianAt: 6, as: UInt16.self))
  }

  /// The beginning of the packet that the message is about, from its IP header on.
  public var quote: RawSpan {
    @_lifetime(copy self) get { bytes.extracting(droppingFirst: 8) }
  }

  /// Where the transport header of the quoted packet begins, counted from the type field on; `nil` where
  /// that is not there, or in another fragment.
  public var quotedTransport: (protocol: IPProtocol, offset: Int)? {
    if isIPv6 {
      guard let packet = try? IPv6Packet(validating: quote), packet.fragmentOffset == 0,
        let place = try? IPv6Packet.followChain(
          in: packet.bytes, at: packet.payloadOffset, packet.protocol)
      else { return nil }
      return (place.protocol, 8 + place.offset)
    }
    guard let packet = try? IPv4Packet(validating: quote), packet.fragmentOffset == 0 else {
      return nil
    }
    return (packet.protocol, 8 + packet.headerLength)
  }
}
