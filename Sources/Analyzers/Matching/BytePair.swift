import CSystem

/// Two bytes of a literal that are rare elsewhere: where both stand at their places, the literal may.
struct BytePair: Sendable {
  /// Where they stand in the literal.
  private let firstOffset: Int
  private let secondOffset: Int
  private let first: csystem_byte
  private let second: csystem_byte
  /// What the literal begins with.
  private let beginning: csystem_byte

  init(_ literal: [UInt8], isCaseless: Bool) {
    let ranked = literal.indices.sorted { left, right in
      (Self.frequency(literal[left]), left) < (Self.frequency(literal[right]), right)
    }
    firstOffset = ranked[0]
    // Another byte tells more than the same one again.
    secondOffset =
      ranked.first { literal[$0] != literal[ranked[0]] } ?? ranked[ranked.count - 1]
    beginning = csystem_byte(literal[0], isCaseless: isCaseless)
    first = csystem_byte(literal[firstOffset], isCaseless: isCaseless)
    second = csystem_byte(literal[secondOffset], isCaseless: isCaseless)
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
    find(first, at: firstOffset, second, at: secondOffset, in: bytes, range)
  }

  /// The first place in a range where the first byte of the literal stands, or its end.
  func nextBeginning(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    find(beginning, at: 0, beginning, at: 0, in: bytes, range)
  }

  private func find(
    _ first: csystem_byte, at firstOffset: Int, _ second: csystem_byte, at secondOffset: Int,
    in bytes: Span<UInt8>, _ range: Range<Int>
  ) -> Int {
    if range.isEmpty { return range.upperBound }
    let reach = max(firstOffset, secondOffset)
    precondition(range.lowerBound >= 0 && range.upperBound + reach <= bytes.count)
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return range.upperBound }
      // In bounds by the check above.
      let start = unsafe base + range.lowerBound
      let found = unsafe csystem_find_pair(
        start + firstOffset, start + secondOffset, range.count, first, second)
      return range.lowerBound + found
    }
  }
}

extension csystem_byte {
  fileprivate init(_ byte: UInt8, isCaseless: Bool) {
    let mask: UInt8 = isCaseless && byte.isLetter ? 0x20 : 0
    self.init(value: byte | mask, mask: mask)
  }
}
