/// The Internet checksum (RFC 1071): a ones' complement sum of 16-bit words.
///
/// The sum is kept in the machine's byte order, in which it has the same value after a final swap
/// (RFC 1071 §2, part B); `folded` swaps.
@frozen
public struct Checksum: Sendable, BitwiseCopyable {
  @usableFromInline var sum: UInt64

  @inlinable
  public init() { sum = 0 }

  /// Adds bytes that begin at an even offset of the summed data.
  @inlinable
  public mutating func add(_ bytes: RawSpan) {
    var offset = 0
    var low: UInt64 = 0
    var high: UInt64 = 0
    let count = bytes.byteCount
    // Two 32-bit halves a word keep the carries: 2³² words fit before an accumulator could overflow.
    let wide = count & ~31
    while offset < wide {
      let a: UInt64 = bytes.load(littleEndianAt: offset)
      let b: UInt64 = bytes.load(littleEndianAt: offset &+ 8)
      let c: UInt64 = bytes.load(littleEndianAt: offset &+ 16)
      let d: UInt64 = bytes.load(littleEndianAt: offset &+ 24)
      low &+= (a & 0xFFFF_FFFF) &+ (b & 0xFFFF_FFFF) &+ (c & 0xFFFF_FFFF) &+ (d & 0xFFFF_FFFF)
      high &+= (a >> 32) &+ (b >> 32) &+ (c >> 32) &+ (d >> 32)
      offset &+= 32
    }
    while offset &+ 4 <= count {
      low &+= UInt64(bytes.load(littleEndianAt: offset, as: UInt32.self))
      offset &+= 4
    }
    if offset &+ 2 <= count {
      low &+= UInt64(bytes.load(littleEndianAt: offset, as: UInt16.self))
      offset &+= 2
    }
    if offset < count { low &+= UInt64(bytes.byte(at: offset)) }
    add(partial: low)
    add(partial: high)
  }

  @inlinable
  mutating func add(partial: UInt64) {
    let (result, carry) = sum.addingReportingOverflow(partial)
    sum = result &+ (carry ? 1 : 0)
  }

  /// Adds one 16-bit field given by its value.
  @inlinable
  public mutating func add(_ field: UInt16) { add(partial: UInt64(field.bigEndian)) }

  /// Adds a 32-bit field given by its value.
  @inlinable
  public mutating func add(_ field: UInt32) { add(partial: UInt64(field.bigEndian)) }

  /// Adds the 4 or 16 bytes of an address.
  @inlinable
  public mutating func add(_ address: IPAddress) {
    if address.family == .ipv6 { add(wide: address.high) }
    add(wide: address.low)
  }

  @inlinable
  mutating func add(wide value: UInt64) { add(partial: value.bigEndian) }

  /// The sum folded to 16 bits, not complemented: 0xFFFF over data with a right checksum in it.
  @inlinable
  public var folded: UInt16 {
    var value = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
    value = (value & 0xFFFF) &+ (value >> 16)
    value = (value & 0xFFFF) &+ (value >> 16)
    value = (value & 0xFFFF) &+ (value >> 16)
    return UInt16(truncatingIfNeeded: value).byteSwapped
  }

  /// What belongs in the checksum field.
  @inlinable
  public var complemented: UInt16 { ~folded }
}

extension Checksum {
  /// The pseudo-header of TCP and UDP (RFC 9293 §3.1, RFC 8200 §8.1). `length` is that of the
  /// transport header and its payload.
  @inlinable
  public static func pseudoHeader(
    source: IPAddress, destination: IPAddress, protocol: UInt8, length: Int
  ) -> Checksum {
    var checksum = Checksum()
    checksum.add(source)
    checksum.add(destination)
    checksum.add(UInt32(`protocol`))
    checksum.add(UInt32(truncatingIfNeeded: length))
    return checksum
  }
}
