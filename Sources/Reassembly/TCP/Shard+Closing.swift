import Sockets
import Wire

// How a connection closes: FIN, the end (RFC 9293 §3.6).
extension Shard {
  /// Notes where the stream ends. `ahead` is how far the FIN stands beyond what is next in order.
  /// The first one counts.
  mutating func noteFIN(_ ahead: Int, _ socket: SocketReference, _ direction: Direction) {
    let history = socket.element.histories[direction.index]
    let place = Int(truncatingIfNeeded: socket.element.positions[direction.index].offset) &+ ahead
    if history.state.contains(.finSeen) {
      if place != Int(truncatingIfNeeded: history.finOffset) {
        note(WeirdNote(.finMoved, direction, offset: UInt64(max(place, 0))), of: socket)
      }
      return
    }
    guard ahead >= 0 else { return }
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
    let end = segment.element.sequence + segment.element.length
    let fin = socket.element.positions[direction.index].next + -1
    if segment.element.flags.contains(.fin), end != fin {
      note(.finMoved, segment, of: socket, direction)
      return
    }
    guard segment.element.length > 0 else { return }
    // Text up to the FIN's own number is a retransmission.
    if end.isAfter(socket.element.positions[direction.index].next + -1) {
      note(.dataAfterFIN, segment, of: socket, direction)
    }
  }

  /// Whether both ends have closed: what was kept in doubt may have shown that only now.
  private mutating func hasClosed(_ socket: SocketReference) -> Bool {
    socket.element.histories[0].state.intersection(socket.element.histories[1].state)
      .contains(.finAcknowledged)
  }

  /// The end of a conversation, once. The object stays for a while to absorb stragglers, if it does not
  /// go as well.
  mutating func end(
    _ socket: SocketReference, reason: DisconnectReason, isGoing: Bool = false
  ) {
    guard !socket.element.flags.contains(.ended) else { return }
    let sent = (sentEdge(socket, .out), sentEdge(socket, .in))
    settleDoubts(socket)
    let reason = reason == .endOfInput && hasClosed(socket) ? .fin : reason
    flush(socket)
    for direction in Direction.allCases
    where socket.element.positions[direction.index].isAcknowledgedBeyond {
      giveUpAcknowledged(socket, direction)
    }
    if !socket.element.checks.isDisjoint(with: .anyReset) {
      // What came after a reset and was not taken was sent nevertheless.
      socket.element.positions[0].noteAcknowledged(sent.0)
      socket.element.positions[1].noteAcknowledged(sent.1)
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
    if isGoing { return }
    noteEnd(of: socket)
    schedule(socket)
  }
}
