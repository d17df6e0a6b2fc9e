import Sockets
import Wire

// How a connection opens (RFC 9293 §3.5).
extension Shard {
  /// Whether a SYN belongs to another connection between the same ports than the one at hand.
  mutating func beginsAnother(_ segment: Segment, _ socket: SocketReference, _ direction: Direction)
    -> Bool
  {
    let history = socket.element.histories[direction.index]
    if history.state.contains(.synSeen) {
      // The same number again is a retransmission.
      if segment.sequence == history.initialSequence { return false }
      return !segment.flags.contains(.ack) || socket.element.flags.contains(.ended)
    }
    if socket.element.flags.contains(.ended) { return true }
    if isStarted(socket, direction) {
      // A SYN that was overtaken by the data behind it belongs to them.
      let position = socket.element.positions[direction.index]
      let first = position.next + -Int(truncatingIfNeeded: position.offset)
      return segment.sequence + 1 != first
    }
    return false
  }

  /// Whether a SYN that begins no other connection has another number than the one of this: no end
  /// takes it (RFC 9293 §3.10.7.4).
  mutating func contradictsSYN(
    _ segment: Segment, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    socket.element.histories[direction.index].state.contains(.synSeen)
      && segment.sequence != socket.element.histories[direction.index].initialSequence
  }

  /// Whether it is known where in the sequence space this stream is.
  @inline(__always)
  mutating func isStarted(_ socket: SocketReference, _ direction: Direction) -> Bool {
    socket.element.histories[direction.index].state.contains(.started)
      || socket.element.positions[direction.index].offset > 0
  }

  mutating func receiveSYN(
    _ segment: Segment, _ options: TCPOptions, _ socket: SocketReference, _ direction: Direction,
    packet: PacketInfo, to handler: any SocketHandler
  ) {
    guard !socket.element.histories[direction.index].state.contains(.synSeen) else { return }
    let isFirst = !socket.element.histories[direction.reversed.index].state.contains(.synSeen)
    socket.element.histories[direction.index].state.formUnion([.synSeen, .synKnown])
    socket.element.histories[direction.index].initialSequence = segment.sequence
    if !isStarted(socket, direction) {
      socket.element.histories[direction.index].state.insert(.started)
      socket.element.positions[direction.index].next = segment.sequence + 1
      socket.element.positions[direction.index].acknowledged = segment.sequence
    }
    readOptions(options, socket, direction)
    // The answer tells where the originator's stream begins, should its SYN not have been captured.
    let peer = direction.reversed
    if segment.flags.contains(.ack), !isStarted(socket, peer) {
      socket.element.histories[peer.index].state.formUnion([.started, .synKnown])
      socket.element.histories[peer.index].initialSequence = segment.acknowledgment + -1
      socket.element.positions[peer.index].next = segment.acknowledgment
      socket.element.positions[peer.index].acknowledged = segment.acknowledgment
    }
    if isFirst, !socket.element.flags.contains(.connected) {
      report(.connecting, of: socket, packet: packet, to: handler)
    }
  }

  private mutating func readOptions(
    _ options: TCPOptions, _ socket: SocketReference, _ direction: Direction
  ) {
    var options = options
    var offered: StreamHistory.OfferedOptions = []
    while let option = options.next() {
      switch (option.kind, option.value.byteCount) {
      case (TCPOptions.Kind.maximumSegmentSize, 2):
        offered.insert(.maximumSegmentSize)
        socket.element.histories[direction.index].maximumSegmentSize = option.value.load(
          bigEndianAt: 0)
      case (TCPOptions.Kind.windowScale, 1):
        offered.insert(.windowScale)
        // More than 14 is 14 (RFC 7323 §2.3).
        socket.element.histories[direction.index].windowScale = min(option.value.byte(at: 0), 14)
      case (TCPOptions.Kind.sackPermitted, 0): offered.insert(.sackPermitted)
      case (TCPOptions.Kind.timestamps, 8): offered.insert(.timestamps)
      default: break
      }
    }
    socket.element.histories[direction.index].options = offered
  }

  /// `connected`, once, and before anything that only an open connection has.
  mutating func reportConnected(
    _ socket: SocketReference, packet: PacketInfo, to handler: any SocketHandler
  ) {
    guard !socket.element.flags.contains(.connected) else { return }
    socket.element.flags.insert(.connected)
    report(.connected(midstream: false), of: socket, packet: packet, to: handler)
  }
}
