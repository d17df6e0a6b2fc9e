import Buffers
import Wire

/// All that the layers of a frame say of it: which conversation it belongs to, and what its segment
/// or datagram is. Whoever has it needs the frame for the payload alone.
///
/// Laid out by use: the first cache line is what every packet needs.
struct Dissection: BitwiseCopyable {
  enum Kind: UInt8 {
    case tcp, udp
    /// The payload of a datagram that was put together from fragments: it lies in the batch, and not
    /// in the frame.
    case wholeTCP, wholeUDP
    /// In a tunnel whose outer keys lie in the batch.
    case innerTCP, innerUDP
    /// A part of an IP datagram.
    case fragment
    /// IP, but neither TCP nor UDP.
    case otherProtocol
    /// Neither IPv4 nor IPv6.
    case notIP
    case unsupportedLinkType
    case malformed
    case malformedTCP
    case malformedUDP
    /// An ICMP error: the key is that of the conversation whose packet it quotes.
    case icmpError
    /// The same, of a packet that was too big for a link.
    case pathMTU
    /// An ICMP error with a wrong checksum.
    case badICMPChecksum
    /// IPv4 with a wrong header checksum.
    case badHeaderChecksum
    /// IP that does not say how long it is, where offload does not explain it.
    case zeroLength
    /// IPv6 with a Jumbo Payload option that does not fit the packet.
    case jumbogram
    /// IPv6 with a Fragment header in a fragment.
    case nestedFragment
    /// More layers in each other than are looked for.
    case tooDeep

    var isTCP: Bool { self == .tcp || self == .wholeTCP || self == .innerTCP }
    var isWhole: Bool { self == .wholeTCP || self == .wholeUDP }

    /// Whether an IP header was found whose packet makes sense as far as it was looked at.
    var isPacket: Bool {
      switch self {
      case .tcp, .udp, .innerTCP, .innerUDP, .fragment, .otherProtocol, .icmpError, .pathMTU,
        .jumbogram, .nestedFragment:
        true
      default: false
      }
    }
  }

  /// What verifying the checksum of a segment or datagram came to.
  enum ChecksumFinding: UInt8 {
    /// Nobody asked, there is none, or not all that it covers was captured.
    case notVerified
    case right, wrong
    /// Wrong as offload to the network card leaves it: nothing, or the sum of the pseudo-header for
    /// the card to go on from.
    case offloaded
  }

  var kind: Kind = .notIP
  /// The packet goes from the key's second end to its first.
  var isReversed = false
  var isIPv6 = false
  /// Of a TCP segment; else empty.
  var flags: TCPFlags = []
  private var network: UInt16 = 0
  /// As it stands in the header, not scaled.
  var window: UInt16 = 0
  private var transport: UInt32 = 0
  private var endOfPayload: UInt32 = 0
  /// What is missing, and in the highest bits whether the window is closed, whether there is something
  /// odd, whether there is no IP length, and whether more layers were to come than are entered: all are
  /// seldom, and on the fast path they are looked for at once.
  private var rarities: UInt32 = 0
  var sequence = SequenceNumber(0)
  var acknowledgment = SequenceNumber(0)
  private var lengthOfFrame: UInt32 = 0
  private var lengthOfPacket: UInt32 = 0
  private var lengthOfHeader: UInt8 = 0
  var checksum = ChecksumFinding.notVerified
  /// Whether `timestamp` is there.
  var hasTimestamp = false
  var key = FlowKey(addresses: 0, rest: 0)
  /// The shard in its six highest bits, and below them the keyed hash of the key.
  var hash: UInt64 = 0

  /// VLAN tags as in `FlowKey.rest`, not shifted.
  var vlans: UInt32 = 0
  /// Around it, those of them that are known by their outer IP header.
  var nesting = Nesting()
  private var offerOrTimestamp: UInt32 = 0
  /// The network, tunnel or key that the innermost tunnel names.
  var tunnelIdentifier: UInt32 = 0
  /// What the tunnels add to the flow key; 0 for a packet that is in none.
  var tunnel: UInt64 = 0
  var wide = WideAddresses()
  /// Where the IP header of the innermost tunnel begins.
  var outerOffset: UInt16 = 0
  /// Of an inner packet: where in the batch its outer keys lie. Fills two cache lines.
  var outerIndex: UInt32 = 0

  /// The layers around a packet.
  struct Nesting: BitwiseCopyable {
    /// All that were entered: tunnels, MPLS, PPPoE.
    var layers: UInt8 = 0
    /// Tunnels through IP.
    var depth: UInt8 = 0
    /// 0, or the kind of the innermost tunnel.
    var kind: UInt8 = 0
    var hasIdentifier = false
  }

  /// Where the IP header begins in the frame.
  var networkOffset: Int {
    get { Int(network) }
    set { network = UInt16(truncatingIfNeeded: newValue) }
  }
  /// Where the transport header begins.
  var transportOffset: Int {
    get { Int(transport) }
    set { transport = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Bytes of the transport header, options included.
  var headerLength: Int {
    get { Int(lengthOfHeader) }
    set { lengthOfHeader = UInt8(truncatingIfNeeded: newValue) }
  }
  /// Where the captured part of the payload ends: padding is cut off.
  var end: Int {
    get { Int(endOfPayload) }
    set { endOfPayload = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Bytes of the IP payload that the capture does not hold.
  var missing: Int {
    get { Int(rarities & Self.missingBits) }
    // Set before the others.
    set { rarities = min(UInt32(clamping: newValue), Self.missingBits) }
  }
  /// Whether a TCP segment announces a window of zero.
  var closesWindow: Bool {
    get { rarities & Self.windowBit != 0 }
    set { if newValue { rarities |= Self.windowBit } }
  }
  /// Whether the IP length is 0, and all that was captured is taken for it.
  var hasZeroLength: Bool {
    get { rarities & Self.lengthBit != 0 }
    set { if newValue { rarities |= Self.lengthBit } }
  }
  /// Of a datagram: whether it looks like a tunnel, but lies too deep to be entered.
  var isAtLayerLimit: Bool {
    get { rarities & Self.limitBit != 0 }
    set { if newValue { rarities |= Self.limitBit } }
  }
  private static var windowBit: UInt32 { 1 << 31 }
  /// Whether the header of a TCP segment has anything that most do not have: it lacks the ACK flag, has
  /// reserved bits, or other options than timestamps where they usually stand.
  var isOdd: Bool {
    get { rarities & Self.oddBit != 0 }
    set { if newValue { rarities |= Self.oddBit } }
  }
  /// Whether the length stands in a Jumbo Payload option (RFC 2675).
  var isJumbogram: Bool {
    get { rarities & Self.jumboBit != 0 }
    set { if newValue { rarities |= Self.jumboBit } }
  }
  /// Whether a TCP segment that is not odd has selective acknowledgements.
  var hasSelectiveAcknowledgments: Bool {
    get { rarities & Self.selectiveBit != 0 }
    set { if newValue { rarities |= Self.selectiveBit } }
  }
  private static var lengthBit: UInt32 { 1 << 30 }
  private static var limitBit: UInt32 { 1 << 29 }
  private static var oddBit: UInt32 { 1 << 28 }
  private static var jumboBit: UInt32 { 1 << 27 }
  private static var selectiveBit: UInt32 { 1 << 26 }
  private static var missingBits: UInt32 { selectiveBit &- 1 }
  /// What the options of a SYN offer.
  var offer: TCPOffer {
    get { TCPOffer(bits: offerOrTimestamp) }
    set { offerOrTimestamp = newValue.bits }
  }
  /// TSval of a segment that is no SYN, where `hasTimestamp`.
  var timestamp: UInt32 {
    get { offerOrTimestamp }
    set { offerOrTimestamp = newValue }
  }
  var timestampIfAny: UInt32? { hasTimestamp ? timestamp : nil }
  /// Of an ICMP error: its type and code, or the MTU. It lies where a segment has what no ICMP message
  /// has.
  var icmpValue: UInt32 {
    get { acknowledgment.rawValue }
    set { acknowledgment = SequenceNumber(newValue) }
  }
  /// Whether no Ethernet carries the packet as it is: it was put together by the card or the kernel
  /// (GRO, LRO), or is still to be taken apart (TSO), and its checksum is that of a part, or none.
  var isAggregate: Bool { ipLength > 1500 && !kind.isWhole }
  /// Whether there is none of that: nothing missing, and nothing else that is seldom.
  var isOrdinary: Bool { rarities == 0 }
  /// Whether there is nothing of that but selective acknowledgements.
  var isOrdinaryOrSelective: Bool { rarities & ~Self.selectiveBit == 0 }
  /// Bytes of the frame as it was sent.
  var frameLength: Int {
    get { Int(lengthOfFrame) }
    set { lengthOfFrame = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Bytes of the IP packet as it was sent.
  var ipLength: Int {
    get { Int(lengthOfPacket) }
    set { lengthOfPacket = UInt32(truncatingIfNeeded: newValue) }
  }

  /// Where the text of the segment, or the content of the datagram, lies in the frame.
  var text: Range<Int> { textOffset..<end }
  private var textOffset: Int { transportOffset &+ headerLength }
  /// Text bytes that the capture holds.
  var captured: Int { end &- textOffset }
  /// Text bytes as they were sent.
  var length: Int { captured &+ missing }

  /// The shard that the conversation belongs to, 0 ..< 64.
  var shard: Int { Int(truncatingIfNeeded: hash >> 58) }
  /// The half of the hash that finds it there.
  var tableHash: UInt32 { UInt32(truncatingIfNeeded: hash) }

  /// Of a whole datagram: where in the batch its payload lies.
  var datagram: Int { Int(network) }

  /// Turns what was found in the payload of a datagram into a packet of the batch.
  mutating func makeWhole(datagram index: Int) {
    network = UInt16(truncatingIfNeeded: index)
    switch kind {
    case .tcp, .innerTCP: kind = .wholeTCP
    case .udp, .innerUDP: kind = .wholeUDP
    // What it quotes lies in no frame.
    case .icmpError, .pathMTU: end = transportOffset
    default: break
    }
  }

  /// Stands in `networkOffset` and `outerOffset` for an IP header that is not there: that of a
  /// datagram of which only the payload was put together.
  static let noHeader = UInt16.max

  /// Notes that a packet came out of a tunnel, so that its outer keys are looked at.
  mutating func makeInner() {
    guard nesting.kind != 0 else { return }
    switch kind {
    case .tcp: kind = .innerTCP
    case .udp: kind = .innerUDP
    default: break
    }
  }

  /// Takes on the layers around a fragment of it.
  mutating func copyLayers(of fragment: borrowing Dissection) {
    vlans = fragment.vlans
    nesting = fragment.nesting
    tunnel = fragment.tunnel
    tunnelIdentifier = fragment.tunnelIdentifier
    outerOffset = fragment.outerOffset
  }

  /// Makes it ready for another frame. What only some kinds of packets set is left as it was.
  mutating func reset() {
    kind = .notIP
    isReversed = false
    isIPv6 = false
    flags = []
    vlans = 0
    nesting = Nesting()
    tunnel = 0
    rarities = 0
    checksum = .notVerified
    hasTimestamp = false
  }
}

/// What the options of a SYN offer, each once (RFC 9293 §3.2, RFC 7323, RFC 2018).
struct TCPOffer: BitwiseCopyable {
  /// As large as can be where there is no such option.
  var maximumSegmentSize: UInt16 = .max
  var windowScale: UInt8 = 0
  var options: Options = []

  init() {}

  init(bits: UInt32) {
    maximumSegmentSize = UInt16(truncatingIfNeeded: bits >> 16)
    windowScale = UInt8(truncatingIfNeeded: bits >> 8)
    options = Options(rawValue: UInt8(truncatingIfNeeded: bits))
  }

  var bits: UInt32 {
    UInt32(maximumSegmentSize) << 16 | UInt32(windowScale) << 8 | UInt32(options.rawValue)
  }

  struct Options: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    static let maximumSegmentSize = Self(rawValue: 1)
    static let windowScale = Self(rawValue: 2)
    static let sackPermitted = Self(rawValue: 4)
    static let timestamps = Self(rawValue: 8)
    /// The window scale was above 14.
    static let excessiveScale = Self(rawValue: 16)
    /// Fast Open (RFC 7413).
    static let fastOpen = Self(rawValue: 32)
    /// Something that is to be looked at closely.
    static let other = Self(rawValue: 64)
  }
}

extension TCPFlags {
  /// What takes a segment off the fast path.
  static var control: TCPFlags { [.fin, .syn, .rst, .urg] }
}

/// A dissection where it lies: lending one of this size to a function would copy it.
typealias DissectionReference = ElementReference<Dissection>
