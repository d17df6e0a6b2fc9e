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
    addTail(bytes, from: bytes.byteCount < 64 ? 0 : addBlocks(bytes))
  }

  /// Adds whole blocks of 64 bytes; returns where the rest begins.
  ///
  /// The sums are those of whole 64-bit words, and of their upper halves: subtracting the second
  /// from the first leaves the sum of the lower halves, at two additions and a shift for 16 bytes.
  @inlinable
  mutating func addBlocks(_ bytes: RawSpan) -> Int {
    var words = SIMD8<UInt64>()
    var uppers = SIMD8<UInt64>()
    var offset = 0
    while offset &+ 64 <= bytes.byteCount {
      let block: SIMD8<UInt64> = bytes.load(vectorAt: offset)
      words &+= block
      uppers &+= block &>> 32
      offset &+= 64
    }
    let upper = Self.total(uppers)
    add(partial: Self.total(words) &- upper &<< 32 &+ upper)
    return offset
  }

  @inlinable
  static func total(_ lanes: SIMD8<UInt64>) -> UInt64 {
    let four = lanes.lowHalf &+ lanes.highHalf
    let two = four.lowHalf &+ four.highHalf
    return two.x &+ two.y
  }

  /// Adds the bytes from `start` on, meant for fewer than 64.
  @inlinable
  mutating func addTail(_ bytes: RawSpan, from start: Int) {
    let count = bytes.byteCount
    var offset = start
    var tail: UInt64 = 0
    while offset &+ 8 <= count {
      let (sum, carry) = tail.addingReportingOverflow(bytes.load(littleEndianAt: offset))
      tail = sum &+ (carry ? 1 : 0)
      offset &+= 8
    }
    add(partial: tail)
    tail = 0
    if offset &+ 4 <= count {
      tail &+= UInt64(bytes.load(littleEndianAt: offset, as: UInt32.self))
      offset &+= 4
    }
    if offset &+ 2 <= count {
      tail &+= UInt64(bytes.load(littleEndianAt: offset, as: UInt16.self))
      offset &+= 2
    }
    if offset < count { tail &+= UInt64(bytes.byte(at: offset)) }
    add(partial: tail)
  }

  /// Adds bytes that begin at any offset of the summed data: at an odd one, each stands in the
  /// other half of its word (RFC 1071 §2, part B).
  @inlinable
  public mutating func add(_ bytes: RawSpan, at offset: Int) {
    if offset & 1 == 0 { return add(bytes) }
    var shifted = Checksum()
    shifted.add(bytes)
    add(partial: UInt64(shifted.folded))
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

extension Checksum {
  /// What a checksum field becomes when part of the summed data is replaced (RFC 1624 §3), without
  /// a look at the rest. A wrong checksum stays wrong by the same amount.
  ///
  /// `old` and `new` are the sums of the replaced bytes, before and after.
  @inlinable
  public static func updated(
    _ field: UInt16, replacing old: Checksum, with new: Checksum
  ) -> UInt16 {
    var sum = new
    sum.add(~field)
    sum.add(~old.folded)
    return sum.complemented
  }
}
