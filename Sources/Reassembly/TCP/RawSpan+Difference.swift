extension RawSpan {
  /// Where two stretches of the same length differ first, and in how many bytes; `nil` when they are
  /// the same. Eight bytes at a time, so that a storm of such is no burden.
  func difference(from other: RawSpan) -> (first: Int, count: Int)? {
    precondition(byteCount == other.byteCount)
    var first: Int?
    var count = 0
    var index = 0
    while index &+ 8 <= byteCount {
      let one = unsafe unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      let two = unsafe other.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      let difference = UInt64(littleEndian: one ^ two)
      if difference != 0 {
        first = first ?? index &+ difference.trailingZeroBitCount / 8
        count &+= difference.bytesInUse
      }
      index &+= 8
    }
    while index < byteCount {
      let one = unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
      let two = unsafe other.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      if one != two {
        first = first ?? index
        count &+= 1
      }
      index &+= 1
    }
    return first.map { ($0, count) }
  }
}

extension UInt64 {
  /// How many of its bytes are not zero.
  fileprivate var bytesInUse: Int {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    // The highest bit of a byte is set when any of its bits is; no sum carries into the next byte.
    return ((self & low &+ low | self) & ~low).nonzeroBitCount
  }
}
