/// An IPv6 header and what follows it (RFC 8200), its extension headers walked once.
public struct IPv6Packet: ~Escapable {
  /// From the version field to the end of the packet: link padding is cut off.
  public let bytes: RawSpan
  /// What the last extension header announces: the protocol of `payload`.
  public let `protocol`: IPProtocol
  /// Where `payload` begins: behind all extension headers, or behind the Fragment header.
  public let payloadOffset: Int
  /// Where the Fragment header begins; 0 when there is none.
  public let fragmentHeaderOffset: Int
  /// Where the Next Header field that names the Fragment header (or `payload`) stands.
  public let lastNextHeaderOffset: Int
  /// How many bytes fewer the capture holds than Payload Length says.
  public let missing: Int
  /// Whether Payload Length is 0 without a jumbo option, as segmentation offload leaves it.
  public let hasOffloadedLength: Bool

  /// More extension headers than any host sends: the rest is not walked.
  @usableFromInline static var extensionHeaderLimit: Int { 16 }

  @inlinable @_lifetime(copy bytes)
  public init(validating bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= 40 else {
      throw .truncated(.ipv6, needed: 40, available: bytes.byteCount)
    }
    guard bytes.byte(at: 0) >> 4 == 6 else { throw .malformed(.ipv6, .version) }
    let payloadLength = Int(bytes.load(bigEndianAt: 4, as: UInt16.self))
    hasOffloadedLength = payloadLength == 0
    let length =
      payloadLength == 0 ? bytes.byteCount : min(payloadLength &+ 40, bytes.byteCount)
    missing = payloadLength == 0 ? 0 : max(payloadLength &+ 40 &- bytes.byteCount, 0)
    let packet = bytes.extracting(0..<length)
    self.bytes = packet

    var next = IPProtocol(rawValue: packet.byte(at: 6))
    var nextHeaderOffset = 6
    var offset = 40
    var fragmentHeader = 0
    var count = 0
    walk: while fragmentHeader == 0 {
      let size: Int
      switch next {
      case .hopByHop, .routing, .destinationOptions, .mobility:
        guard offset &+ 8 <= length else {
          throw .truncated(.ipv6, needed: offset &+ 8, available: length)
        }
        size = (Int(packet.byte(at: offset &+ 1)) &+ 1) &* 8
      case .authentication:
        guard offset &+ 8 <= length else {
          throw .truncated(.ipv6, needed: offset &+ 8, available: length)
        }
        size = (Int(packet.byte(at: offset &+ 1)) &+ 2) &* 4
      case .fragment:
        guard offset &+ 8 <= length else {
          throw .truncated(.ipv6, needed: offset &+ 8, available: length)
        }
        fragmentHeader = offset
        size = 8
      default:
        break walk
      }
      count &+= 1
      guard offset &+ size <= length else {
        throw .truncated(.ipv6, needed: offset &+ size, available: length)
      }
      guard count <= Self.extensionHeaderLimit else { throw .malformed(.ipv6, .extensionHeader) }
      next = IPProtocol(rawValue: packet.byte(at: offset))
      if fragmentHeader == 0 { nextHeaderOffset = offset }
      offset &+= size
    }
    self.protocol = next
    payloadOffset = offset
    fragmentHeaderOffset = fragmentHeader
    lastNextHeaderOffset = nextHeaderOffset
  }

  @inlinable public var isTruncated: Bool { missing > 0 }

  @inlinable public var source: IPAddress {
    IPAddress(ipv6: bytes.load(bigEndianAt: 8), bytes.load(bigEndianAt: 16))
  }

  @inlinable public var destination: IPAddress {
    IPAddress(ipv6: bytes.load(bigEndianAt: 24), bytes.load(bigEndianAt: 32))
  }

  @inlinable public var hopLimit: UInt8 { bytes.byte(at: 7) }

  /// Whether this is a part of a packet. An atomic fragment (RFC 6946: offset 0, nothing more) is
  /// whole.
  @inlinable public var isFragment: Bool {
    fragmentHeaderOffset != 0
      && bytes.load(bigEndianAt: fragmentHeaderOffset &+ 2, as: UInt16.self) & 0xFFF9 != 0
  }

  /// Where the payload belongs in the fragmentable part, in bytes; 0 without a Fragment header.
  @inlinable public var fragmentOffset: Int {
    guard fragmentHeaderOffset != 0 else { return 0 }
    return Int(bytes.load(bigEndianAt: fragmentHeaderOffset &+ 2, as: UInt16.self) & 0xFFF8)
  }

  @inlinable public var moreFragments: Bool {
    fragmentHeaderOffset != 0 && bytes.byte(at: fragmentHeaderOffset &+ 3) & 1 != 0
  }

  /// The Fragment header's; 0 without one.
  @inlinable public var identification: UInt32 {
    guard fragmentHeaderOffset != 0 else { return 0 }
    return bytes.load(bigEndianAt: fragmentHeaderOffset &+ 4)
  }

  @inlinable public var payload: RawSpan {
    @_lifetime(copy self) get { bytes.extracting(droppingFirst: payloadOffset) }
  }
}
