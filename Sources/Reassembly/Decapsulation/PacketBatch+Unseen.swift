import Buffers
public import Sockets
import Wire

extension PacketBatch {
  /// Why a packet that belongs to no socket has payload that nobody looks at; `nil` for one without
  /// payload, for one of a socket, and for what only serves the network: ARP, LLDP, spanning tree, and
  /// ICMP messages that carry nothing.
  public func unseenReason(ofPacketAt index: Int) -> UnseenReason? {
    let kind = dissections.reference(to: index).element.kind
    switch kind {
    case .tcp, .udp, .wholeTCP, .wholeUDP, .innerTCP, .innerUDP, .icmpError, .pathMTU: return nil
    case .fragment: return .incompleteDatagram
    case .otherProtocol: return carriesPayload(index) ? .otherProtocol : nil
    case .notIP: return servesNetwork(index) ? nil : .notIP
    case .unsupportedLinkType: return .unsupportedLinkType
    case .badICMPChecksum, .badHeaderChecksum: return .badChecksum
    case .malformed, .malformedTCP, .malformedUDP, .zeroLength, .jumbogram, .nestedFragment,
      .tooDeep:
      return .malformed
    }
  }

  /// Of an IP packet with another protocol: whether it has something to carry.
  private func carriesPayload(_ index: Int) -> Bool {
    let offset = dissections.reference(to: index).element.networkOffset
    let bytes = frames[index].bytes
    guard offset < bytes.byteCount else { return false }
    let packet = bytes.extracting(droppingFirst: offset)
    if let ipv4 = try? IPv4Packet(validating: packet) {
      return Self.carriesPayload(ipv4.payload, ipv4.protocol)
    }
    if let ipv6 = try? IPv6Packet(validating: packet) {
      return Self.carriesPayload(
        packet.extracting(droppingFirst: min(ipv6.payloadOffset, packet.byteCount)), ipv6.protocol)
    }
    return true
  }

  private static func carriesPayload(_ payload: RawSpan, _ number: IPProtocol) -> Bool {
    guard number == .icmp || number == .icmpv6 else { return payload.byteCount > 0 }
    guard payload.byteCount > 8 else { return false }
    // Echo and its reply (RFC 792, RFC 4443 §4) carry what their sender likes.
    let type = payload.byte(at: 0)
    return number == .icmp ? type == 8 || type == 0 : type == 128 || type == 129
  }

  /// Of a frame without IP.
  private func servesNetwork(_ index: Int) -> Bool {
    let frame = frames[index]
    guard frame.linkType == .ethernet else { return false }
    var offset = 12
    while offset + 2 <= frame.bytes.byteCount {
      let type: UInt16 = frame.bytes.load(bigEndianAt: offset)
      switch type {
      case 0x8100, 0x88A8: offset += 4
      // ARP, RARP, LLDP, flow control, 802.1X, loopback; and lengths, of spanning tree and the like.
      case 0x0806, 0x8035, 0x88CC, 0x8808, 0x888E, 0x9000, 0...1500: return true
      default: return false
      }
    }
    return true
  }
}
