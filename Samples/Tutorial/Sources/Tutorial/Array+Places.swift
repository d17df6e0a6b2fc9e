extension [UInt8] {
  /// Where these bytes occur first in others.
  func firstPlace(in bytes: Span<UInt8>) -> Int? {
    guard bytes.count >= count else { return nil }
    return (0...(bytes.count - count)).first { start in
      indices.allSatisfy { bytes[start + $0] == self[$0] }
    }
  }

  /// How many of the last of `bytes` are a beginning of these, but not all of these.
  func overlap(withEndOf bytes: Span<UInt8>) -> Int {
    let most = Swift.min(bytes.count, count - 1)
    return (0...most).last { length in
      (0..<length).allSatisfy { bytes[bytes.count - length + $0] == self[$0] }
    } ?? 0
  }
}
