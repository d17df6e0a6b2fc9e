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
  /// The number of the index of its list; 0 for none.
  var index: UInt32 = 0

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
  /// Where it first contradicted bytes that were queued, and how many bytes differ, where that is
  /// wanted.
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
  private var indexes: SegmentIndexes
  /// A list that was walked along for more steps than this gets an index, and loses it when it has
  /// become much shorter.
  private static var longWalk: Int { 32 }
  /// Nodes looked at, so far, to find a place.
  private(set) var steps: UInt64 = 0

  /// Told of looks at what lies in frames.
  private let looks: LateLooks?

  init(budget: Int, looks: LateLooks? = nil) {
    self.looks = looks
    store = ByteStore(budget: budget)
    // Each piece costs at least its overhead of 64 bytes, so there are never more nodes than this.
    nodes = ReservedArray(capacity: budget / ByteStore.overhead + 1)
    indexes = SegmentIndexes(capacity: budget / SegmentIndexes.nodeCost + 1)
  }

  var usedBytes: Int { store.used &+ store.reserved }
  /// What all lists weigh together in the limits of their streams.
  var weight: Int { store.used &+ store.pieces &* (Self.pieceCost &- ByteStore.overhead) }

  /// What a piece weighs besides its bytes in the limit of a stream: it bounds the length of the
  /// list, in which places are looked for one after the other.
  static var pieceCost: Int { 256 }

  func segment(_ link: UInt32) -> QueuedSegment { nodes[Int(link) - 1] }

  /// Queues the bytes of a segment. Where it overlaps others the policy says whose bytes stay.
  ///
  /// - Parameters:
  ///   - stays: whether the bytes stay where they are; else they are copied.
  ///   - measures: whether somebody asks in how many bytes it contradicts others. In a storm of such
  ///     nobody does, and to look at the first one saves waiting for the memory of the rest.
  mutating func insert(
    _ bytes: RawSpan, at offset: UInt64, _ list: inout SegmentList, _ policy: TCPPolicy,
    stays: Bool = false, measures: Bool = true
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
      // What will be compared may have been seen by another core only; it comes while a place is found.
      bytes.prefetch()
      seek(offset, in: list, &previous, &current)
    }
    /// The new bytes from here on have no place yet.
    var start = offset
    var place = offset
    // Where always the first or always the last bytes stay nobody asks any more where their segments
    // ended: those that new ones lie over are put together, so that a storm of such finds few of them.
    let mayJoin = policy.isFirst || policy.isLast
    var joins = false
    while place < end {
      // Past all that ends before the new bytes; then the room up to the next segment is free.
      while current != 0, segment(current).end <= place {
        previous = current
        current = segment(current).next
      }
      guard current != 0, segment(current).offset < end else { break }
      let old = segment(current)
      result.overlaps = true
      if measures || result.conflict == nil {
        prefetchBehind(old, before: end)
        compare(bytes, at: offset, with: old, measures, &result)
      }
      // Where one segment lies over another, more will, and the pages of a frame would be fetched again
      // each time: both are copied.
      if old.piece.isLent { nodes[Int(current) &- 1].piece = store.own(old.piece) }
      let newWins =
        !policy.isFirst
        && policy.keepsNew(
          start: TCPPolicy.Relation(offset, to: old.sentStart),
          end: TCPPolicy.Relation(end, to: old.sentEnd))
      if newWins, !(policy.isLast && overwrite(current, with: bytes, at: offset)) {
        guard cutOut(place..<end, of: current, after: &previous, &list) else {
          result.bytes = nil
          return result
        }
        current = previous == 0 ? list.head : segment(previous).next
        place = min(old.end, end)
      } else {
        if start < old.offset {
          let range = start..<old.offset
          guard add(bytes, offset, range, &previous, before: current, &list, joins, false, &result)
          else { return result }
          joins = mayJoin
        }
        if !joins || !join(current, to: previous, &list) { previous = current }
        joins = mayJoin
        current = old.next
        start = max(start, old.end)
        place = start
      }
    }
    if start < end {
      // What comes behind all others is seldom looked at before it goes out. In the thick of it every
      // one will be.
      let isLent = stays && current == 0 && !result.overlaps
      _ = add(bytes, offset, start..<end, &previous, before: current, &list, joins, isLent, &result)
    }
    return result
  }

  /// As above, and what came first stays. Answers the bytes queued, `nil` when the budget is reached.
  mutating func insert(_ bytes: RawSpan, at offset: UInt64, _ list: inout SegmentList) -> Int? {
    insert(bytes, at: offset, &list, .first).bytes
  }

  /// While one segment is compared the next one is fetched, and of the one behind it where it lies.
  @inline(__always)
  private func prefetchBehind(_ old: QueuedSegment, before end: UInt64) {
    guard old.end < end, old.next != 0 else { return }
    let next = segment(old.next)
    nodes.prefetch(Int(next.next) &- 1)
    if next.offset < end { next.piece.bytes.prefetch() }
  }

  /// The most bytes of a segment that others are put to, and of one that is put to another: so many
  /// may be copied for each segment that comes.
  private static var joinedCount: Int { 1 << 14 }
  private static var movedCount: Int { 1 << 12 }

  /// Puts a segment to the one before it, which ends where it begins; `false` when both are to stay.
  private mutating func join(
    _ link: UInt32, to previous: UInt32, _ list: inout SegmentList
  ) -> Bool {
    let piece = segment(link).piece
    guard piece.count <= Self.movedCount, extend(previous, by: piece.bytes) else { return false }
    takeOff(link, after: previous, &list)
    store.release(piece)
    return true
  }

  /// Puts bytes to the end of a segment; `false` when they are too many, or there is no room.
  private mutating func extend(_ link: UInt32, by bytes: RawSpan) -> Bool {
    let old = segment(link).piece
    guard old.count &+ bytes.byteCount <= Self.joinedCount,
      let piece = store.extend(old, by: bytes)
    else { return false }
    nodes[Int(link) &- 1].piece = piece
    return true
  }

  /// Queues a part of a segment, in one with what is before it where that `joins`.
  private mutating func add(
    _ bytes: RawSpan, _ offset: UInt64, _ range: Range<UInt64>, _ previous: inout UInt32,
    before next: UInt32, _ list: inout SegmentList, _ joins: Bool, _ stays: Bool,
    _ result: inout QueueInsertion
  ) -> Bool {
    let lead = Int(range.lowerBound &- offset)
    let end = Int(range.upperBound &- offset)
    let part = bytes.extracting(lead..<end)
    if joins, extend(previous, by: part) {
      result.bytes = (result.bytes ?? 0) &+ part.byteCount
      return true
    }
    guard
      let link = add(
        part, at: range.lowerBound, lead: lead, trail: bytes.byteCount &- end, after: previous,
        before: next, &list, stays: stays)
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
    _ bytes: RawSpan, at offset: UInt64, with old: QueuedSegment, _ measures: Bool,
    _ result: inout QueueInsertion
  ) {
    let start = max(offset, old.offset)
    let end = min(offset &+ UInt64(bytes.byteCount), old.end)
    guard start < end else { return }
    let new = bytes.extracting(Int(start &- offset)..<Int(end &- offset))
    if old.piece.isLent { looks?.note() }
    let queued = old.piece.bytes.extracting(Int(start &- old.offset)..<Int(end &- old.offset))
    if measures {
      if let (first, count) = new.difference(from: queued) {
        result.note(start &+ UInt64(first), count)
      }
    } else if let first = new.firstDifference(from: queued) {
      result.note(start &+ UInt64(first), 0)
    }
  }

  /// Puts new bytes in the place of those of a queued segment that they lie over; `false` where these
  /// cannot be changed.
  private mutating func overwrite(
    _ link: UInt32, with bytes: RawSpan, at offset: UInt64
  ) -> Bool {
    let old = segment(link)
    let start = max(offset, old.offset)
    let end = min(offset &+ UInt64(bytes.byteCount), old.end)
    return store.overwrite(
      old.piece, at: Int(start &- old.offset),
      with: bytes.extracting(Int(start &- offset)..<Int(end &- offset)))
  }

  /// Takes a range out of a queued segment; what is left of it in front of the range and behind it
  /// stays, in pieces of their own. `false` when the budget is reached.
  private mutating func cutOut(
    _ range: Range<UInt64>, of link: UInt32, after previous: inout UInt32, _ list: inout SegmentList
  ) -> Bool {
    let old = segment(link)
    let front = Int(max(range.lowerBound, old.offset) &- old.offset)
    let back = Int(old.end &- min(range.upperBound, old.end))
    if front == 0, back == 0 {
      takeOff(link, after: previous, &list)
      store.release(old.piece)
      return true
    }
    if front == 0 {
      shorten(link, toLast: back)
      return true
    }
    // A copy, for the memory is given back first: otherwise a full store could not exchange anything.
    let rest = old.piece.copy(last: back)
    let trail = Int(old.trail) &+ old.piece.count &- front
    nodes[Int(link) &- 1].piece = store.shorten(old.piece, toFirst: front)
    nodes[Int(link) &- 1].trail = UInt32(truncatingIfNeeded: trail)
    previous = link
    return back == 0
      || add(
        unsafe rest.span.bytes, at: old.end &- UInt64(back),
        lead: Int(old.lead) &+ old.piece.count &- back, trail: Int(old.trail), after: link,
        before: old.next, &list) != nil
  }

  /// Leaves only the last bytes of a queued segment.
  private mutating func shorten(_ link: UInt32, toLast count: Int) {
    let old = segment(link)
    let cut = old.piece.count &- count
    let offset = old.offset &+ UInt64(cut)
    if old.index != 0 { removeFromIndex(old) }
    nodes[Int(link) &- 1].piece = store.shorten(old.piece, toLast: count)
    nodes[Int(link) &- 1].lead &+= UInt32(truncatingIfNeeded: cut)
    nodes[Int(link) &- 1].offset = offset
    if old.index != 0 { addToIndex(link) }
  }

  /// Takes a segment out of its list, which is not to be read any more.
  private mutating func takeOff(
    _ link: UInt32, after previous: UInt32, _ list: inout SegmentList
  ) {
    let node = segment(link)
    if previous == 0 { list.head = node.next } else { nodes[Int(previous) &- 1].next = node.next }
    if node.next == 0 { list.tail = previous }
    nodes[Int(link) &- 1].next = firstFree
    firstFree = link
    guard node.index != 0 else { return }
    removeFromIndex(node)
    if indexes.count(node.index) < Self.longWalk / 4 { dropIndex(node.index, of: list) }
  }

  /// Goes on to the first segment of a list that ends behind an offset.
  private mutating func seek(
    _ offset: UInt64, in list: SegmentList, _ previous: inout UInt32, _ current: inout UInt32
  ) {
    if list.isEmpty { return }
    let index = segment(list.tail).index
    if index != 0 {
      let found = indexes.last(before: offset, in: index)
      // All that may be looked at, at once: one after the other they would be waited for.
      nodes.prefetch(Int(found.previous) &- 1)
      nodes.prefetch(Int(found.next) &- 1)
      // The one found may reach over the offset; the one before it ends where that one begins.
      let passed = found.link == 0 || segment(found.link).end > offset ? found.previous : found.link
      if passed != 0 { (previous, current) = (passed, segment(passed).next) }
    }
    var walked = 1
    while current != 0, segment(current).end <= offset {
      walked &+= 1
      previous = current
      current = segment(current).next
    }
    steps &+= UInt64(walked)
    if walked > Self.longWalk { makeIndex(of: list) }
  }

  /// Gives a list an index, or one around where it is now, if there is memory for it.
  @inline(never)
  private mutating func makeIndex(of list: SegmentList) {
    let old = segment(list.tail).index
    if old != 0 { indexes.release(old) }
    let mayGrow = store.budget &- usedBytes >= SegmentIndexes.nodeCost
    let index = mayGrow ? indexes.make(around: segment(list.head).offset) ?? 0 : 0
    store.reserved = indexes.bytes
    if index == 0, old == 0 { return }
    var link = list.head
    while link != 0 {
      nodes[Int(link) &- 1].index = index
      if index != 0 { addToIndex(link) }
      link = segment(link).next
    }
  }

  private mutating func dropIndex(_ index: UInt32, of list: SegmentList) {
    indexes.release(index)
    store.reserved = indexes.bytes
    var link = list.head
    while link != 0 {
      nodes[Int(link) &- 1].index = 0
      link = segment(link).next
    }
  }

  private mutating func addToIndex(_ link: UInt32) {
    let node = segment(link)
    let mayGrow = store.budget &- usedBytes >= SegmentIndexes.nodeCost
    indexes.insert(link, at: node.offset, in: node.index, mayGrow: mayGrow)
    store.reserved = indexes.bytes
  }

  private mutating func removeFromIndex(_ node: QueuedSegment) {
    indexes.remove(at: node.offset, from: node.index)
    store.reserved = indexes.bytes
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
    before next: UInt32, _ list: inout SegmentList, stays: Bool = false
  ) -> UInt32? {
    guard let piece = stays ? unsafe store.lend(bytes) : store.copy(bytes) else { return nil }
    let node = QueuedSegment(
      offset: offset, piece: piece, next: next, lead: UInt32(truncatingIfNeeded: lead),
      trail: UInt32(truncatingIfNeeded: trail), index: index(ofListWith: previous, next))
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
    if node.index != 0 { addToIndex(link) }
    return link
  }

  /// The index of the list that neighbors are in.
  private func index(ofListWith previous: UInt32, _ next: UInt32) -> UInt32 {
    if previous != 0 { return segment(previous).index }
    return next != 0 ? segment(next).index : 0
  }

  /// Takes the first segment off a list. Its bytes are valid until it is released.
  mutating func popFirst(_ list: inout SegmentList) -> QueuedSegment? {
    guard list.head != 0 else { return nil }
    let node = segment(list.head)
    if node.piece.isLent { looks?.note() }
    takeOff(list.head, after: 0, &list)
    return node
  }

  /// Lets go of all segments of a list.
  mutating func discard(_ list: inout SegmentList) {
    guard !list.isEmpty else { return }
    let index = segment(list.tail).index
    if index != 0 {
      indexes.release(index)
      store.reserved = indexes.bytes
    }
    var link = list.head
    while link != 0 {
      let node = segment(link)
      if node.next != 0 { nodes.prefetch(Int(node.next) &- 1) }
      store.release(node.piece)
      nodes[Int(link) &- 1].next = firstFree
      firstFree = link
      link = node.next
    }
    list = SegmentList()
  }

  /// Gives back the memory of a segment that was taken off.
  mutating func release(_ segment: QueuedSegment) { store.release(segment.piece) }
}
