/// Where a socket is, and which packet began it.
struct SocketPlace {
  var ordinal: UInt64
  var shard: UInt32
  var index: UInt32
}

extension [SocketPlace] {
  /// Sorts by ordinal, digit by digit: a comparison sort of half a million sockets would take longer
  /// than their removal.
  mutating func sortByOrdinal() {
    let highest = reduce(0) { Swift.max($0, $1.ordinal) }
    var other = self
    var shift: UInt64 = 0
    while shift < 64, highest >> shift > 0 {
      var ends = [Int](repeating: 0, count: 1 << 11)
      for place in self { ends[Int(place.ordinal >> shift & 0x7FF)] += 1 }
      var sum = 0
      for digit in ends.indices {
        let count = ends[digit]
        ends[digit] = sum
        sum += count
      }
      for place in self {
        let digit = Int(place.ordinal >> shift & 0x7FF)
        other[ends[digit]] = place
        ends[digit] += 1
      }
      swap(&self, &other)
      shift += 11
    }
  }
}
