import Sockets

/// What is missing in a stream, in its order.
struct Holes {
  private(set) var all: [Hole] = []
  /// More in one direction are not kept apart from each other.
  static var limit: Int { 256 }

  struct Hole {
    var range: Range<Int64>
    /// The packet that left it.
    var packet: PacketInfo
    /// Whether the receiver has said that it has its bytes.
    var isAcknowledged = false
  }

  var isEmpty: Bool { all.isEmpty }
  var isFull: Bool { all.count >= Self.limit }

  mutating func append(_ hole: Hole) { all.append(hole) }

  mutating func removeFirst() -> Hole { all.removeFirst() }

  /// What of a range was missing until now.
  struct Filling {
    var count: Int64 = 0
    /// Whether the receiver had acknowledged some of it.
    var wasAcknowledged = false
  }

  mutating func fill(_ range: Range<Int64>) -> Filling {
    var filling = Filling()
    if all.isEmpty || range.isEmpty { return filling }
    guard all.contains(where: { $0.range.overlaps(range) }) else { return filling }
    var left: [Hole] = []
    for hole in all {
      guard hole.range.overlaps(range) else {
        left.append(hole)
        continue
      }
      let filled = hole.range.clamped(to: range)
      filling.count += Int64(filled.count)
      if hole.isAcknowledged { filling.wasAcknowledged = true }
      for rest in [
        hole.range.lowerBound..<filled.lowerBound, filled.upperBound..<hole.range.upperBound,
      ] where !rest.isEmpty {
        var part = hole
        part.range = rest
        left.append(part)
      }
    }
    all = left
    return filling
  }

  /// The receiver has said that it has what lies in a range.
  mutating func acknowledge(_ range: Range<Int64>) {
    for index in all.indices where all[index].range.overlaps(range) {
      all[index].isAcknowledged = true
    }
  }
}
