/// A LINKTYPE number, as capture files carry it (tcpdump.org/linktypes.html).
@frozen
public struct LinkType: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32

  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  @inlinable public static var null: Self { Self(rawValue: 0) }
  @inlinable public static var ethernet: Self { Self(rawValue: 1) }
  @inlinable public static var ppp: Self { Self(rawValue: 9) }
  @inlinable public static var pppHDLC: Self { Self(rawValue: 50) }
  /// PPPoE without the Ethernet header.
  @inlinable public static var pppEthernet: Self { Self(rawValue: 51) }
  /// Raw IP, as the DLT numbers of several systems had it before LINKTYPE_RAW.
  @inlinable public static var rawDLT: Self { Self(rawValue: 12) }
  @inlinable public static var rawDLTOpenBSD: Self { Self(rawValue: 14) }
  @inlinable public static var raw: Self { Self(rawValue: 101) }
  @inlinable public static var ciscoHDLC: Self { Self(rawValue: 104) }
  @inlinable public static var wireless: Self { Self(rawValue: 105) }
  @inlinable public static var loop: Self { Self(rawValue: 108) }
  @inlinable public static var linuxCooked: Self { Self(rawValue: 113) }
  @inlinable public static var wirelessPrism: Self { Self(rawValue: 119) }
  @inlinable public static var wirelessRadiotap: Self { Self(rawValue: 127) }
  @inlinable public static var wirelessAVS: Self { Self(rawValue: 163) }
  /// PPP with a byte for the direction in place of the address.
  @inlinable public static var pppPPPD: Self { Self(rawValue: 166) }
  /// PPP behind a byte for the direction.
  @inlinable public static var pppWithDirection: Self { Self(rawValue: 204) }
  @inlinable public static var ipv4: Self { Self(rawValue: 228) }
  @inlinable public static var ipv6: Self { Self(rawValue: 229) }
  @inlinable public static var linuxCooked2: Self { Self(rawValue: 276) }
}

extension LinkType: CustomStringConvertible {
  /// The name without its LINKTYPE_ prefix, or the number.
  public var description: String { Self.names[rawValue] ?? "linktype \(rawValue)" }

  private static let names: [UInt32: String] = [
    0: "NULL", 1: "ETHERNET", 3: "AX25", 6: "IEEE802_5", 7: "ARCNET_BSD", 8: "SLIP", 9: "PPP",
    10: "FDDI", 12: "RAW", 14: "RAW", 50: "PPP_HDLC", 51: "PPP_ETHER", 100: "ATM_RFC1483",
    101: "RAW", 104: "C_HDLC", 105: "IEEE802_11", 107: "FRELAY", 108: "LOOP", 113: "LINUX_SLL",
    114: "LTALK", 117: "PFLOG", 119: "IEEE802_11_PRISM", 122: "IP_OVER_FC",
    127: "IEEE802_11_RADIOTAP", 138: "APPLE_IP_OVER_IEEE1394", 139: "MTP2_WITH_PHDR", 140: "MTP2",
    141: "MTP3", 142: "SCCP", 143: "DOCSIS", 144: "LINUX_IRDA", 147: "USER0", 148: "USER1",
    149: "USER2", 162: "USER15", 163: "IEEE802_11_AVS", 165: "BACNET_MS_TP", 166: "PPP_PPPD",
    177: "LINUX_LAPD", 187: "BLUETOOTH_HCI_H4", 189: "USB_LINUX", 192: "PPI",
    195: "IEEE802_15_4_WITHFCS", 197: "ERF", 201: "BLUETOOTH_HCI_H4_WITH_PHDR", 204: "PPP_WITH_DIR",
    206: "FRELAY_WITH_DIR", 220: "USB_LINUX_MMAPPED", 224: "FC_2", 226: "IPNET",
    227: "CAN_SOCKETCAN", 228: "IPV4", 229: "IPV6", 230: "IEEE802_15_4_NOFCS", 239: "NFLOG",
    240: "NETANALYZER", 242: "IPOIB", 248: "SCTP", 249: "USBPCAP", 251: "BLUETOOTH_LE_LL",
    253: "NETLINK", 256: "BLUETOOTH_LE_LL_WITH_PHDR", 258: "PKTAP", 264: "ISO_14443",
    266: "USB_DARWIN", 271: "VSOCK", 272: "NORDIC_BLE", 274: "ETHERNET_MPACKET", 276: "LINUX_SLL2",
    280: "ZWAVE_R3",
    281: "DSA_TAG_BRCM", 282: "DSA_TAG_BRCM_PREPEND", 283: "IEEE802_15_4_TAP", 284: "DSA_TAG_DSA",
    285: "DSA_TAG_EDSA",
  ]
}
