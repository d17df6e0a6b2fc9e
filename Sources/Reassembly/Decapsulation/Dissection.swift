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
  /// Of a TCP segment; else empty.
  var tcpFlags: TCPFlags = []
  /// VLAN tags as in `FlowKey.rest`, not shifted.
  var vlans: UInt32 = 0
  private var network: UInt32 = 0
  private var transport: UInt32 = 0
  private var endOfPayload: UInt32 = 0
  private var missingBytes: UInt32 = 0
  var key = FlowKey(addresses: 0, rest: 0)
  var hash: UInt64 = 0
  var wide = WideAddresses()

  /// Where the IP header begins in the frame.
  var networkOffset: Int {
    get { Int(network) }
    set { network = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Where the transport header begins.
  var transportOffset: Int {
    get { Int(transport) }
    set { transport = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Where the captured part of the IP payload ends: padding is cut off.
  var end: Int {
    get { Int(endOfPayload) }
    set { endOfPayload = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Bytes of the IP payload that the capture does not hold.
  var missing: Int {
    get { Int(missingBytes) }
    set { missingBytes = UInt32(truncatingIfNeeded: newValue) }
  }

  /// Makes it ready for another frame. What only some kinds of packets set is left as it was.
  mutating func reset() {
    kind = .notIP
    isReversed = false
    isIPv6 = false
    tcpFlags = []
    vlans = 0
    missingBytes = 0
  }

  /// The shard that the conversation belongs to, 0 ..< 64.
  var shard: Int { Int(truncatingIfNeeded: hash >> 58) }
  /// The half of the hash that finds it there.
  var tableHash: UInt32 { UInt32(truncatingIfNeeded: hash) }
  /// Bytes of the IP packet as it was sent.
  var ipLength: Int { end &- networkOffset &+ missing }
}
