import Sockets
import Wire

/// Segments that no end has sent.
extension InlineConnection {
  /// An empty segment of a direction that says what its sender has said last.
  func madeSegment(_ direction: Direction) -> StreamSegment {
    let (stream, other) = (streams[direction.index], streams[direction.reversed.index])
    let speaker = speakers[direction.index]
    var made = StreamSegment(
      sequence: stream.numbering?.number(stream.acceptable) ?? SequenceNumber(0), flags: .ack)
    made.acknowledgment = other.numbering?.number(other.acknowledged) ?? SequenceNumber(0)
    made.window = other.window
    if speaker.echoesCongestion { made.flags.insert(.ece) }
    if let timestamps = speaker.timestamps {
      made.timestamps = StreamSegment.Timestamps(
        value: speaker.timestampLeft ?? timestamps.value, echo: timestamps.echo)
    }
    return made
  }

  /// An acknowledgement of a direction that its receiver has not made.
  mutating func madeAcknowledgment(of direction: Direction) -> Departure {
    var made = madeSegment(direction.reversed)
    if let newest = speakers[direction.index].timestamps { made.timestamps?.echo = newest.value }
    made.sackBlocks = withHeldBlocks([], of: direction, nil)
    return Departure(direction: direction.reversed, segment: made)
  }

  /// Asks the receiver of a direction for its window, as nothing else under way does.
  mutating func madeProbe(_ direction: Direction) -> Departure {
    var made = madeSegment(direction)
    made.sequence += -1
    return Departure(direction: direction, segment: made)
  }

  /// Acknowledges what was left out, where the receiver will never do it.
  mutating func acknowledgeRemoved(_ direction: Direction) -> [Departure] {
    guard let lacking = streams[direction.index].lackingAcknowledgment() else { return [] }
    streams[direction.index].acknowledge(removed: lacking)
    var departures = [madeAcknowledgment(of: direction)]
    if streams[direction.index].window == 0 { departures.append(madeProbe(direction)) }
    return departures
  }

  // MARK: Beyond a hole

  /// Repeats the receiver's last acknowledgement, which is how a sender learns of a hole. While the
  /// receiver lacks something before the hole as well, that has to wait: the sender would repeat the
  /// wrong bytes.
  mutating func acknowledgeBeyondHole(_ direction: Direction) -> [Departure] {
    guard streams[direction.index].isAtHole else {
      streams[direction.index].owed = min(streams[direction.index].owed + 1, 3)
      return []
    }
    return [madeAcknowledgment(of: direction)]
  }

  mutating func owedDuplicates(_ direction: Direction) -> [Departure] {
    guard streams[direction.index].owed > 0, streams[direction.index].isAtHole else { return [] }
    let count = streams[direction.index].owed
    streams[direction.index].owed = 0
    return (0..<count).map { _ in madeAcknowledgment(of: direction) }
  }

  /// Blocks of the receiver, and those of what is held beyond a hole: a duplicate first, then the newest
  /// (RFC 2018 §4, RFC 2883 §4).
  mutating func withHeldBlocks(
    _ blocks: [SACKBlock], of direction: Direction, _ heard: Heard?
  ) -> [SACKBlock] {
    let stream = streams[direction.index]
    guard permitsSACK, !stream.waiting.isEmpty, let numbering = stream.numbering else {
      return blocks
    }
    let usesTimestamps = speakers[direction.reversed.index].timestamps != nil
    let ranges = stream.waitingRanges
    let isDuplicate =
      blocks.first.map { block in
        numbering.offset(block.right, near: stream.acknowledged) <= stream.acknowledged
      } ?? false
    var all = blocks
    all.insert(contentsOf: ranges.map { stream.sackBlock(numbering, $0) }, at: isDuplicate ? 1 : 0)
    all = Array(all.prefix(usesTimestamps ? 3 : 4))
    for range in ranges where all.contains(stream.sackBlock(numbering, range)) {
      streams[direction.index].promised = max(stream.promised, range.upperBound)
    }
    return all
  }
}

extension InlineStream {
  /// Whether the receiver has all that stands before the hole, and the sender knows it.
  var isAtHole: Bool {
    !waiting.isEmpty && undecided.isEmpty && isReceived
      && acknowledged >= acknowledgment(of: received)
  }
}
