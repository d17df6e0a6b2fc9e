/// Why bytes are not what a header says they are.
@frozen
public enum WireError: Error, Hashable, Sendable {
  /// Fewer bytes than the header needs, or says it has.
  case truncated(Layer, needed: Int, available: Int)
  /// A field that contradicts itself or the standard.
  case malformed(Layer, Field)

  @frozen
  public enum Layer: String, Sendable {
    case ethernet, vlan, cooked, loopback, ipv4, ipv6, tcp, udp, icmp
  }

  @frozen
  public enum Field: String, Sendable {
    case version, headerLength, totalLength, dataOffset, extensionHeader, option, type
  }
}
