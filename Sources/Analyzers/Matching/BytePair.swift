/// Two bytes of a literal that are rare elsewhere: where both stand at their places, the literal may.
struct BytePair: Sendable {
  /// Where they stand in the literal.
  private let firstOffset: Int
  private let secondOffset: Int
  private let first: Pattern
  private let second: Pattern

  /// A byte, or both cases of a letter: all that are `value` with the bits of `mask` set.
  private struct Pattern {
    var value: UInt8
    var mask: UInt8

    init(_ byte: UInt8, isCaseless: Bool) {
      mask = isCaseless && byte.isLetter ? 0x20 : 0
      value = byte | mask
    }

    var values: SIMD4<UInt64> { SIMD4(repeating: 0x0101_0101_0101_0101 &* UInt64(value)) }
    var masks: SIMD4<UInt64> { SIMD4(repeating: 0x0101_0101_0101_0101 &* UInt64(mask)) }

    func matches(_ byte: UInt8) -> Bool { byte | mask == value }
  }

  init(_ literal: [UInt8], isCaseless: Bool) {
    let ranked = literal.indices.sorted { left, right in
      (Self.frequency(literal[left]), left) < (Self.frequency(literal[right]), right)
    }
    firstOffset = ranked[0]
    // Another byte tells more than the same one again.
    secondOffset =
      ranked.first { literal[$0] != literal[ranked[0]] } ?? ranked[ranked.count - 1]
    first = Pattern(literal[firstOffset], isCaseless: isCaseless)
    second = Pattern(literal[secondOffset], isCaseless: isCaseless)
  }

  /// How often a byte is met in what hosts send, roughly; 0 for the rarest.
  private static func frequency(_ byte: UInt8) -> Int {
    common.firstIndex(of: byte).map { common.count - $0 } ?? 0
  }

  private static let common = Array(
    " \0etaonisrhldcupmfg\r\nbwyv0123,.-=/\":<>456789ATESINRCOPDLMxkHBFGU&;()'_jqzWVYKXJZQ\u{1}"
      .utf8)

  /// The first place in a range where the literal may begin, or its end. The literal has room at all of
  /// them.
  func next(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    first.mask | second.mask == 0
      ? next(in: bytes, range, isMasked: false) : next(in: bytes, range, isMasked: true)
  }

  @inline(__always)
  private func next(in bytes: Span<UInt8>, _ range: Range<Int>, isMasked: Bool) -> Int {
    let (firsts, seconds) = (first.values, second.values)
    let masks = (first.masks, second.masks)
    let raw = unsafe bytes.bytes
    var place = range.lowerBound
    while place &+ 32 <= range.upperBound {
      // The loads are checked, and bytes have no invalid pattern.
      var ones = unsafe raw.unsafeLoadUnaligned(
        fromByteOffset: place &+ firstOffset, as: SIMD4<UInt64>.self)
      var others = unsafe raw.unsafeLoadUnaligned(
        fromByteOffset: place &+ secondOffset, as: SIMD4<UInt64>.self)
      if isMasked {
        ones = ones | masks.0
        others = others | masks.1
      }
      // Zero where both bytes are the right ones.
      let difference = (ones ^ firsts) | (others ^ seconds)
      // The highest bit is set in the first of these in each word, and in no byte before it.
      let hits = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
      if (hits[0] | hits[1]) | (hits[2] | hits[3]) != 0 {
        return place &+ hits.firstByte
      }
      place &+= 32
    }
    while place < range.upperBound {
      if first.matches(bytes[place + firstOffset]), second.matches(bytes[place + secondOffset]) {
        return place
      }
      place += 1
    }
    return range.upperBound
  }
}

extension SIMD4<UInt64> {
  /// The index of the first byte that is not zero.
  fileprivate var firstByte: Int {
    for index in 0..<4 where self[index] != 0 {
      return index * 8 + UInt64(littleEndian: self[index]).trailingZeroBitCount / 8
    }
    return 32
  }
}
