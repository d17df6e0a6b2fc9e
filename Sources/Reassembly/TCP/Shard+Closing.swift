import Sockets
import Wire

// How a connection closes: FIN, reset, the end (RFC 9293 §3.6, RFC 5961 §3).
extension Shard {
  /// Notes where the stream ends. `ahead` is how far the FIN stands beyond what is next in order.
  /// The first one counts.
  mutating func noteFIN(_ ahead: Int, _ socket: SocketReference, _ direction: Direction) {
    guard ahead >= 0, !socket.element.histories[direction.index].state.contains(.finSeen) else {
      return
    }
    socket.element.histories[direction.index].state.insert(.finSeen)
    socket.element.histories[direction.index].finOffset =
      socket.element.positions[direction.index].offset &+ UInt64(ahead)
  }

  /// Reports the FIN when everything before it has been delivered or given up.
  mutating func reportFIN(
    _ socket: SocketReference, _ direction: Direction
  ) {
    let history = socket.element.histories[direction.index]
    guard history.state.contains(.finSeen), !history.state.contains(.finReported),
      socket.element.positions[direction.index].offset >= history.finOffset
    else { return }
    reportConnected(socket)
    socket.element.histories[direction.index].state.insert(.finReported)
    if !history.queue.isEmpty {
      // It stands behind the end of the stream.
      note(WeirdNote(.dataAfterFIN, direction, offset: history.finOffset), of: socket)
      discardQueue(socket, direction)
    }
    // The FIN takes a sequence number.
    socket.element.positions[direction.index].next += 1
    let event: SocketEvent = direction == .out ? .cantSendMore : .cantReceiveMore
    report(event, of: socket)
    if socket.element.flags.contains(.halfClosed) {
      reportClosing(socket)
    } else {
      socket.element.flags.insert(.halfClosed)
      if direction == .in { socket.element.flags.insert(.firstFINIsIn) }
      report(.shutdown(direction), of: socket)
    }
    noteFINAcknowledged(socket, direction)
  }

  private mutating func reportClosing(
    _ socket: SocketReference
  ) {
    guard !socket.element.flags.contains(.closing) else { return }
    socket.element.flags.insert(.closing)
    report(.closing, of: socket)
  }

  /// The part of the text before the FIN; what a sender puts behind its own FIN is no stream data.
  @_lifetime(copy text)
  mutating func cutAtFIN(
    _ text: RawSpan, _ ahead: Int, _ socket: SocketReference, _ direction: Direction
  ) -> RawSpan {
    let history = socket.element.histories[direction.index]
    guard history.state.contains(.finSeen) else { return text }
    let room =
      Int(clamping: history.finOffset &- socket.element.positions[direction.index].offset) &- ahead
    guard room < text.byteCount else { return text }
    note(
      WeirdNote(
        .dataAfterFIN, direction, offset: history.finOffset,
        length: UInt64(text.byteCount &- max(room, 0))),
      of: socket)
    return text.extracting(0..<max(room, 0))
  }

  mutating func noteTextAfterFIN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    guard segment.element.length > 0 else { return }
    let end = segment.element.sequence + segment.element.length
    // Text up to the FIN's own number is a retransmission.
    if end.isAfter(socket.element.positions[direction.index].next + -1) {
      note(.dataAfterFIN, segment, of: socket, direction)
    }
  }

  /// A reset counts where the receiver would take it for certain: at the number it waits for, at the
  /// end of all that was captured of the sender, or, before the handshake is complete, when it
  /// acknowledges the SYN. Its text is a diagnosis and no data (RFC 9293 §3.5.3).
  mutating func receiveReset(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    guard acceptsReset(segment, socket, direction) else {
      note(.resetOutOfWindow, segment, of: socket, direction)
      return
    }
    end(socket, reason: .reset)
  }

  private mutating func acceptsReset(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  )
    -> Bool
  {
    let peer = socket.element.positions[direction.reversed.index]
    if !isStarted(socket, direction) {
      guard isStarted(socket, direction.reversed) else { return true }
      // Refused: the SYN is acknowledged by the reset itself.
      return segment.element.flags.contains(.ack)
        ? !segment.element.acknowledgment.isBefore(peer.acknowledged) : true
    }
    let position = socket.element.positions[direction.index]
    if segment.element.sequence == position.next { return true }
    if segment.element.sequence == position.acknowledged {
      return true
    }
    let history = socket.element.histories[direction.index]
    if history.state.contains(.finSeen) { return true }
    guard history.queue.tail != 0 else { return false }
    let queuedEnd = queue.segment(history.queue.tail).end
    return segment.element.sequence
      == position.next + Int(truncatingIfNeeded: queuedEnd &- position.offset)
  }

  /// The end of a conversation, once. The object stays for a while to absorb stragglers.
  mutating func end(
    _ socket: SocketReference, reason: DisconnectReason
  ) {
    guard !socket.element.flags.contains(.ended) else { return }
    flush(socket)
    for direction in Direction.allCases
    where socket.element.positions[direction.index].isAcknowledgedBeyond {
      giveUpAcknowledged(socket, direction)
    }
    recordPassedGaps(of: socket)
    if reason == .fin || reason == .reset {
      reportClosing(socket)
      report(.disconnecting, of: socket)
    }
    socket.element.endReason = reason
    socket.element.flags.insert(.ended)
    socket.element.flags.remove(.plain)
    report(.disconnected(reason), of: socket)
    noteEnd(of: socket)
    schedule(socket)
  }
}
