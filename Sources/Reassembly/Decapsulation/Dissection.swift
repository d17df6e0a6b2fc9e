import Wire

/// Where the layers of a frame lie and which conversation it belongs to.
struct Dissection: BitwiseCopyable {
  enum Kind: UInt8 {
    case tcp, udp
    /// A part of an IP datagram.
    case fragment
    /// IP, but neither TCP nor UDP.
    case otherProtocol
    /// Neither IPv4 nor IPv6.
    case notIP
    case unsupportedLinkType
    case malformed
    /// IPv4 with a wrong header checksum.
    case badHeaderChecksum
  }

  var kind: Kind = .notIP
  /// The packet goes from the key's second end to its first.
  var isReversed = false
  var isIPv6 = false
  /// Where the IP header begins in the frame.
  var networkOffset = 0
  /// Where the transport header begins.
  var transportOffset = 0
  /// Where the captured part of the IP payload ends: padding is cut off.
  var end = 0
  /// Bytes of the IP payload that the capture does not hold.
  var missing = 0
  /// VLAN tags as in `FlowKey.rest`, not shifted.
  var vlans: UInt64 = 0
  var key = FlowKey(addresses: 0, rest: 0)
  var hash: UInt64 = 0
  var wide = WideAddresses()

  /// The shard that the conversation belongs to, 0 ..< 64.
  var shard: Int { Int(truncatingIfNeeded: hash >> 58) }
  /// The half of the hash that finds it there.
  var tableHash: UInt32 { UInt32(truncatingIfNeeded: hash) }
  /// Bytes of the IP packet as it was sent.
  var ipLength: Int { end &- networkOffset &+ missing }
}
