import Sockets
import Wire

/// What makes packets a conversation: both ends, the protocol, and the VLAN tags and tunnels around
/// it, the same for both directions.
///
/// An IPv4 key is whole in these 16 bytes. Of an IPv6 key, and of any key in a tunnel, they hold a
/// keyed hash of the addresses and of the tunnels, and `WideAddresses` decides.
struct FlowKey: Hashable, BitwiseCopyable {
  /// IPv4: the first end's address, then the second's. IPv6, or in a tunnel: a hash.
  var addresses: UInt64
  /// First port, second port, VLAN tags (24 bits), protocol and flags (8 bits).
  var rest: UInt64

  /// Set in the lowest byte for IPv6, beside the protocol number.
  static let ipv6Flag: UInt64 = 0x80

  /// Set there for IPv4 in a tunnel.
  static let tunnelledFlag: UInt64 = 0x40

  var isIPv6: Bool { rest & Self.ipv6Flag != 0 }
  /// Whether the addresses are in `WideAddresses`.
  var isWide: Bool { rest & (Self.ipv6Flag | Self.tunnelledFlag) != 0 }
  var isUDP: Bool { rest & 0x3F == UInt64(IPProtocol.udp.rawValue) }
  var firstPort: UInt16 { UInt16(truncatingIfNeeded: rest >> 48) }
  var secondPort: UInt16 { UInt16(truncatingIfNeeded: rest >> 32) }

  var vlans: VLANTags {
    VLANTags(outer: UInt16(rest >> 20 & 0xFFF), inner: UInt16(rest >> 8 & 0xFFF))
  }

  /// Both ends, the first one first.
  func ends(_ wide: WideAddresses) -> (SocketInfo.Endpoint, SocketInfo.Endpoint) {
    let first: IPAddress
    let second: IPAddress
    if isIPv6 {
      first = IPAddress(ipv6: wide.firstHigh, wide.firstLow)
      second = IPAddress(ipv6: wide.secondHigh, wide.secondLow)
    } else if isWide {
      first = IPAddress(ipv4: UInt32(truncatingIfNeeded: wide.firstLow))
      second = IPAddress(ipv4: UInt32(truncatingIfNeeded: wide.secondLow))
    } else {
      first = IPAddress(ipv4: UInt32(truncatingIfNeeded: addresses >> 32))
      second = IPAddress(ipv4: UInt32(truncatingIfNeeded: addresses))
    }
    return (
      SocketInfo.Endpoint(address: first, port: firstPort),
      SocketInfo.Endpoint(address: second, port: secondPort)
    )
  }
}

/// The addresses of an IPv6 conversation, in the order of the key's ends. Those of IPv4 in a tunnel
/// stand in the low halves.
struct WideAddresses: Hashable, BitwiseCopyable {
  var firstHigh: UInt64 = 0
  var firstLow: UInt64 = 0
  var secondHigh: UInt64 = 0
  var secondLow: UInt64 = 0

  /// All of them in one number without a secret, for the choice of a shard.
  var mixed: UInt64 {
    (firstHigh ^ firstLow) &* 0xD6E8_FEB8_6659_FD93 &+ secondHigh ^ secondLow
  }
}
