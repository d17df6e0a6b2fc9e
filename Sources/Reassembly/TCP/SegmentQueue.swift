import Buffers
import Wire

/// A stretch of stream bytes that waits for a hole before it to be filled.
struct QueuedSegment: BitwiseCopyable {
  /// The stream offset of its first byte.
  var offset: UInt64
  var piece: ByteStore.Piece
  /// Index + 1 of the next one of the same stream, or of the next free node; 0 for none.
  var next: UInt32
  /// How much of the segment that it came with stood before it, and behind it: what is left of a
  /// segment is still judged by where that was sent.
  var lead: UInt32
  var trail: UInt32
  /// Of an express node: index + 1 of one farther on in the same list, for each of two speeds; 0 where
  /// none is known. It may have gone since.
  var skips: [2 of UInt32] = InlineArray(repeating: 0)
  /// Which list it is in; 0 in none.
  var list: UInt32

  var end: UInt64 { offset &+ UInt64(piece.count) }
  /// The segment as it was sent.
  var sentStart: UInt64 { offset &- UInt64(lead) }
  var sentEnd: UInt64 { end &+ UInt64(trail) }
}

/// What came of queueing a segment.
struct QueueInsertion {
  /// Bytes queued; `nil` when the budget is reached (what fitted stays queued).
  var bytes: Int?
  /// Whether some of its bytes were queued already.
  var overlaps = false
  /// Where it first contradicted bytes that were queued, and how many bytes differ.
  var conflict: (offset: UInt64, length: UInt64)?

  mutating func note(_ offset: UInt64, _ count: Int) {
    conflict = (conflict?.offset ?? offset, (conflict?.length ?? 0) &+ UInt64(count))
  }
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
  /// One node in sixteen is an express node, and one in 256 a fast one. Which ones, who sends segments
  /// does not know.
  private let expressKey = UInt32.random(in: .min ... .max) | 1
  private var lists: UInt32 = 0
  /// Nodes looked at, so far, to find a place.
  private(set) var steps: UInt64 = 0

  init(budget: Int) {
    store = ByteStore(budget: budget)
    // Each piece costs at least its overhead of 64 bytes, so there are never more nodes than this.
    nodes = ReservedArray(capacity: budget / 64 + 1)
  }

  var usedBytes: Int { store.used }
  /// What all lists weigh together in the limits of their streams.
  var weight: Int { store.used &+ store.pieces &* (Self.pieceCost &- ByteStore.overhead) }

  /// What a piece weighs besides its bytes in the limit of a stream: it bounds the length of the
  /// list, in which places are looked for one after the other.
  static var pieceCost: Int { 256 }

  func segment(_ link: UInt32) -> QueuedSegment { nodes[Int(link) - 1] }

  /// Queues the bytes of a segment. Where it overlaps others the policy says whose bytes stay.
  mutating func insert(
    _ bytes: RawSpan, at offset: UInt64, _ list: inout SegmentList, _ policy: TCPPolicy
  ) -> QueueInsertion {
    var result = QueueInsertion(bytes: 0)
    let end = offset &+ UInt64(bytes.byteCount)
    var previous: UInt32 = 0
    var current = list.head
    // Behind a hole segments mostly arrive in order: then the last one is where to begin, unless it
    // may be cut, for which the one before it is needed.
    if list.tail != 0, segment(list.tail).offset <= offset,
      policy.isFirst || segment(list.tail).end <= offset
    {
      current = list.tail
    } else {
      seek(offset, &previous, &current)
    }
    /// The new bytes from here on have no place yet.
    var start = offset
    var place = offset
    while place < end {
      // Past all that ends before the new bytes; then the room up to the next segment is free.
      while current != 0, segment(current).end <= place {
        previous = current
        current = segment(current).next
      }
      guard current != 0, segment(current).offset < end else { break }
      let old = segment(current)
      result.overlaps = true
      compare(bytes, at: offset, with: old, &result)
      let newWins =
        !policy.isFirst
        && policy.keepsNew(
          start: TCPPolicy.Relation(offset, to: old.sentStart),
          end: TCPPolicy.Relation(end, to: old.sentEnd))
      if newWins {
        guard cutOut(place..<end, of: current, after: &previous, &list) else {
          result.bytes = nil
          return result
        }
        current = previous == 0 ? list.head : segment(previous).next
        place = min(old.end, end)
      } else {
        if start < old.offset,
          !add(bytes, offset, start..<old.offset, &previous, before: current, &list, &result)
        {
          return result
        }
        previous = current
        current = old.next
        start = max(start, old.end)
        place = start
      }
    }
    if start < end {
      _ = add(bytes, offset, start..<end, &previous, before: current, &list, &result)
    }
    return result
  }

  /// As above, and what came first stays. Answers the bytes queued, `nil` when the budget is reached.
  mutating func insert(_ bytes: RawSpan, at offset: UInt64, _ list: inout SegmentList) -> Int? {
    insert(bytes, at: offset, &list, .first).bytes
  }

  /// Queues a part of a segment.
  private mutating func add(
    _ bytes: RawSpan, _ offset: UInt64, _ range: Range<UInt64>, _ previous: inout UInt32,
    before next: UInt32, _ list: inout SegmentList, _ result: inout QueueInsertion
  ) -> Bool {
    let lead = Int(range.lowerBound &- offset)
    let end = Int(range.upperBound &- offset)
    let part = bytes.extracting(lead..<end)
    guard
      let link = add(
        part, at: range.lowerBound, lead: lead, trail: bytes.byteCount &- end, after: previous,
        before: next, &list)
    else {
      result.bytes = nil
      return false
    }
    result.bytes = (result.bytes ?? 0) &+ part.byteCount
    previous = link
    return true
  }

  /// Looks where a segment contradicts one that is queued.
  private func compare(
    _ bytes: RawSpan, at offset: UInt64, with old: QueuedSegment, _ result: inout QueueInsertion
  ) {
    let start = max(offset, old.offset)
    let end = min(offset &+ UInt64(bytes.byteCount), old.end)
    guard start < end else { return }
    let new = bytes.extracting(Int(start &- offset)..<Int(end &- offset))
    let queued = old.piece.bytes.extracting(Int(start &- old.offset)..<Int(end &- old.offset))
    if let (first, count) = new.difference(from: queued) {
      result.note(start &+ UInt64(first), count)
    }
  }

  /// Takes a range out of a queued segment; what is left of it in front of the range and behind it
  /// stays, in pieces of their own. `false` when the budget is reached.
  private mutating func cutOut(
    _ range: Range<UInt64>, of link: UInt32, after previous: inout UInt32, _ list: inout SegmentList
  ) -> Bool {
    let old = segment(link)
    let front = Int(max(range.lowerBound, old.offset) &- old.offset)
    let back = Int(old.end &- min(range.upperBound, old.end))
    // Copies, for the memory is given back first: otherwise a full store could not exchange anything.
    let (head, tail) = (old.piece.copy(first: front), old.piece.copy(last: back))
    if previous == 0 { list.head = old.next } else { nodes[Int(previous) - 1].next = old.next }
    if old.next == 0 { list.tail = previous }
    setFree(link)
    store.release(old.piece)
    var next = old.next
    if back > 0 {
      guard
        let added = add(
          unsafe tail.span.bytes, at: old.end &- UInt64(back),
          lead: Int(old.lead) &+ old.piece.count &- back, trail: Int(old.trail), after: previous,
          before: next, &list)
      else { return false }
      next = added
    }
    if front > 0 {
      guard
        let added = add(
          unsafe head.span.bytes, at: old.offset, lead: Int(old.lead),
          trail: Int(old.trail) &+ old.piece.count &- front, after: previous, before: next, &list)
      else { return false }
      previous = added
    }
    return true
  }

  private mutating func setFree(_ link: UInt32) {
    nodes[Int(link) - 1].next = firstFree
    nodes[Int(link) - 1].list = 0
    firstFree = link
  }

  /// How many speeds of express a node has.
  private func speeds(of link: UInt32) -> Int {
    let number = (link &* expressKey) >> 24
    return number == 0 ? 2 : number < 16 ? 1 : 0
  }

  /// Goes on from the head of a list to the first segment that ends behind an offset: along the express
  /// nodes, and from the last of them one by one. Express nodes that the others do not know of, as they
  /// were added since, are made known to them on the way.
  private mutating func seek(
    _ offset: UInt64, _ previous: inout UInt32, _ current: inout UInt32
  ) {
    var passed: [2 of UInt32] = [0, 0]
    while current != 0, segment(current).end <= offset {
      steps &+= 1
      previous = current
      var next = segment(current).next
      for speed in 0..<speeds(of: current) {
        if passed[speed] != 0 { makeKnown(current, to: passed[speed], speed) }
        passed[speed] = current
        let skip = segment(current).skips[speed]
        if skip != 0, isBehind(skip, current), segment(skip).end <= offset { next = skip }
      }
      current = next
    }
  }

  /// Whether a node stands in the same list as another, behind it. Lists are sorted.
  private func isBehind(_ link: UInt32, _ other: UInt32) -> Bool {
    segment(link).list == segment(other).list && segment(link).offset > segment(other).offset
  }

  private mutating func makeKnown(_ link: UInt32, to express: UInt32, _ speed: Int) {
    let skip = segment(express).skips[speed]
    if skip == link { return }
    if skip != 0 { nodes[Int(link) &- 1].skips[speed] = skip }
    nodes[Int(express) &- 1].skips[speed] = link
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
    _ bytes: RawSpan, at offset: UInt64, lead: Int, trail: Int, after previous: UInt32,
    before next: UInt32, _ list: inout SegmentList
  ) -> UInt32? {
    guard let piece = store.copy(bytes) else { return nil }
    let node = QueuedSegment(
      offset: offset, piece: piece, next: next, lead: UInt32(truncatingIfNeeded: lead),
      trail: UInt32(truncatingIfNeeded: trail), list: number(ofListWith: previous, next))
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

  /// The number of the list that neighbours are in; another one where there are none.
  private mutating func number(ofListWith previous: UInt32, _ next: UInt32) -> UInt32 {
    if previous != 0 { return segment(previous).list }
    if next != 0 { return segment(next).list }
    lists = lists == .max ? 1 : lists &+ 1
    return lists
  }

  /// Takes the first segment off a list. Its bytes are valid until it is released.
  mutating func popFirst(_ list: inout SegmentList) -> QueuedSegment? {
    guard list.head != 0 else { return nil }
    let link = list.head
    let node = segment(link)
    list.head = node.next
    if node.next == 0 { list.tail = 0 }
    setFree(link)
    return node
  }

  /// Gives back the memory of a segment that was taken off.
  mutating func release(_ segment: QueuedSegment) { store.release(segment.piece) }
}
