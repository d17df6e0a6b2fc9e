import Sockets
import Wire

// Segments that bring nothing new: retransmissions, and those that only ask whether the other end is
// still there.
extension Shard {
  /// Whether all of a segment, a FIN with it, lies before what is next in order.
  mutating func isRepetition(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    guard isStarted(socket, direction) else { return false }
    let hasFIN = segment.element.flags.contains(.fin)
    let end = segment.element.sequence + (segment.element.length &+ (hasFIN ? 1 : 0))
    let next = socket.element.positions[direction.index].next
    return !end.isAfter(next) && segment.element.sequence.isBefore(next)
  }

  mutating func noteRepetition(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    if isKeepalive(segment, socket, direction) {
      note(.keepalive, segment, of: socket, direction)
    } else {
      compare(segment, frame, socket, direction)
    }
  }

  /// The number of the last byte again, with one byte or none, when nothing is on its way.
  private mutating func isKeepalive(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    let position = socket.element.positions[direction.index]
    return segment.element.length <= 1 && segment.element.flags.isDisjoint(with: .fin)
      && segment.element.sequence + 1 == position.next && position.acknowledged == position.next
      && socket.element.flags.contains(.connected)
  }
}
