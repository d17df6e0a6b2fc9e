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
  /// Whether Payload Length is 0, as segmentation offload leaves it; all captured bytes count then.
  public let hasOffloadedLength: Bool
  /// What a Jumbo Payload option in a hop-by-hop header says in the place of Payload Length (RFC 2675).
  public let jumboLength: Int?

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

    var place = ChainPlace(protocol: IPProtocol(rawValue: packet.byte(at: 6)), offset: 40)
    var fragmentHeader = 0
    var jumboLength: Int?
    while fragmentHeader == 0 {
      let header = place
      guard try place.advance(in: packet) else { break }
      if header.protocol == .fragment { fragmentHeader = header.offset }
      if header.protocol == .hopByHop {
        jumboLength = jumboLength ?? Self.jumboLength(packet, header.offset..<place.offset)
      }
    }
    self.protocol = place.protocol
    payloadOffset = place.offset
    fragmentHeaderOffset = fragmentHeader
    lastNextHeaderOffset = place.nextHeaderOffset
    self.jumboLength = jumboLength
  }

  @inlinable public var isTruncated: Bool { missing > 0 }

  @inlinable public var source: IPAddress {
    IPAddress(ipv6: bytes.load(bigEndianAt: 8), bytes.load(bigEndianAt: 16))
  }

  @inlinable public var destination: IPAddress {
    IPAddress(ipv6: bytes.load(bigEndianAt: 24), bytes.load(bigEndianAt: 32))
  }

  /// The ends that the checksum of the payload covers: of a mobile host that is away the address it has
  /// at home (RFC 6275 §11.3.1), and where a Routing header leads on, the last destination (RFC 8200 §8.1).
  public var checksumEnds: (source: IPAddress, destination: IPAddress) {
    var ends = (source: source, destination: destination)
    var place = ChainPlace(protocol: IPProtocol(rawValue: bytes.byte(at: 6)), offset: 40)
    while place.offset < payloadOffset {
      let header = place
      guard (try? place.advance(in: bytes)) == true else { break }
      let range = header.offset..<place.offset
      switch header.protocol {
      case .destinationOptions: ends.source = homeAddress(in: range) ?? ends.source
      case .routing: ends.destination = lastDestination(in: range) ?? ends.destination
      default: break
      }
    }
    return ends
  }

  /// The value of an option of type 0xC9 (RFC 6275 §6.3).
  private func homeAddress(in header: Range<Int>) -> IPAddress? {
    var offset = header.lowerBound + 2
    while offset + 1 < header.upperBound {
      let (type, length) = (bytes.byte(at: offset), Int(bytes.byte(at: offset + 1)))
      if type == 0xC9 {
        guard length == 16, offset + 18 <= header.upperBound else { return nil }
        return address(at: offset + 2)
      }
      offset += type == 0 ? 1 : 2 + length
    }
    return nil
  }

  /// Of types 0 and 2 the last address of the list (RFC 5095, RFC 6275 §6.4), of type 4 the first, as the
  /// list is in reverse (RFC 8754 §2); `nil` where the header leads no further.
  private func lastDestination(in header: Range<Int>) -> IPAddress? {
    let count = (header.count - 8) / 16
    guard bytes.byte(at: header.lowerBound + 3) > 0, count > 0 else { return nil }
    switch bytes.byte(at: header.lowerBound + 2) {
    case 0, 2: return address(at: header.lowerBound + 8 + 16 * (count - 1))
    case 4: return address(at: header.lowerBound + 8)
    default: return nil
    }
  }

  private func address(at offset: Int) -> IPAddress {
    IPAddress(ipv6: bytes.load(bigEndianAt: offset), bytes.load(bigEndianAt: offset + 8))
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

extension IPv6Packet {
  /// A place in a chain of extension headers (RFC 8200 §4): what comes next, and where.
  public struct ChainPlace: BitwiseCopyable {
    public var `protocol`: IPProtocol
    public var offset: Int
    /// Where the Next Header field stands that names `protocol`, the Fragment header's left out.
    @usableFromInline var nextHeaderOffset = 6
    @usableFromInline var passed = 0

    /// More extension headers than any host sends: the rest is not walked.
    @usableFromInline static var limit: Int { 16 }

    @inlinable
    init(protocol: IPProtocol, offset: Int) {
      self.protocol = `protocol`
      self.offset = offset
    }

    /// Passes over one extension header; `false` where there is none any more.
    @inlinable
    mutating func advance(in packet: RawSpan) throws(WireError) -> Bool {
      guard `protocol`.isExtensionHeader else { return false }
      guard offset &+ 8 <= packet.byteCount else {
        throw .truncated(.ipv6, needed: offset &+ 8, available: packet.byteCount)
      }
      let field = Int(packet.byte(at: offset &+ 1))
      let size: Int
      switch `protocol` {
      case .fragment: size = 8
      case .authentication: size = (field &+ 2) &* 4
      default: size = (field &+ 1) &* 8
      }
      guard offset &+ size <= packet.byteCount else {
        throw .truncated(.ipv6, needed: offset &+ size, available: packet.byteCount)
      }
      passed &+= 1
      guard passed <= Self.limit else { throw .malformed(.ipv6, .extensionHeader) }
      if `protocol` != .fragment { nextHeaderOffset = offset }
      `protocol` = IPProtocol(rawValue: packet.byte(at: offset))
      offset &+= size
      return true
    }
  }

  /// Follows what stands behind a Fragment header, in the fragmentable part of a packet: to what is no
  /// extension header, or to another Fragment header.
  public static func followChain(
    in bytes: RawSpan, at offset: Int, _ protocol: IPProtocol
  ) throws(WireError) -> ChainPlace {
    var place = ChainPlace(protocol: `protocol`, offset: offset)
    while place.protocol != .fragment, try place.advance(in: bytes) {}
    return place
  }

  /// The value of an option of type 0xC2 in a hop-by-hop header (RFC 2675 §2); 0 for one that is cut off.
  @inlinable
  static func jumboLength(_ packet: RawSpan, _ header: Range<Int>) -> Int? {
    var offset = header.lowerBound &+ 2
    while offset &+ 1 < header.upperBound {
      switch packet.byte(at: offset) {
      case 0xC2:
        guard packet.byte(at: offset &+ 1) == 4, offset &+ 6 <= header.upperBound else { return 0 }
        return Int(packet.load(bigEndianAt: offset &+ 2, as: UInt32.self))
      // One byte of padding, without a length.
      case 0: offset &+= 1
      default: offset &+= 2 &+ Int(packet.byte(at: offset &+ 1))
      }
    }
    return nil
  }
}
