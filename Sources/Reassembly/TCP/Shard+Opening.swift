import Sockets
import Wire

// How a connection opens (RFC 9293 §3.5).
extension Shard {
  /// Whether a SYN belongs to another connection between the same ports than the one at hand.
  mutating func beginsAnother(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  )
    -> Bool
  {
    let history = socket.element.histories[direction.index]
    if history.state.contains(.synSeen) {
      let isAnswer = segment.element.flags.contains(.ack)
      // The same number again is a retransmission.
      if segment.element.sequence == history.initialSequence { return false }
      return socket.element.flags.contains(.ended) || !isAnswer
    }
    if socket.element.flags.contains(.ended) { return true }
    if isStarted(socket, direction) {
      // A SYN that was overtaken by the data behind it belongs to them.
      let position = socket.element.positions[direction.index]
      let first = position.next + -Int(truncatingIfNeeded: position.offset)
      return segment.element.sequence + 1 != first
    }
    return false
  }

  /// Whether a SYN that begins no other connection has another number than the one of this: no end
  /// takes it (RFC 9293 §3.10.7.4).
  mutating func contradictsSYN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    guard socket.element.histories[direction.index].state.contains(.synSeen) else { return false }
    return segment.element.sequence != socket.element.histories[direction.index].initialSequence
  }

  /// Whether it is known where in the sequence space this stream is.
  @inline(__always)
  mutating func isStarted(_ socket: SocketReference, _ direction: Direction) -> Bool {
    socket.element.histories[direction.index].state.contains(.started)
      || socket.element.positions[direction.index].offset > 0
  }

  mutating func receiveSYN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    guard !socket.element.histories[direction.index].state.contains(.synSeen) else { return }
    let isFirst = !socket.element.histories[direction.reversed.index].state.contains(.synSeen)
    socket.element.histories[direction.index].state.formUnion([.synSeen, .synKnown])
    socket.element.histories[direction.index].initialSequence = segment.element.sequence
    if !isStarted(socket, direction) {
      socket.element.histories[direction.index].state.insert(.started)
      socket.element.positions[direction.index].next = segment.element.sequence + 1
      socket.element.positions[direction.index].acknowledged = segment.element.sequence
    }
    socket.element.histories[direction.index].offer = segment.element.offer
    // The answer tells where the originator's stream begins, should its SYN not have been captured.
    let peer = direction.reversed
    if segment.element.flags.contains(.ack), !isStarted(socket, peer) {
      socket.element.histories[peer.index].state.formUnion([.started, .synKnown])
      socket.element.histories[peer.index].initialSequence = segment.element.acknowledgment + -1
      socket.element.positions[peer.index].next = segment.element.acknowledgment
      socket.element.positions[peer.index].acknowledged = segment.element.acknowledgment
    }
    if isFirst, !socket.element.flags.contains(.connected) {
      report(.connecting, of: socket)
    }
  }

  /// `connected`, once, and before anything that only an open connection has.
  mutating func reportConnected(
    _ socket: SocketReference
  ) {
    guard !socket.element.flags.contains(.connected) else { return }
    socket.element.flags.insert(.connected)
    report(.connected(midstream: false), of: socket)
  }
}
