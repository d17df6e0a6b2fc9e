/// Names places where one of many literals may begin, by the blocks of bytes that they are made of.
///
/// Blocks are looked up at a stride short enough for each literal to have one of them in full. The table
/// says for each block how far into a literal it may stand.
struct BlockFilter: Sendable {
  private let stride: Int
  /// Whether a block has four bytes, or else two.
  private let isWide: Bool
  private let bits: UInt32
  /// Bit n: the block stands n bytes behind the begin of a literal.
  private var offsets: [UInt8]

  /// `nil` where a literal is too short: they need two bytes each.
  init?(_ literals: [[UInt8]], isCaseless: Bool) {
    let shortest = literals.map(\.count).min() ?? 0
    if shortest < 2 { return nil }
    isWide = shortest >= 6
    stride = min(shortest - (isWide ? 3 : 1), 8)
    // In the cache of the first level, unless too many of its entries would be taken.
    bits = literals.count * stride < 512 ? 12 : 16
    offsets = Array(repeating: 0, count: 1 << bits)
    for literal in literals {
      for offset in 0..<stride {
        for block in Self.blocks(literal[offset..<(offset + (isWide ? 4 : 2))], isCaseless) {
          offsets[index(block)] |= 1 << UInt8(offset)
        }
      }
    }
  }

  /// The block, and what else it may be where cases do not count.
  private static func blocks(_ bytes: ArraySlice<UInt8>, _ isCaseless: Bool) -> [UInt32] {
    var blocks: [UInt32] = [0]
    for byte in bytes.reversed() {
      let isBoth = isCaseless && byte.isLetter
      let choices = isBoth ? [byte | 0x20, byte & ~0x20] : [byte]
      blocks = blocks.flatMap { block in choices.map { block << 8 | UInt32($0) } }
    }
    return blocks
  }

  @inline(__always)
  private func index(_ block: UInt32) -> Int { Int((block &* 0x9E37_79B1) >> (32 &- bits)) }

  @inline(__always)
  private func block(in bytes: RawSpan, at place: Int) -> UInt32 {
    // The loads are checked, and bytes have no invalid pattern.
    if isWide {
      UInt32(
        littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self))
    } else {
      UInt32(
        UInt16(
          littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt16.self)))
    }
  }

  /// The first place in a range where a literal may begin, or its end. The shortest literal has room at
  /// all of them.
  func next(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    let bytes = unsafe bytes.bytes
    let offsets = offsets.span
    var start = range.lowerBound
    while start < range.upperBound {
      let last = start &+ stride &- 1
      let found = offsets[index(block(in: bytes, at: last))]
      if found != 0 {
        // The one that stands furthest into its literal begins first.
        let place = last - (7 - found.leadingZeroBitCount)
        return min(place, range.upperBound)
      }
      start &+= stride
    }
    return range.upperBound
  }
}
