import Sockets
import Wire

/// How many resets a socket has seen in the second at hand.
struct ResetRate: BitwiseCopyable {
  private var second: Int64 = .min
  private var count: UInt32 = 0

  /// Counts one; `true` when it is one too many, once a second.
  mutating func add(at second: Int64) -> Bool {
    if second != self.second {
      self.second = second
      count = 0
    }
    count &+= 1
    return count == 1001
  }
}

// Resets (RFC 9293 §3.10.7.3 and §3.10.7.4, RFC 5961 §3). One that its receiver must take ends a
// connection; but it may never have arrived, or be forged so well that only what follows tells. So the
// end is not reported before nothing follows.
extension Shard {
  private enum Acceptance {
    case taken
    /// It lies in the window, but not at its beginning: the receiver asks back (a challenge ACK).
    case challenged
    case outOfWindow
    /// It does not acknowledge the SYN that it is to be the answer to.
    case badAcknowledgment
  }

  /// The text of a reset is a diagnosis and no data (RFC 9293 §3.5.3).
  mutating func receiveReset(
    _ segment: DissectionReference, _ examined: ExaminedSegment,
    _ socket: SocketReference, _ direction: Direction
  ) {
    if let details = details(of: socket),
      details.element.resets.add(at: packet.timestamp.wholeSeconds)
    {
      note(WeirdNote(.resetStorm, direction), of: socket)
    }
    switch acceptance(of: segment, socket, direction) {
    case .taken:
      if examined.options.signature != nil, !socket.element.checks.contains(.signed) {
        note(.resetUnverifiable, segment, of: socket, direction)
      }
      take(resetOf: socket, direction)
    case .challenged: note(.resetChallenged, segment, of: socket, direction)
    case .outOfWindow: note(.resetOutOfWindow, segment, of: socket, direction)
    case .badAcknowledgment: note(.resetIgnored, segment, of: socket, direction)
    }
  }

  private mutating func take(resetOf socket: SocketReference, _ direction: Direction) {
    socket.element.checks.insert(.reset(direction))
    socket.element.flags.remove(.plain)
    if socket.element.checks.isSuperset(of: .anyReset) {
      end(socket, reason: .reset)
    } else {
      schedule(socket)
    }
  }

  /// A reset counts where the receiver would take it for certain: at the number it waits for, at the
  /// end of all that was captured of the sender, or, before the handshake is complete, when it
  /// acknowledges the SYN.
  private mutating func acceptance(
    of segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Acceptance {
    let sequence = segment.element.sequence
    if !isStarted(socket, direction) {
      guard isStarted(socket, direction.reversed) else { return .taken }
      // Refused: the SYN is acknowledged by the reset itself.
      let position = socket.element.positions[direction.reversed.index]
      let isRight =
        segment.element.flags.contains(.ack)
        && segment.element.acknowledgment.isAfter(position.acknowledged + -1)
        && !isUnseen(segment.element.acknowledgment, socket, direction.reversed)
      let isOpening = !socket.element.flags.contains(.connected)
      return isRight || !isOpening ? .taken : .badAcknowledgment
    }
    let position = socket.element.positions[direction.index]
    let history = socket.element.histories[direction.index]
    if sequence == position.next || sequence == position.acknowledged
      || sequence == sentEdge(socket, direction) || history.state.contains(.finSeen)
      || endsLeap(sequence, socket, direction)
    {
      return .taken
    }
    let isInWindow =
      socket.element.checks.contains(.edge(direction)) && sequence.isAfter(position.next)
      && !sequence.isAfter(socket.element.edges[direction.index])
    return isInWindow ? .challenged : .outOfWindow
  }

  /// Text after a reset. Its sender going on shows that there was none; what its receiver sends may
  /// have been on its way, and waits for an acknowledgement. `true` when it has to wait.
  mutating func waitsAfterReset(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) -> Bool {
    guard segment.element.length > 0 else { return false }
    let end = segment.element.sequence + segment.element.length
    if socket.element.checks.contains(.reset(direction)) {
      if end.isAfter(socket.element.lastControls[direction.index]) { reopen(socket, direction) }
      return false
    }
    receiveDoubtful(segment, .dataAfterEnd, .unlikely, frame, socket, direction)
    return true
  }

  /// The connection goes on as if there had been no reset.
  mutating func reopen(_ socket: SocketReference, _ direction: Direction) {
    socket.element.checks.subtract(.anyReset)
    note(
      WeirdNote(
        .resetInjectionSuspected, direction,
        offset: socket.element.positions[direction.index].offset),
      of: socket)
    schedule(socket)
  }
}
