import Buffers
import Wire

/// A stretch of stream bytes that waits for a hole before it to be filled.
struct QueuedSegment: BitwiseCopyable {
  /// The stream offset of its first byte.
  var offset: UInt64
  var piece: ByteStore.Piece
  /// Index + 1 of the next one of the same stream, or of the next free node; 0 for none.
  var next: UInt32

  var end: UInt64 { offset &+ UInt64(piece.count) }
}

/// The queue of one stream.
struct SegmentList: BitwiseCopyable {
  /// Index + 1 of the first and the last segment; 0 for none.
  var head: UInt32 = 0
  var tail: UInt32 = 0

  var isEmpty: Bool { head == 0 }
}

/// The out-of-order segments of all streams of a shard: a list for each stream, sorted by offset and
/// without overlaps, in one store with one budget.
struct SegmentQueue: ~Copyable {
  private var nodes: ReservedArray<QueuedSegment>
  private var firstFree: UInt32 = 0
  private var store: ByteStore

  init(budget: Int) {
    store = ByteStore(budget: budget)
    // Each piece costs at least its overhead of 64 bytes, so there are never more nodes than this.
    nodes = ReservedArray(capacity: budget / 64 + 1)
  }

  var usedBytes: Int { store.used }
  var pieces: Int { store.pieces }

  /// What a piece weighs besides its bytes in the limit of a stream: it bounds the length of the
  /// list, in which places are looked for one after the other.
  static var pieceCost: Int { 256 }

  func segment(_ link: UInt32) -> QueuedSegment { nodes[Int(link) - 1] }

  /// Queues those bytes of a segment that are not queued yet: what came first stays (policy `first`).
  /// Returns the bytes queued, or `nil` when the budget is reached (what fitted stays queued).
  mutating func insert(_ bytes: RawSpan, at offset: UInt64, _ list: inout SegmentList) -> Int? {
    var queued = 0
    var start = offset
    let end = offset &+ UInt64(bytes.byteCount)
    var previous: UInt32 = 0
    var current = list.head
    // Behind a hole segments mostly arrive in order: then the last one is where to begin.
    if list.tail != 0, segment(list.tail).offset <= start { current = list.tail }
    while start < end {
      // Past all that ends before the new bytes; then the room up to the next segment is free.
      while current != 0, segment(current).end <= start {
        previous = current
        current = segment(current).next
      }
      let limit = current == 0 ? end : min(end, segment(current).offset)
      if start < limit {
        let range = Int(start &- offset)..<Int(limit &- offset)
        guard
          let link = add(
            bytes.extracting(range), at: start, after: previous, before: current, &list)
        else { return nil }
        queued += range.count
        previous = link
      }
      guard current != 0 else { break }
      start = max(start, segment(current).end)
    }
    return queued
  }

  /// Bytes in a list.
  func byteCount(of list: SegmentList) -> Int {
    var bytes = 0
    var link = list.head
    while link != 0 {
      bytes += segment(link).piece.count
      link = segment(link).next
    }
    return bytes
  }

  /// What a list weighs in the limit of its stream.
  func cost(of list: SegmentList) -> Int {
    var cost = 0
    var link = list.head
    while link != 0 {
      cost += segment(link).piece.count + Self.pieceCost
      link = segment(link).next
    }
    return cost
  }

  private mutating func add(
    _ bytes: RawSpan, at offset: UInt64, after previous: UInt32, before next: UInt32,
    _ list: inout SegmentList
  ) -> UInt32? {
    guard let piece = store.copy(bytes) else { return nil }
    let node = QueuedSegment(offset: offset, piece: piece, next: next)
    let link: UInt32
    if firstFree != 0 {
      link = firstFree
      firstFree = nodes[Int(link) - 1].next
      nodes[Int(link) - 1] = node
    } else {
      nodes.append(node)
      link = UInt32(nodes.count)
    }
    if previous == 0 { list.head = link } else { nodes[Int(previous) - 1].next = link }
    if next == 0 { list.tail = link }
    return link
  }

  /// Takes the first segment off a list. Its bytes are valid until it is released.
  mutating func popFirst(_ list: inout SegmentList) -> QueuedSegment? {
    guard list.head != 0 else { return nil }
    let link = list.head
    let node = segment(link)
    list.head = node.next
    if node.next == 0 { list.tail = 0 }
    nodes[Int(link) - 1].next = firstFree
    firstFree = link
    return node
  }

  /// Gives back the memory of a segment that was taken off.
  mutating func release(_ segment: QueuedSegment) { store.release(segment.piece) }
}
