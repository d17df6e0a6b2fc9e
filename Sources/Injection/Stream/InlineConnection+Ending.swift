import Sockets
import Wire

/// How a connection ends before its time.
extension InlineConnection {
  /// Why nothing goes through any more.
  enum Ending {
    /// Silence: both ends try until their timers give up.
    case dropped
    case reset
  }

  // MARK: Resets of an end

  /// Only data towards its sender is in vain; its own is decided first.
  mutating func takeReset(
    _ segment: StreamSegment, _ direction: Direction
  ) -> [Departure] {
    streams[direction.reversed.index].giveUpHeld()
    streams[direction.index].giveUpWaiting()
    pendingResets[direction.index] = segment
    return settleReset(direction)
  }

  mutating func settleReset(_ direction: Direction) -> [Departure] {
    guard let segment = pendingResets[direction.index], streams[direction.index].undecided.isEmpty
    else {
      return []
    }
    pendingResets[direction.index] = nil
    let heard = acknowledge(segment, direction)
    var leaving = translated(segment, direction, heard)
    if let numbering = streams[direction.index].numbering {
      leaving.sequence = numbering.number(
        streams[direction.index].resetPosition(segment.sequence, numbering))
    }
    return [
      Departure(direction: direction, segment: leaving, isAsReceived: leaving == segment)
    ]
  }

  // MARK: Ends that are made here

  /// From now on nothing goes through, either way; nobody is told.
  package mutating func drop() { end(.dropped) }

  /// Resets both ends: each at the number that it acknowledged last, which is the only one at which a
  /// host takes a reset (RFC 5961 §3.2). What it has got since is on the way; then what it answers
  /// tells the number.
  package mutating func resetBoth() -> [Departure] {
    let departures = Direction.allCases.compactMap { direction -> Departure? in
      guard let numbering = streams[direction.index].numbering else { return nil }
      var made = madeSegment(direction)
      made.flags = [.rst, .ack]
      made.window = 0
      made.sequence = numbering.number(streams[direction.index].received)
      return Departure(direction: direction, segment: made)
    }
    end(.reset)
    return departures
  }

  private mutating func end(_ ending: Ending) {
    self.ending = ending
    pendingResets = [nil, nil]
    for index in streams.indices {
      streams[index].giveUpHeld()
      streams[index].log = ByteLog(start: streams[index].log.end)
    }
  }

  /// To whoever still sends, the reset is repeated at the number that it wants (RFC 9293 §3.10.7.1).
  func answer(
    _ segment: StreamSegment, _ direction: Direction, after ending: Ending
  ) -> [Departure] {
    guard ending == .reset, !segment.flags.contains(.rst) else { return [] }
    let isAnswer = segment.flags.contains(.ack)
    var made = StreamSegment(
      sequence: isAnswer ? segment.acknowledgment : SequenceNumber(0),
      flags: isAnswer ? .rst : [.rst, .ack])
    if !isAnswer { made.acknowledgment = segment.sequence + segment.length }
    if let timestamps = segment.timestamps {
      made.timestamps = .init(value: timestamps.echo, echo: timestamps.value)
    }
    return [Departure(direction: direction.reversed, segment: made)]
  }
}

extension InlineStream {
  mutating func giveUpWaiting() {
    heldBytes -= waiting.reduce(0) { $0 + $1.cost }
    waiting = []
  }

  mutating func giveUpHeld() {
    giveUpWaiting()
    undecided = []
    heldBytes = 0
  }

  /// A host takes a reset only at its RCV.NXT (RFC 5961 §3.2). One that answers a segment has the number
  /// that this acknowledged; any other the one behind what was sent.
  func resetPosition(_ sequence: SequenceNumber, _ numbering: StreamNumbering) -> Int64 {
    let offset = numbering.offset(sequence, near: sent)
    guard isAnalyzed, !isUntouched else { return offset }
    return offset == acknowledged ? received : position(offset).offset
  }
}
