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
    case .tcp, .udp, .wholeTCP, .wholeUDP, .innerTCP, .innerUDP: return nil
    case .icmpError, .pathMTU: return isFragment(index) ? .quote : nil
    case .fragment: return .incompleteDatagram
    case .otherProtocol: return reasonOfOtherProtocol(index)
    case .notIP: return servesNetwork(index) ? nil : .notIP
    case .unsupportedLinkType: return .unsupportedLinkType
    case .badICMPChecksum, .badHeaderChecksum: return .badChecksum
    case .malformed, .malformedTCP, .malformedUDP, .zeroLength, .jumbogram, .nestedFragment,
      .tooDeep:
      return .malformed
    }
  }

  /// Of an IP packet with another protocol: why nobody looks at what it carries; `nil` where it carries
  /// nothing.
  private func reasonOfOtherProtocol(_ index: Int) -> UnseenReason? {
    // Of one that was put together from fragments no frame has the header.
    if isFragment(index) { return .otherProtocol }
    let offset = dissections.reference(to: index).element.networkOffset
    let bytes = frames[index].bytes
    guard offset < bytes.byteCount else { return nil }
    return CarriedText(ofPacket: bytes.extracting(droppingFirst: offset)).reason
  }

  private func isFragment(_ index: Int) -> Bool { fragments.contains { $0.index == index } }

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
