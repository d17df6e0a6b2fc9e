/// Where a header lies in a frame whose length, or checksum, speaks of all that follows.
public struct LayerPlace: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A field of two bytes that counts what follows, such as that of PPPoE, GTP-U or IEEE 802.3.
    case length
    case ipv4, ipv6, udp
    /// GRE with a checksum (RFC 2784 §2.2).
    case checksummedGRE
  }

  public var kind: Kind
  /// Where the field, or the header, begins.
  public var offset: Int

  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }
}
