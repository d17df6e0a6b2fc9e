extension RawSpan {
  /// Where two stretches of the same length differ first, and in how many bytes; `nil` when they are
  /// the same. Whole stretches are counted at once, so that a storm of such is no burden.
  func difference(from other: RawSpan) -> (first: Int, count: Int)? {
    precondition(byteCount == other.byteCount)
    return unsafe withUnsafeBytes { bytes in
      unsafe other.withUnsafeBytes { others in
        var count = 0
        for index in 0..<bytes.count {
          count &+= unsafe bytes[index] == others[index] ? 0 : 1
        }
        if count == 0 { return nil }
        var first = 0
        while unsafe bytes[first] == others[first] { first &+= 1 }
        return (first, count)
      }
    }
  }
}
