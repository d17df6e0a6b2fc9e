/// What an Ethernet frame carries (IEEE 802 numbers).
@frozen
public struct EtherType: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16

  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  @inlinable public static var ipv4: Self { Self(rawValue: 0x0800) }
  @inlinable public static var arp: Self { Self(rawValue: 0x0806) }
  @inlinable public static var vlan: Self { Self(rawValue: 0x8100) }
  @inlinable public static var ipv6: Self { Self(rawValue: 0x86DD) }
  /// The outer tag of IEEE 802.1ad (QinQ).
  @inlinable public static var providerVLAN: Self { Self(rawValue: 0x88A8) }
  /// Outer tags that vendors used before 802.1ad.
  @inlinable public static var oldVLAN1: Self { Self(rawValue: 0x9100) }
  @inlinable public static var oldVLAN2: Self { Self(rawValue: 0x9200) }

  /// Whether a VLAN tag (4 bytes: tag control information, then the next type) follows.
  @inlinable
  public var isVLAN: Bool {
    rawValue == 0x8100 || rawValue == 0x88A8 || rawValue == 0x9100 || rawValue == 0x9200
  }
}
