extension RawSpan {
  /// Where two stretches of the same length differ first; `nil` when they are the same.
  func firstDifference(from other: RawSpan) -> Int? {
    precondition(byteCount == other.byteCount)
    if byteCount < 8 { return shortDifference(from: other) }
    var index = 0
    while index &+ 32 <= byteCount,
      block(index).isSame(as: other.block(index), and: block(index &+ 16), other.block(index &+ 16))
    {
      index &+= 32
    }
    // Then eight at a time; of fewer the last eight, for those of them that came before are the same.
    while index < byteCount {
      let start = min(index, byteCount &- 8)
      let differing = word(start) ^ other.word(start)
      if differing != 0 { return start &+ differing.trailingZeroBitCount / 8 }
      index = start &+ 8
    }
    return nil
  }

  /// Of fewer than eight bytes: one word holds them.
  @inline(__always)
  private func shortDifference(from other: RawSpan) -> Int? {
    let differing = shortWord ^ other.shortWord
    return differing == 0 ? nil : differing.trailingZeroBitCount / 8
  }

  /// All bytes of a stretch of fewer than eight, without a loop whose end could not be guessed: parts of
  /// it that may overlap.
  @inline(__always)
  private var shortWord: UInt64 {
    if byteCount >= 4 { return part(UInt32.self, at: 0) | part(UInt32.self, at: byteCount &- 4) }
    if byteCount == 0 { return 0 }
    return part(UInt8.self, at: 0) | part(UInt8.self, at: byteCount / 2)
      | part(UInt8.self, at: byteCount &- 1)
  }

  /// Some bytes, where they stand in a word of all.
  @inline(__always)
  private func part<Part: FixedWidthInteger & BitwiseCopyable>(
    _ type: Part.Type, at index: Int
  ) -> UInt64 {
    let bytes = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: type)
    return UInt64(Part(littleEndian: bytes)) << (8 &* index)
  }

  /// Where two stretches of the same length differ first, and in how many bytes; `nil` when they are
  /// the same. Many bytes at a time, so that a storm of such is no burden.
  func difference(from other: RawSpan) -> (first: Int, count: Int)? {
    precondition(byteCount == other.byteCount)
    var index = 0
    while index &+ 8 <= byteCount, word(index) == other.word(index) { index &+= 8 }
    var first: Int?
    var count = 0
    if index &+ 8 <= byteCount {
      first = index &+ (word(index) ^ other.word(index)).trailingZeroBitCount / 8
    }
    while index &+ 16 <= byteCount {
      // In each byte a sum, which finds room for so many blocks.
      let end = min(index &+ 255 &* 16, byteCount &- 15)
      var sums = SIMD16<UInt8>.zero
      while index < end {
        sums &-= block(index).differences(from: other.block(index))
        index &+= 16
      }
      count &+= sums.sumOfBytes
    }
    // Of fewer than sixteen the next eight; then the last eight, without those that were counted.
    while index < byteCount, byteCount >= 8 {
      let start = min(index, byteCount &- 8)
      let differing = (word(start) ^ other.word(start)) >> UInt64(8 &* (index &- start))
      count &+= differing.bytesInUse.sumOfBytes
      if first == nil, differing != 0 { first = index &+ differing.trailingZeroBitCount / 8 }
      index = start &+ 8
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
  private func block(_ index: Int) -> SIMD16<UInt8> {
    unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: SIMD16<UInt8>.self)
  }

  @inline(__always)
  private func byte(_ index: Int) -> UInt8 {
    unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
  }
}

extension SIMD16<UInt8> {
  /// 255 in each byte that is not the same.
  @inline(__always)
  fileprivate func differences(from other: Self) -> Self {
    Self(repeating: 0).replacing(with: Self(repeating: 255), where: self .!= other)
  }

  /// Whether all of two pairs are.
  @inline(__always)
  fileprivate func isSame(as other: Self, and next: Self, _ nextOther: Self) -> Bool {
    let differing = ((self ^ other) | (next ^ nextOther)).words
    return differing.x | differing.y == 0
  }

  @inline(__always)
  private var words: SIMD2<UInt64> { unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self) }

  @inline(__always)
  fileprivate var sumOfBytes: Int { words.x.sumOfBytes &+ words.y.sumOfBytes }
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
