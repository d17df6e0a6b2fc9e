import Sockets
import Wire

// What the receiver says of a stream.
extension Shard {
  /// Notes an acknowledgement that came in `direction`: it speaks of the other direction's stream.
  mutating func receiveAcknowledgment(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    let stream = direction.reversed
    let acknowledged = segment.element.acknowledgment
    if !isStarted(socket, stream) {
      // Not one packet of this stream yet: the acknowledgement is the best guess of where it is,
      // and its first data corrects it.
      socket.element.positions[stream.index].next = acknowledged
      socket.element.positions[stream.index].acknowledged = acknowledged
      return
    }
    if socket.element.details != nil, segment.element.length == 0,
      segment.element.flags.isDisjoint(with: [.syn, .fin]),
      acknowledged == socket.element.positions[stream.index].acknowledged
    {
      demoteDoubts(socket, stream)
    }
    if acknowledged.isAfter(socket.element.positions[stream.index].acknowledged) {
      socket.element.positions[stream.index].acknowledged = acknowledged
    }
    if socket.element.details != nil { confirmDoubts(socket, stream) }
    let history = socket.element.histories[stream.index]
    if history.state.contains(.synKnown), acknowledged.isAfter(history.initialSequence) {
      socket.element.histories[stream.index].state.insert(.synAcknowledged)
      if socket.element.histories[direction.index].state.contains([.synKnown, .synAcknowledged]) {
        reportConnected(socket)
      }
    }
    noteFINAcknowledged(socket, stream)
  }

  /// After the FIN is reported, `next` stands behind it.
  @inline(__always)
  mutating func noteFINAcknowledged(_ socket: SocketReference, _ stream: Direction) {
    if socket.element.histories[stream.index].state.contains(.finReported),
      !socket.element.positions[stream.index].acknowledged.isBefore(
        socket.element.positions[stream.index].next)
    {
      socket.element.histories[stream.index].state.insert(.finAcknowledged)
    }
  }
}
