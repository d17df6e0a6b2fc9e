import Sockets
import Wire

/// What is done about urgent data (`--urgent`).
public enum UrgentMode: String, Hashable, Sendable, CaseIterable {
  /// It stays in the stream, as for a host with SO_OOBINLINE (RFC 6093 §3 advises it).
  case inline
  /// The urgent byte is taken out of the stream, as hosts do that were told nothing.
  case outOfBand = "oob"
}

/// The urgent byte of a stream.
struct UrgentByte: BitwiseCopyable {
  var place = SequenceNumber(0)
  /// Whether it is still to come.
  var isPending = false
  /// How many were taken out of the stream so far.
  var removed: UInt32 = 0
}

// Urgent data (RFC 9293 §3.8.5, RFC 6093). The pointer speaks of the byte before the one that it points
// to, as all hosts take it; a pointer of 0 is taken as 1, as Linux does.
extension Shard {
  mutating func noteUrgent(
    _ segment: DissectionReference, _ examined: ExaminedSegment, _ frame: RawSpan,
    _ socket: SocketReference, _ direction: Direction
  ) {
    guard segment.element.flags.contains(.urg), segment.element.length > 0 else { return }
    let index = max(Int(examined.urgentPointer), 1) &- 1
    let place = segment.element.sequence + index
    if isStarted(socket, direction), place.isBefore(socket.element.positions[direction.index].next)
    {
      return
    }
    let isInside = index < segment.element.length
    var weird = WeirdNote(isInside ? .urgent : .urgentPending, direction, length: 1)
    weird.offset = offset(of: place, segment, socket, direction)
    if index < segment.element.captured {
      weird.value = UInt64(frame.byte(at: segment.element.text.lowerBound &+ index))
    }
    note(weird, of: socket)
    guard configuration.urgent == .outOfBand, let details = details(of: socket) else { return }
    socket.element.checks.insert(.urgent)
    details.element.urgent[direction.index].place = place
    details.element.urgent[direction.index].isPending = true
  }

  private mutating func offset(
    of place: SequenceNumber, _ segment: DissectionReference, _ socket: SocketReference,
    _ direction: Direction
  ) -> UInt64 {
    let position = socket.element.positions[direction.index]
    let next = isStarted(socket, direction) ? position.next : segment.element.sequence
    let offset = position.offset &- removedUrgentBytes(socket, direction)
    return offset &+ UInt64(max(place.distance(from: next), 0))
  }

  /// How far the offsets that are reported lie behind those of the sequence numbers.
  mutating func removedUrgentBytes(_ socket: SocketReference, _ direction: Direction) -> UInt64 {
    guard socket.element.checks.contains(.urgent), let details = socket.element.details else {
      return 0
    }
    return UInt64(details.element.urgent[direction.index].removed)
  }

  /// Delivers text off the fast path: without the urgent byte, where that is not to be in the stream.
  mutating func pass(_ text: RawSpan, of socket: SocketReference, _ direction: Direction) {
    if socket.element.flags.contains(.wantsData(direction)) {
      keepInMind(text, at: socket.element.positions[direction.index].offset, socket, direction)
    }
    guard socket.element.checks.contains(.urgent), let details = socket.element.details else {
      deliver(text, of: socket, direction)
      return
    }
    let urgent = details.element.urgent[direction.index]
    let index = urgent.place.distance(from: socket.element.positions[direction.index].next)
    guard urgent.isPending, index >= 0, index < text.byteCount else {
      deliver(text, behind: urgent.removed, of: socket, direction)
      return
    }
    if index > 0 {
      deliver(text.extracting(0..<index), behind: urgent.removed, of: socket, direction)
    }
    socket.element.positions[direction.index].offset &+= 1
    socket.element.positions[direction.index].next += 1
    details.element.urgent[direction.index].isPending = false
    details.element.urgent[direction.index].removed = urgent.removed &+ 1
    if index &+ 1 < text.byteCount {
      let rest = text.extracting(droppingFirst: index &+ 1)
      deliver(rest, behind: urgent.removed &+ 1, of: socket, direction)
    }
  }
}
