import Sockets
import Wire

// What the receiver says of a stream.
extension Shard {
  /// Notes an acknowledgement that came in `direction`: it speaks of the other direction's stream.
  mutating func receiveAcknowledgment(
    _ segment: Segment, _ index: Int, _ direction: Direction, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    let stream = direction.reversed
    let acknowledged = segment.acknowledgment
    if !isStarted(index, stream) {
      // Not one packet of this stream yet: the acknowledgement is the best guess of where it is,
      // and its first data corrects it.
      sockets[index].positions[stream.index].next = acknowledged
      sockets[index].positions[stream.index].acknowledged = acknowledged
      return
    }
    if acknowledged.isAfter(sockets[index].positions[stream.index].acknowledged) {
      sockets[index].positions[stream.index].acknowledged = acknowledged
    }
    let history = sockets[index].histories[stream.index]
    if history.state.contains(.synKnown), acknowledged.isAfter(history.initialSequence) {
      sockets[index].histories[stream.index].state.insert(.synAcknowledged)
      if sockets[index].histories[direction.index].state.contains([.synKnown, .synAcknowledged]) {
        reportConnected(index, packet: packet, to: handler)
      }
    }
    noteFINAcknowledged(index, stream)
  }

  /// After the FIN is reported, `next` stands behind it.
  mutating func noteFINAcknowledged(_ index: Int, _ stream: Direction) {
    if sockets[index].histories[stream.index].state.contains(.finReported),
      !sockets[index].positions[stream.index].acknowledged.isBefore(
        sockets[index].positions[stream.index].next)
    {
      sockets[index].histories[stream.index].state.insert(.finAcknowledged)
    }
  }
}
