/// Connections that were dropped and are not kept in mind one by one any more: a Bloom filter. It holds
/// each of them, and takes a few others for one of them, the more the fuller it is.
struct DroppedFilter {
  private var words: [UInt64]

  /// The same in every run, as it shows in what is written.
  static let hash = FlowHash(seed: 1)
  private static let probes: UInt64 = 5

  /// - Parameter byteCount: what it may take.
  init(byteCount: Int) {
    // A power of two, so that a place is a part of a hash.
    let wordCount = max(byteCount / 8, 8)
    words = [UInt64](repeating: 0, count: 1 << (Int.bitWidth - 1 - wordCount.leadingZeroBitCount))
  }

  mutating func insert(_ key: FlowKey, _ wide: UInt64) {
    for probe in 0..<Self.probes {
      let place = Self.place(of: key, wide, probe)
      words[word(of: place)] |= 1 << (place & 63)
    }
  }

  func contains(_ key: FlowKey, _ wide: UInt64) -> Bool {
    (0..<Self.probes).allSatisfy {
      let place = Self.place(of: key, wide, $0)
      return words[word(of: place)] & 1 << (place & 63) != 0
    }
  }

  private func word(of place: UInt64) -> Int {
    Int(truncatingIfNeeded: place >> 6) & (words.count - 1)
  }

  /// Two hashes make as many as are needed (Kirsch and Mitzenmacher 2006).
  private static func place(of key: FlowKey, _ wide: UInt64, _ probe: UInt64) -> UInt64 {
    let first = hash.hash(key) ^ wide
    return first &+ probe &* ((first >> 32 | first << 32) | 1)
  }
}
