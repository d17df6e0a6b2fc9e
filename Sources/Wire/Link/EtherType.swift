/// What an Ethernet frame carries (IEEE 802 numbers).
@frozen
public struct EtherType: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16

  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let ipv4 = Self(rawValue: 0x0800)
  public static let arp = Self(rawValue: 0x0806)
  public static let vlan = Self(rawValue: 0x8100)
  public static let ipv6 = Self(rawValue: 0x86DD)
  /// The outer tag of IEEE 802.1ad (QinQ).
  public static let providerVLAN = Self(rawValue: 0x88A8)
  /// Outer tags that vendors used before 802.1ad.
  public static let oldVLAN1 = Self(rawValue: 0x9100)
  public static let oldVLAN2 = Self(rawValue: 0x9200)

  /// Whether a VLAN tag (4 bytes: tag control information, then the next type) follows.
  @inlinable
  public var isVLAN: Bool {
    rawValue == 0x8100 || rawValue == 0x88A8 || rawValue == 0x9100 || rawValue == 0x9200
  }
}
