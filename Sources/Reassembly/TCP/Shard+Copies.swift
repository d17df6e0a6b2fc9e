import Buffers
import Sockets
import Wire

// Two copies of the same bytes that are not the same. What was delivered stays as it was; that there is
// another copy is told, as nobody can know which one a receiver saw that this capture was not made at.
extension Shard {
  /// Keeps in mind what was delivered.
  @inline(__always)
  mutating func keepInMind(
    _ text: RawSpan, at offset: UInt64, headers: Int, inFrame: Bool, _ socket: SocketReference,
    _ direction: Direction
  ) {
    socket.element.lastDelivery = journal.note(
      text, at: offset, direction, headers: headers, inFrame: inFrame, of: socket.element.place,
      after: socket.element.lastDelivery)
  }

  /// Text off the fast path may lie in the segment at hand, or come out of a queue.
  mutating func keepInMind(
    _ text: RawSpan, at offset: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    if let (bytes, headers) = textAtHand, let place = bytes.offset(of: text) {
      let distance = headers > 0 ? headers &+ place : 0
      keepInMind(
        text, at: offset, headers: distance <= Int(UInt16.max) ? distance : 0, inFrame: true,
        socket, direction)
    } else {
      keepInMind(text, at: offset, headers: 0, inFrame: isTextLent, socket, direction)
    }
  }

  /// How far before the text of a segment its IP header begins, where both lie in the frame.
  @inline(__always)
  static func headers(of segment: DissectionReference) -> Int {
    let isInFrame = segment.element.kind == .tcp || segment.element.kind == .innerTCP
    return isInFrame
      ? segment.element.text.lowerBound &- segment.element.networkOffset : 0
  }

  /// Compares text that was delivered before with what it was then, as far as that is still there.
  mutating func compare(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    let text = frame.extracting(segment.element.text)
    let start = textStart(of: segment, socket, direction)
    let offset = socket.element.positions[direction.index].offset
    guard start < Int(truncatingIfNeeded: offset), text.byteCount > 0 else { return }
    // In how many bytes they differ is asked of what is written; where they do tells what it is called.
    let measures = isTold(.lateConflict, of: socket) || isTold(.overlapConflict, of: socket)
    var first: Int?
    var differing = 0
    var hopLimit: UInt8?
    let range = start..<start &+ text.byteCount
    forEachDelivery(of: socket, direction, over: range) { entry, packet in
      let begin = Int(truncatingIfNeeded: entry.offset)
      let from = max(start, begin)
      let to = min(range.upperBound, begin &+ Int(entry.count))
      let old = unsafe packet.bytes.extracting(droppingFirst: Int(entry.headers))
      let new = text.extracting((from &- start)..<(to &- start))
      let copy = old.extracting((from &- begin)..<(to &- begin))
      if let difference = new.firstDifference(from: copy) {
        first = min(first ?? .max, from &+ difference)
        if measures { differing &+= new.difference(from: copy)?.count ?? 0 }
      }
      if first != nil, hopLimit == nil, entry.headers > 0 {
        hopLimit = unsafe Self.hopLimit(packet.bytes)
      }
    }
    guard let first else { return }
    noteConflict(first, differing, segment, socket, direction)
    // What was delivered stays, whatever this copy has in its place.
    let edge = Int64(truncatingIfNeeded: offset &- removedUrgentBytes(socket, direction))
    reportUntaken(.before(edge), .conflict, of: socket)
    let headers = Self.headers(of: segment)
    guard let hopLimit, headers > 0 else { return }
    let own = Self.hopLimit(frame.extracting(droppingFirst: segment.element.networkOffset))
    if own != hopLimit {
      note(
        WeirdNote(.ttlAnomaly, direction, offset: UInt64(first), value: UInt64(own)), of: socket)
    }
  }

  private mutating func noteConflict(
    _ first: Int, _ differing: Int, _ segment: DissectionReference, _ socket: SocketReference,
    _ direction: Direction
  ) {
    let position = socket.element.positions[direction.index]
    // Beyond the start of the stream there is nothing to speak of.
    guard first >= 0 else { return }
    let hasFIN = socket.element.histories[direction.index].state.contains(.finReported)
    let unacknowledged = position.next.distance(from: position.acknowledged) &- (hasFIN ? 1 : 0)
    let acknowledged = Int(truncatingIfNeeded: position.offset) &- max(unacknowledged, 0)
    let offset = UInt64(first) &- removedUrgentBytes(socket, direction)
    note(
      WeirdNote(
        first < acknowledged ? .lateConflict : .overlapConflict, direction, offset: offset,
        length: UInt64(differing)),
      of: socket)
  }

  /// The last stretches of a direction that were delivered and lie, in part at least, in a range of the
  /// stream, the last one first: enough of them, and no more than that. They follow each other in the
  /// stream: before the first one that ends at the start of the range or earlier there is none that
  /// reaches beyond it.
  @inline(__always)
  private mutating func forEachDelivery(
    of socket: SocketReference, _ direction: Direction, over range: Range<Int>,
    _ body: (DeliveryJournal.Entry, LentBytes) -> Void
  ) {
    var number = socket.element.lastDelivery
    for _ in 0..<64 {
      guard let entry = journal.entry(number, of: socket.element.place) else { return }
      if entry.direction == direction {
        let begin = Int(truncatingIfNeeded: entry.offset)
        if begin &+ Int(entry.count) <= range.lowerBound { return }
        if begin < range.upperBound, let packet = journal.packet(of: entry) { body(entry, packet) }
      }
      number = journal.number(before: number, entry)
    }
  }

  private static func hopLimit(_ packet: RawSpan) -> UInt8 {
    packet.byteCount < 20 ? 0 : packet.byte(at: packet.byte(at: 0) >> 4 == 4 ? 8 : 7)
  }

  /// Whether the very packet was seen before, at another place of the network: a retransmission has
  /// another IP identification, or another timestamp.
  mutating func isSamePacket(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) -> Bool {
    let headers = Self.headers(of: segment)
    guard headers > 0, segment.element.captured > 0 else { return false }
    let own = frame.extracting(segment.element.networkOffset..<segment.element.end)
    let start = textStart(of: segment, socket, direction)
    var isSame = false
    forEachDelivery(of: socket, direction, over: start..<start &+ 1) { entry, packet in
      // Only what begins where it begins is looked at: the others would be waited for.
      guard Int(truncatingIfNeeded: entry.offset) == start, Int(entry.headers) == headers,
        packet.count == own.byteCount
      else { return }
      if unsafe Self.areSame(packet.bytes, own, hasTimestamp: segment.element.hasTimestamp) {
        isSame = true
      }
    }
    return isSame
  }

  /// The stream offset of the text of a segment. A SYN and a FIN take a number, and no byte.
  mutating func textStart(
    of segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Int {
    let position = socket.element.positions[direction.index]
    let hasFIN = socket.element.histories[direction.index].state.contains(.finReported)
    let ahead = segment.element.sequence.distance(from: position.next)
    return Int(truncatingIfNeeded: position.offset) &+ ahead
      &+ (segment.element.flags.contains(.syn) ? 1 : 0) &+ (hasFIN ? 1 : 0)
  }

  private static func areSame(_ first: RawSpan, _ second: RawSpan, hasTimestamp: Bool) -> Bool {
    let isIPv4 = first.byte(at: 0) >> 4 == 4
    let transport = isIPv4 ? Int(first.byte(at: 0) & 0xF) &* 4 : 40
    guard first.byteCount >= transport &+ 20, first.byte(at: 0) == second.byte(at: 0) else {
      return false
    }
    let identification: UInt16 = isIPv4 ? first.load(bigEndianAt: 4) : 0
    let other: UInt16 = isIPv4 ? second.load(bigEndianAt: 4) : 0
    guard identification == other, identification != 0 || hasTimestamp else { return false }
    for index in transport..<min(transport &+ 20, first.byteCount)
    where first.byte(at: index) != second.byte(at: index) {
      return false
    }
    return true
  }
}
