/// An IPv4 header and what follows it (RFC 791).
public struct IPv4Packet: ~Escapable {
  /// From the version field to the end of the datagram: link padding is cut off.
  public let bytes: RawSpan
  public let headerLength: Int
  /// How many bytes fewer the capture holds than Total Length says.
  public let missing: Int
  /// Whether Total Length is 0, as segmentation offload leaves it; all captured bytes count then.
  public let hasOffloadedLength: Bool

  @inlinable @inline(__always) @_lifetime(copy bytes)
  public init(validating bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= 20 else {
      throw .truncated(.ipv4, needed: 20, available: bytes.byteCount)
    }
    let first = bytes.byte(at: 0)
    guard first >> 4 == 4 else { throw .malformed(.ipv4, .version) }
    let headerLength = Int(first & 0x0F) &* 4
    guard headerLength >= 20 else { throw .malformed(.ipv4, .headerLength) }
    guard bytes.byteCount >= headerLength else {
      throw .truncated(.ipv4, needed: headerLength, available: bytes.byteCount)
    }
    let totalLength = Int(bytes.load(bigEndianAt: 2, as: UInt16.self))
    guard totalLength >= headerLength || totalLength == 0 else {
      throw .malformed(.ipv4, .totalLength)
    }
    let length = totalLength == 0 ? bytes.byteCount : min(totalLength, bytes.byteCount)
    self.bytes = bytes.extracting(0..<length)
    self.headerLength = headerLength
    hasOffloadedLength = totalLength == 0
    missing = max(totalLength &- bytes.byteCount, 0)
  }

  @inlinable public var isTruncated: Bool { missing > 0 }
  @inlinable public var identification: UInt16 { bytes.load(bigEndianAt: 4) }
  @inlinable var flagsAndOffset: UInt16 { bytes.load(bigEndianAt: 6) }
  @inlinable public var dontFragment: Bool { flagsAndOffset & 0x4000 != 0 }
  @inlinable public var moreFragments: Bool { flagsAndOffset & 0x2000 != 0 }
  /// Where the payload belongs in its datagram, in bytes.
  @inlinable public var fragmentOffset: Int { Int(flagsAndOffset & 0x1FFF) &* 8 }
  /// Whether this is a part of a datagram rather than a whole one.
  @inlinable public var isFragment: Bool { flagsAndOffset & 0x3FFF != 0 }
  @inlinable public var timeToLive: UInt8 { bytes.byte(at: 8) }
  @inlinable public var `protocol`: IPProtocol { IPProtocol(rawValue: bytes.byte(at: 9)) }
  @inlinable public var headerChecksum: UInt16 { bytes.load(bigEndianAt: 10) }
  @inlinable public var source: IPAddress { IPAddress(ipv4: bytes.load(bigEndianAt: 12)) }
  @inlinable public var destination: IPAddress { IPAddress(ipv4: bytes.load(bigEndianAt: 16)) }

  @inlinable public var header: RawSpan {
    @_lifetime(copy self) get { bytes.extracting(0..<headerLength) }
  }

  @inlinable public var payload: RawSpan {
    @_lifetime(copy self) get { bytes.extracting(droppingFirst: headerLength) }
  }

  /// Whether the header's own checksum is right.
  @inlinable public var hasValidChecksum: Bool {
    var checksum = Checksum()
    checksum.add(header)
    return checksum.folded == 0xFFFF
  }
}
