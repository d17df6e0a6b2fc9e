public import Sockets
import Wire

extension Dissection {
  /// Who sent the packet to whom, by its flow key, which it must have.
  var keyEnds: PacketEnds {
    let (first, second) = key.ends(wide)
    return PacketEnds(
      isReversed ? second : first, isReversed ? first : second, key.isUDP ? .udp : .tcp)
  }
}

extension PacketEnds {
  /// Those of which only the addresses are known.
  init(source: IPAddress, destination: IPAddress) {
    self.init(
      SocketInfo.Endpoint(address: source, port: 0),
      SocketInfo.Endpoint(address: destination, port: 0))
  }

  /// By an IP header alone, read again from where it was found.
  init?(headerAt offset: Int, in bytes: RawSpan) {
    guard offset < bytes.byteCount else { return nil }
    let packet = bytes.extracting(droppingFirst: offset)
    if let ipv4 = try? IPv4Packet(validating: packet) {
      self.init(source: ipv4.source, destination: ipv4.destination)
    } else if let ipv6 = try? IPv6Packet(validating: packet) {
      self.init(source: ipv6.source, destination: ipv6.destination)
    } else {
      return nil
    }
  }
}

extension PacketBatch {
  /// Who sent a packet to whom, of one that has a flow key; `nil` of another.
  public func ends(ofPacketAt index: Int) -> PacketEnds? {
    let dissection = dissections.reference(to: index)
    switch dissection.element.kind {
    case .tcp, .udp, .wholeTCP, .wholeUDP, .innerTCP, .innerUDP: return dissection.element.keyEnds
    default: return nil
    }
  }
}
