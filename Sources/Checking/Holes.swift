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

    /// What lies in front of an acknowledged part, the part, and what lies behind it.
    fileprivate func parts(acknowledged part: Range<Int64>) -> [Hole] {
      [
        (range.lowerBound..<part.lowerBound, false), (part, true),
        (part.upperBound..<range.upperBound, false),
      ].filter { !$0.0.isEmpty }.map { Hole(range: $0, packet: packet, isAcknowledged: $1) }
    }
  }

  /// Whether all of a range is missing.
  func contain(_ range: Range<Int64>) -> Bool {
    all.contains { $0.range.contains(range) }
  }

  var isEmpty: Bool { all.isEmpty }
  var isFull: Bool { all.count >= Self.limit }
  /// Filling one in its middle makes two of it.
  var isOverfull: Bool { all.count > Self.limit }

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

  /// What is acknowledged piece by piece is one hole nevertheless.
  private static func append(_ part: Hole, to parts: inout [Hole]) {
    if let last = parts.last, last.isAcknowledged, part.isAcknowledged,
      last.packet == part.packet, last.range.upperBound == part.range.lowerBound
    {
      parts[parts.count - 1].range = last.range.lowerBound..<part.range.upperBound
    } else {
      parts.append(part)
    }
  }

  /// The receiver has said that it has what lies in a range.
  mutating func acknowledge(_ range: Range<Int64>) {
    guard all.contains(where: { !$0.isAcknowledged && $0.range.overlaps(range) }) else { return }
    var parts: [Hole] = []
    for hole in all {
      if hole.isAcknowledged || !hole.range.overlaps(range) {
        parts.append(hole)
      } else {
        for part in hole.parts(acknowledged: hole.range.clamped(to: range)) {
          Self.append(part, to: &parts)
        }
      }
    }
    // Where there is no room to keep them apart, the parts of a hole are taken for the whole.
    if parts.count <= Self.limit {
      all = parts
      return
    }
    for index in all.indices where all[index].range.overlaps(range) {
      all[index].isAcknowledged = true
    }
  }
}
