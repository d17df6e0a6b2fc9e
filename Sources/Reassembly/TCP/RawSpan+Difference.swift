extension RawSpan {
  /// Where two stretches of the same length differ first, and in how many bytes; `nil` when they are
  /// the same. Eight bytes at a time, so that a storm of such is no burden.
  func difference(from other: RawSpan) -> (first: Int, count: Int)? {
    precondition(byteCount == other.byteCount)
    var index = 0
    while index &+ 8 <= byteCount, word(index) == other.word(index) { index &+= 8 }
    var first: Int?
    var count = 0
    if index &+ 8 <= byteCount {
      first = index &+ (word(index) ^ other.word(index)).trailingZeroBitCount / 8
    }
    while index &+ 8 <= byteCount {
      // In each byte a sum, which finds room for so many words.
      let end = min(index &+ 255 &* 8, byteCount &- 7)
      var sums: UInt64 = 0
      while index < end {
        sums &+= (word(index) ^ other.word(index)).bytesInUse
        index &+= 8
      }
      count &+= sums.sumOfBytes
    }
    while index < byteCount {
      if byte(index) != other.byte(index) {
        first = first ?? index
        count &+= 1
      }
      index &+= 1
    }
    return first.map { ($0, count) }
  }

  /// The first of its bytes is the lowest one.
  @inline(__always)
  private func word(_ index: Int) -> UInt64 {
    UInt64(
      littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
  }

  @inline(__always)
  private func byte(_ index: Int) -> UInt8 {
    unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
  }
}

extension UInt64 {
  /// 1 in each byte that is not zero.
  fileprivate var bytesInUse: UInt64 {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    // The highest bit of a byte is set when any of its bits is; no sum carries into the next byte.
    return ((self & low &+ low | self) & ~low) >> 7
  }

  fileprivate var sumOfBytes: Int {
    let even: UInt64 = 0x00FF_00FF_00FF_00FF
    let pairs = self & even &+ (self >> 8) & even
    return Int((pairs &* 0x0001_0001_0001_0001) >> 48)
  }
}
