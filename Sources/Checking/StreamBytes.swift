import Wire

/// The last bytes of a stream, to compare with what is sent again: a ring, and for each of its bytes
/// whether it has been seen.
struct StreamBytes {
  private var ring: [UInt8]
  private var known: [UInt64]
  /// The ring holds what lies in front of this offset.
  private var end: Int64

  /// What holding bytes against earlier copies came to.
  struct Comparison {
    /// Bytes of which there was an earlier copy.
    var compared: Int64 = 0
    /// The first of them that differs.
    var difference: Int64?
  }

  /// - Parameter capacity: a power of two, 64 or more.
  init(capacity: Int, at offset: Int64) {
    ring = [UInt8](repeating: 0, count: capacity)
    known = [UInt64](repeating: 0, count: capacity / 64)
    end = offset
  }

  var capacity: Int { ring.count }

  /// Bytes that a ring takes.
  static func cost(ofCapacity capacity: Int) -> Int { capacity + capacity / 8 }

  /// Compares what is known already, and keeps the rest. The first copy of a byte stays.
  mutating func take(_ text: RawSpan, at offset: Int64) -> Comparison {
    let oldEnd = end
    let textEnd = offset &+ Int64(text.byteCount)
    if textEnd > end { advance(to: textEnd) }
    let first = max(offset, end &- Int64(capacity))
    var comparison = Comparison()
    var position = first
    while position < min(textEnd, oldEnd) {
      let place = slot(position)
      let byte = text.byte(at: Int(position &- offset))
      if isKnown(place) {
        comparison.compared += 1
        if ring[place] != byte, comparison.difference == nil { comparison.difference = position }
      } else {
        ring[place] = byte
        setKnown(place)
      }
      position &+= 1
    }
    keep(text, from: max(position, first), to: textEnd, at: offset)
    return comparison
  }

  /// Keeps bytes that are behind all that was seen before.
  private mutating func keep(
    _ text: RawSpan, from start: Int64, to end: Int64, at offset: Int64
  ) {
    guard start < end else { return }
    let mask = capacity &- 1
    var place = slot(start)
    for index in Int(start &- offset)..<Int(end &- offset) {
      ring[place] = text.byte(at: index)
      place = (place &+ 1) & mask
    }
    mark(start, end, known: true)
  }

  /// The same with room for more.
  func grown(to capacity: Int) -> Self {
    var result = Self(capacity: capacity, at: end)
    for position in (end &- Int64(self.capacity))..<end where isKnown(slot(position)) {
      let place = result.slot(position)
      result.ring[place] = ring[slot(position)]
      result.setKnown(place)
    }
    return result
  }

  private mutating func advance(to newEnd: Int64) {
    if newEnd &- end >= Int64(capacity) {
      for index in known.indices { known[index] = 0 }
    } else {
      mark(end, newEnd, known: false)
    }
    end = newEnd
  }

  private func slot(_ position: Int64) -> Int {
    Int(truncatingIfNeeded: position) & (capacity &- 1)
  }

  private func isKnown(_ place: Int) -> Bool { known[place >> 6] >> UInt64(place & 63) & 1 != 0 }

  private mutating func setKnown(_ place: Int) { known[place >> 6] |= 1 << UInt64(place & 63) }

  /// Sets or clears a stretch that is no longer than the ring, a word at a time.
  private mutating func mark(_ start: Int64, _ end: Int64, known isKnown: Bool) {
    var position = start
    while position < end {
      let place = slot(position)
      let count = min(64 &- (place & 63), Int(end &- position))
      let bits = (UInt64.max >> UInt64(64 &- count)) << UInt64(place & 63)
      if isKnown { known[place >> 6] |= bits } else { known[place >> 6] &= ~bits }
      position &+= Int64(count)
    }
  }
}
