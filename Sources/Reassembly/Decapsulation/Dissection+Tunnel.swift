import Sockets
import Wire

extension Dissection {
  /// The outer keys of a packet that came out of a tunnel: they are not kept in the dissection, and so
  /// are read again from where it found them.
  ///
  /// - Parameters:
  ///   - bytes: what was dissected.
  ///   - datagram: whose payload that is, when its fragments were put together.
  func tunnel(in bytes: RawSpan, around datagram: Defragmenter.Datagram? = nil) -> Tunnel? {
    guard let kind = Tunnel.Kind(rawValue: nesting.kind) else { return nil }
    let ends: (source: IPAddress, destination: IPAddress, protocol: IPProtocol)
    if outerOffset == Self.noHeader {
      guard let datagram else { return nil }
      ends = (datagram.key.source, datagram.key.destination, datagram.protocol)
    } else {
      let packet = bytes.extracting(droppingFirst: Int(outerOffset))
      if let ipv4 = try? IPv4Packet(validating: packet) {
        ends = (ipv4.source, ipv4.destination, ipv4.protocol)
      } else if let ipv6 = try? IPv6Packet(validating: packet) {
        ends = (ipv6.source, ipv6.destination, ipv6.protocol)
      } else {
        return nil
      }
    }
    return Tunnel(
      kind: kind, depth: Int(nesting.depth), protocol: ends.protocol, source: ends.source,
      destination: ends.destination,
      identifier: nesting.hasIdentifier ? tunnelIdentifier : nil)
  }
}
