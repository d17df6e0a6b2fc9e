import Sockets
import Wire

// Bytes that are kept, and held against what is sent again.
extension Connection {
  /// Holds the text of a segment against earlier copies, and keeps what there was none of.
  ///
  /// - Parameter repeated: how many of its bytes were seen before.
  func compare(
    _ segment: Segment, _ direction: Direction, _ bytes: RawSpan, _ offset: Int64,
    repeated: Int64
  ) {
    let range = segment.view.text
    guard !range.isEmpty, range.upperBound <= bytes.byteCount else { return }
    makeBytes(direction, at: offset, for: segment.length)
    let comparison =
      sides[direction.index].bytes?.take(bytes.extracting(range), at: offset)
      ?? StreamBytes.Comparison()
    if let difference = comparison.difference {
      note(
        .conflictingCopy, segment,
        [.init("offset", difference), .init("length", offset &+ segment.length &- difference)])
    }
    let left = repeated - Int64(segment.view.missing) - comparison.compared
    if left > 0 { note(.notCompared, segment, [.init("offset", offset), .init("length", left)]) }
  }

  /// Sees to it that there is room to keep bytes in, as far as there may be.
  private func makeBytes(_ direction: Direction, at offset: Int64, for count: Int64) {
    let side = sides[direction.index]
    let most = max(64, ledger.options.compared)
    let wanted = min(Int64(most), max(side.high &- side.start, count))
    let capacity = side.bytes?.capacity ?? 0
    guard capacity == 0 || capacity < wanted else { return }
    var next = max(capacity * 2, 2048)
    while next < wanted { next *= 2 }
    let cost = StreamBytes.cost(ofCapacity: next) - StreamBytes.cost(ofCapacity: capacity)
    // One stream does not take the room of all others.
    guard cost <= ledger.options.streamBytes / 4 else { return }
    while ledger.room < cost { guard ledger.makeRoom(self) else { return } }
    ledger.room -= cost
    sides[direction.index].bytes =
      side.bytes?.grown(to: next) ?? StreamBytes(capacity: next, at: offset)
  }
}
