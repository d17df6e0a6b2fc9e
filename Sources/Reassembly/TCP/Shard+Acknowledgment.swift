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
      sockets[index][stream].next = acknowledged
      sockets[index][stream].acknowledged = acknowledged
      return
    }
    if acknowledged.isAfter(sockets[index][stream].acknowledged) {
      sockets[index][stream].acknowledged = acknowledged
    }
    let history = sockets[index][history: stream]
    if history.state.contains(.synSeen), acknowledged.isAfter(history.initialSequence) {
      sockets[index][history: stream].state.insert(.synAcknowledged)
      if sockets[index][history: direction].state.contains([.synSeen, .synAcknowledged]) {
        reportConnected(index, packet: packet, to: handler)
      }
    }
    noteFINAcknowledged(index, stream)
  }

  /// After the FIN is reported, `next` stands behind it.
  func noteFINAcknowledged(_ index: Int, _ stream: Direction) {
    if sockets[index][history: stream].state.contains(.finReported),
      !sockets[index][stream].acknowledged.isBefore(sockets[index][stream].next)
    {
      sockets[index][history: stream].state.insert(.finAcknowledged)
    }
  }
}
