import Sockets
import Wire

/// What makes packets a conversation: both ends, the protocol, and the VLAN tags around it, the same
/// for both directions.
///
/// An IPv4 key is whole in these 16 bytes. Of an IPv6 key they hold a keyed hash of the addresses,
/// and `WideAddresses` decides.
struct FlowKey: Hashable, BitwiseCopyable {
  /// IPv4: the first end's address, then the second's. IPv6: a hash of both.
  var addresses: UInt64
  /// First port, second port, VLAN tags (24 bits), protocol and flags (8 bits).
  var rest: UInt64

  /// Set in the lowest byte for IPv6, beside the protocol number.
  static let ipv6Flag: UInt64 = 0x80

  var isIPv6: Bool { rest & Self.ipv6Flag != 0 }
  var isUDP: Bool { rest & 0x3F == UInt64(IPProtocol.udp.rawValue) }
  var firstPort: UInt16 { UInt16(truncatingIfNeeded: rest >> 48) }
  var secondPort: UInt16 { UInt16(truncatingIfNeeded: rest >> 32) }

  var vlans: VLANTags {
    VLANTags(outer: UInt16(rest >> 20 & 0xFFF), inner: UInt16(rest >> 8 & 0xFFF))
  }
}

/// The addresses of an IPv6 conversation, in the order of the key's ends.
struct WideAddresses: Hashable, BitwiseCopyable {
  var firstHigh: UInt64 = 0
  var firstLow: UInt64 = 0
  var secondHigh: UInt64 = 0
  var secondLow: UInt64 = 0
}
