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

  /// A whole Ethernet frame, as GRE and GENEVE carry it (Transparent Ethernet Bridging).
  @inlinable public static var transparentEthernet: Self { Self(rawValue: 0x6558) }
  @inlinable public static var mplsUnicast: Self { Self(rawValue: 0x8847) }
  @inlinable public static var mplsMulticast: Self { Self(rawValue: 0x8848) }
  @inlinable public static var pppoeSession: Self { Self(rawValue: 0x8864) }
  @inlinable public static var ppp: Self { Self(rawValue: 0x880B) }
  /// ERSPAN type I and II in GRE.
  @inlinable public static var erspan2: Self { Self(rawValue: 0x88BE) }
  /// ERSPAN type III in GRE.
  @inlinable public static var erspan3: Self { Self(rawValue: 0x22EB) }

  /// Whether a VLAN tag (4 bytes: tag control information, then the next type) follows.
  @inlinable
  public var isVLAN: Bool {
    rawValue == 0x8100 || rawValue == 0x88A8 || rawValue == 0x9100 || rawValue == 0x9200
  }
}
