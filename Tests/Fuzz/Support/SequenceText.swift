/// Stream bytes that say where in the sequence space they stand: each aligned four of them are a
/// scrambled form of their sequence number.
enum SequenceText {
  private static let factor: UInt32 = 0x9E37_79B1
  /// `factor` × `inverse` = 1 modulo 2³².
  private static let inverse: UInt32 = inverted(factor)

  static func byte(at sequence: UInt32) -> UInt8 {
    let word = (sequence >> 2) &* factor
    return UInt8(truncatingIfNeeded: word >> (8 * (3 - (sequence & 3))))
  }

  static func bytes(_ count: Int, from sequence: UInt32) -> [UInt8] {
    (0..<count).map { byte(at: sequence &+ UInt32(truncatingIfNeeded: $0)) }
  }

  /// The number that four aligned bytes tell; `nil` when they tell none.
  static func sequence(of word: UInt32) -> UInt32? {
    let number = word &* inverse
    return number < 1 << 30 ? number << 2 : nil
  }

  /// Newton's iteration: each step doubles the bits that are right.
  private static func inverted(_ value: UInt32) -> UInt32 {
    var result = value
    for _ in 0..<5 { result = result &* (2 &- value &* result) }
    return result
  }

  /// Finds out where a stream begins, and holds all its bytes against that.
  struct Reader {
    /// The sequence number of the byte at offset 0.
    private var origin: UInt32?

    mutating func read(_ bytes: RawSpan, at offset: UInt64) throws {
      let position = UInt32(truncatingIfNeeded: offset)
      if let origin {
        try require(
          Self.matches(bytes, from: origin &+ position),
          "the bytes at offset \(offset) are those of another place")
        return
      }
      // Shorter chunks could be taken for another place.
      guard bytes.byteCount >= 12 else { return }
      guard let start = Self.start(of: bytes) else {
        throw Finding(description: "the chunk at offset \(offset) is no stretch of a stream")
      }
      origin = start &- position
    }

    private static func start(of bytes: RawSpan) -> UInt32? {
      for shift in 0..<4 {
        let word = (0..<4).reduce(UInt32(0)) {
          $0 << 8 | UInt32(bytes.unsafeLoad(fromByteOffset: shift + $1, as: UInt8.self))
        }
        guard let sequence = SequenceText.sequence(of: word) else { continue }
        let start = sequence &- UInt32(shift)
        if matches(bytes, from: start) { return start }
      }
      return nil
    }

    private static func matches(_ bytes: RawSpan, from start: UInt32) -> Bool {
      (0..<bytes.byteCount).allSatisfy {
        bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self)
          == SequenceText.byte(at: start &+ UInt32(truncatingIfNeeded: $0))
      }
    }
  }
}
