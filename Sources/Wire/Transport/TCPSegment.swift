/// The control bits of a TCP segment (RFC 9293 §3.1).
@frozen
public struct TCPFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable public static var fin: Self { Self(rawValue: 0x01) }
  @inlinable public static var syn: Self { Self(rawValue: 0x02) }
  @inlinable public static var rst: Self { Self(rawValue: 0x04) }
  @inlinable public static var psh: Self { Self(rawValue: 0x08) }
  @inlinable public static var ack: Self { Self(rawValue: 0x10) }
  @inlinable public static var urg: Self { Self(rawValue: 0x20) }
  @inlinable public static var ece: Self { Self(rawValue: 0x40) }
  @inlinable public static var cwr: Self { Self(rawValue: 0x80) }
}

/// A TCP header and its payload (RFC 9293 §3.1).
public struct TCPSegment: ~Escapable {
  public let bytes: RawSpan
  public let headerLength: Int

  /// Checks every length once, so that no accessor below can fail.
  @inlinable @inline(__always) @_lifetime(copy bytes)
  public init(validating bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= 20 else {
      throw .truncated(.tcp, needed: 20, available: bytes.byteCount)
    }
    let headerLength = Int(bytes.byte(at: 12) >> 4) &* 4
    guard headerLength >= 20 else { throw .malformed(.tcp, .dataOffset) }
    guard bytes.byteCount >= headerLength else {
      throw .truncated(.tcp, needed: headerLength, available: bytes.byteCount)
    }
    self.bytes = bytes
    self.headerLength = headerLength
  }

  @inlinable public var sourcePort: UInt16 { bytes.load(bigEndianAt: 0) }
  @inlinable public var destinationPort: UInt16 { bytes.load(bigEndianAt: 2) }
  @inlinable public var sequence: SequenceNumber { SequenceNumber(bytes.load(bigEndianAt: 4)) }
  @inlinable public var acknowledgment: SequenceNumber {
    SequenceNumber(bytes.load(bigEndianAt: 8))
  }
  @inlinable public var flags: TCPFlags { TCPFlags(rawValue: bytes.byte(at: 13)) }
  /// Whether the ACK flag is set, and none of the reserved bits (RFC 9293 §3.1; what was the NS bit
  /// counts as used, by RFC 9768).
  @inlinable public var isAcknowledgmentAlone: Bool {
    let word: UInt16 = bytes.load(bigEndianAt: 12)
    return word & 0x0E10 == 0x0010
  }
  /// Reserved bits that are set.
  @inlinable public var reservedBits: UInt8 { bytes.byte(at: 12) & 0x0E }

  /// Whether the options begin with two bytes of padding and timestamps, as nearly all that have
  /// timestamps do. There must be options.
  @inlinable public var hasAlignedTimestamps: Bool {
    let word: UInt32 = bytes.load(bigEndianAt: 20)
    return word == 0x0101_080A
  }
  /// TSval of those; the header must have 32 bytes.
  @inlinable public var alignedTimestamp: UInt32 { bytes.load(bigEndianAt: 24) }

  /// Whether the rest of the options, from an offset of the header on, is two bytes of padding and one or
  /// more blocks of selective acknowledgements (RFC 2018 §3), as nearly all that have these end.
  @inlinable public func endsWithSelectiveAcknowledgments(at offset: Int) -> Bool {
    let length = headerLength &- offset &- 2
    guard length >= 10, length & 7 == 2 else { return false }
    let word: UInt32 = bytes.load(bigEndianAt: offset)
    return word == 0x0101_0500 | UInt32(length)
  }

  @inlinable public var window: UInt16 { bytes.load(bigEndianAt: 14) }
  @inlinable public var checksum: UInt16 { bytes.load(bigEndianAt: 16) }
  @inlinable public var urgentPointer: UInt16 { bytes.load(bigEndianAt: 18) }

  @inlinable public var options: TCPOptions {
    @_lifetime(copy self) get { TCPOptions(bytes.extracting(20..<headerLength)) }
  }

  @inlinable public var payload: RawSpan {
    @_lifetime(copy self) get { bytes.extracting(droppingFirst: headerLength) }
  }
}
