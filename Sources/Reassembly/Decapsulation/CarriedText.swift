import Sockets
import Wire

/// What an IP packet carries that is neither a TCP segment nor a UDP datagram, or is quoted by one.
struct CarriedText {
  /// Why nobody looks at it; `nil` where it only serves the network.
  private(set) var reason: UnseenReason?

  /// Quotes in quotes are looked at so far; text that lies deeper is taken to be there.
  private static var mostQuotes: Int { 4 }

  /// - Parameter bytes: a packet from its IP header on.
  init(ofPacket bytes: RawSpan) {
    reason = Self.reason(ofPacket: bytes, isQuoted: false, quotes: 0)
  }

  private static func reason(
    ofPacket bytes: RawSpan, isQuoted: Bool, quotes: Int
  ) -> UnseenReason? {
    if quotes > mostQuotes { return .quote }
    if let packet = try? IPv4Packet(validating: bytes) {
      let isFragment = packet.fragmentOffset > 0 || packet.moreFragments && !isQuoted
      return reason(packet.payload, packet.protocol, isFragment: isFragment, isQuoted, quotes)
    }
    if let packet = try? IPv6Packet(validating: bytes),
      let place = try? IPv6Packet.followChain(
        in: packet.bytes, at: packet.payloadOffset, packet.protocol),
      place.offset <= packet.bytes.byteCount
    {
      return reason(
        packet.bytes.extracting(droppingFirst: place.offset), place.protocol,
        isFragment: packet.fragmentOffset > 0, isQuoted, quotes)
    }
    // A quote may end within its headers.
    return isQuoted ? nil : .otherProtocol
  }

  private static func reason(
    _ payload: RawSpan, _ number: IPProtocol, isFragment: Bool, _ isQuoted: Bool, _ quotes: Int
  ) -> UnseenReason? {
    let standard: UnseenReason = isQuoted ? .quote : .otherProtocol
    if isFragment { return payload.byteCount > 0 ? standard : nil }
    switch number {
    case .icmp, .icmpv6:
      guard payload.byteCount > 8 else { return nil }
      let type = payload.byte(at: 0)
      if isEcho(type, number) { return standard }
      guard isError(type, number) else { return nil }
      let quote = payload.extracting(droppingFirst: 8)
      return reason(ofPacket: quote, isQuoted: true, quotes: quotes + 1)
    case .udp: return payload.byteCount > 8 ? standard : nil
    case .tcp:
      guard payload.byteCount > 12 else { return nil }
      return payload.byteCount > max(Int(payload.byte(at: 12) >> 4) * 4, 20) ? standard : nil
    default: return payload.byteCount > 0 ? standard : nil
    }
  }

  /// Echo and its reply (RFC 792, RFC 4443 §4) carry what their sender likes.
  private static func isEcho(_ type: UInt8, _ number: IPProtocol) -> Bool {
    number == .icmp ? type == 8 || type == 0 : type == 128 || type == 129
  }

  /// Messages that quote a packet, source quench and redirects among them.
  private static func isError(_ type: UInt8, _ number: IPProtocol) -> Bool {
    number == .icmp ? [3, 4, 5, 11, 12].contains(type) : (1...4).contains(type)
  }
}
