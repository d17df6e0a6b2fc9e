import Sockets

/// Where a socket is: its shard, and its place there.
struct SocketPlace: Equatable, BitwiseCopyable {
  private let bits: UInt32

  /// Indices are below it.
  static let indexLimit = 1 << 26

  init(shard: Int, index: Int) {
    bits = UInt32(truncatingIfNeeded: shard << 26 | index)
  }

  /// The place of a socket that is, or was, there.
  init(_ id: SocketID) {
    self.init(
      shard: Int(id.socket >> 32) & (ReassemblyConfiguration.shardCount - 1),
      index: Int(id.socket & 0xFFFF_FFFF) & (Self.indexLimit - 1))
  }

  var shard: Int { Int(bits >> 26) }
  var index: Int { Int(bits) & (Self.indexLimit - 1) }
}

/// Where a socket is, and which packet began it.
struct SocketBirth {
  var ordinal: UInt64
  var place: SocketPlace
}

extension [SocketBirth] {
  /// Sorts by ordinal, digit by digit: a comparison sort of half a million sockets would take longer
  /// than their removal.
  mutating func sortByOrdinal() {
    let highest = reduce(0) { Swift.max($0, $1.ordinal) }
    var other = self
    var shift: UInt64 = 0
    while shift < 64, highest >> shift > 0 {
      var ends = [Int](repeating: 0, count: 1 << 11)
      for birth in self { ends[Int(birth.ordinal >> shift & 0x7FF)] += 1 }
      var sum = 0
      for digit in ends.indices {
        let count = ends[digit]
        ends[digit] = sum
        sum += count
      }
      for birth in self {
        let digit = Int(birth.ordinal >> shift & 0x7FF)
        other[ends[digit]] = birth
        ends[digit] += 1
      }
      swap(&self, &other)
      shift += 11
    }
  }
}
