import Sockets
import Wire

// Where text and FINs stand in the stream of their sender.
extension Connection {
  /// So much later at most comes, in the capture, what had to be there before.
  private static var reordering: Int64 { 100_000_000 }
  /// Nothing that far beyond a window is followed: who did would lose what comes afterwards.
  private static var farthest: Int64 { 1 << 24 }

  func judgeSequence(_ segment: Segment, _ direction: Direction, _ bytes: RawSpan) {
    let index = direction.index
    let offset = sides[index].offset(of: segment.view.sequence) &+ (segment.opens ? 1 : 0)
    let textEnd = offset &+ segment.length
    if segment.isEmpty { return judgeEmpty(segment, direction, offset) }
    let oldStart = sides[index].start
    guard isBehindStart(segment, direction, offset..<textEnd),
      isInFrontOfFIN(segment, direction, textEnd),
      isFollowed(segment, direction, offset, textEnd)
    else { return }
    if isKeepAlive(segment, direction, offset) { return note(.keepAlive, segment) }
    let oldHigh = sides[index].high
    let oldTextHigh = sides[index].textHigh
    let isJump = offset > oldHigh
    if isJump { leaveHole(segment.packet, direction, upTo: offset) }
    // What lies in front of where the capture began is new as well.
    let repeated = max(offset, oldStart)..<max(offset, oldStart, min(textEnd, oldTextHigh))
    let filled = judgeRepetition(segment, direction, repeated)
    sides[index].high = max(oldHigh, textEnd)
    if segment.closes { takeFIN(segment, direction, textEnd) }
    settleClaims(segment, direction, jump: isJump ? offset : nil)
    compare(segment, direction, bytes, offset, repeated: Int64(repeated.count) - filled)
  }

  // MARK: segments without text

  /// They have SND.NXT for their sequence number (RFC 9293 §3.10.4).
  private func judgeEmpty(_ segment: Segment, _ direction: Direction, _ offset: Int64) {
    let side = sides[direction.index]
    if offset > side.high {
      if side.fin != nil {
        return note(.dataAfterFIN, segment, [.init("offset", offset), .init("fin", side.high - 1)])
      }
      guard isFollowed(segment, direction, offset, offset) else { return }
      leaveHole(segment.packet, direction, upTo: offset)
      return settleClaims(segment, direction, jump: offset)
    }
    guard let acknowledged = side.acknowledged else { return }
    if offset == acknowledged - 1, offset == side.high - 1 {
      note(.keepAlive, segment)
    } else if offset < acknowledged - 1, advancesAcknowledgment(segment, direction) {
      // It was sent after what its peer sent, and so after what that acknowledged.
      note(
        .sequenceBack, segment,
        [.init("offset", offset), .init("acknowledged", acknowledged)])
    }
  }

  private func advancesAcknowledgment(_ segment: Segment, _ direction: Direction) -> Bool {
    let peer = sides[direction.reversed.index]
    guard segment.acknowledges, peer.isOpen, let acknowledged = peer.acknowledged else {
      return false
    }
    let offset = peer.offset(of: segment.view.acknowledgment)
    return offset > acknowledged && offset <= peer.high
  }

  /// A byte that has been acknowledged, sent again to get an answer (RFC 9293 §3.8.4). It may be any.
  private func isKeepAlive(
    _ segment: Segment, _ direction: Direction, _ offset: Int64
  ) -> Bool {
    let side = sides[direction.index]
    return segment.length == 1 && !segment.closes && !segment.opens && side.fin == nil
      && offset == side.high - 1 && side.acknowledged == side.high
  }

  // MARK: places that no text can have

  private func isBehindStart(
    _ segment: Segment, _ direction: Direction, _ text: Range<Int64>
  ) -> Bool {
    let side = sides[direction.index]
    guard text.lowerBound < side.start else { return true }
    guard side.hasSYN else {
      // What was sent before the capture began.
      guard text.upperBound >= side.start else { return false }
      sides[direction.index].start = text.lowerBound
      return true
    }
    if text.lowerBound == side.start - 1, text.count <= 1 {
      note(.keepAlive, segment)
    } else {
      note(
        .sequenceBeforeStart, segment,
        [.init("offset", text.lowerBound), .init("length", segment.length)])
    }
    return false
  }

  private func isInFrontOfFIN(
    _ segment: Segment, _ direction: Direction, _ textEnd: Int64
  ) -> Bool {
    let side = sides[direction.index]
    guard let fin = side.fin else {
      guard segment.closes, textEnd < side.high else { return true }
      // The number of the FIN was missing, as the last one: it is the FIN.
      if side.holes.contain(textEnd..<side.high), textEnd == side.high - 1 { return true }
      note(.dataAfterFIN, segment, [.init("offset", side.high), .init("fin", textEnd)])
      return false
    }
    if textEnd > fin {
      note(.dataAfterFIN, segment, [.init("offset", textEnd), .init("fin", fin)])
      return false
    }
    if segment.closes, textEnd != fin {
      note(.finMoved, segment, [.init("offset", textEnd), .init("fin", fin)])
    }
    return true
  }

  private func takeFIN(_ segment: Segment, _ direction: Direction, _ textEnd: Int64) {
    guard sides[direction.index].fin == nil else { return }
    _ = sides[direction.index].holes.fill(textEnd..<(textEnd &+ 1))
    sides[direction.index].fin = textEnd
    sides[direction.index].high = textEnd &+ 1
  }

  // MARK: holes and repetitions

  private func leaveHole(_ packet: PacketInfo, _ direction: Direction, upTo offset: Int64) {
    let index = direction.index
    if sides[index].holes.isFull {
      settle(sides[index].holes.removeFirst(), direction)
    }
    let start = sides[index].high
    let isAcknowledged = sides[index].claims.contains { !$0.isSACK && $0.offset > start }
    sides[index].holes.append(
      Holes.Hole(range: start..<offset, packet: packet, isAcknowledged: isAcknowledged))
    sides[index].high = offset
  }

  /// What stands below the end of the stream: either it was missing, or it was sent again. Gives how
  /// many bytes were missing.
  private func judgeRepetition(
    _ segment: Segment, _ direction: Direction, _ range: Range<Int64>
  ) -> Int64 {
    let index = direction.index
    let end = sides[index].offset(of: segment.view.sequence) &+ segment.length
    let isFINAgain = segment.closes && sides[index].fin == end
    guard !range.isEmpty || isFINAgain else { return 0 }
    let figures: [Complaint.Figure] = [
      .init("offset", range.lowerBound), .init("length", Int64(range.count)),
    ]
    let filling = sides[index].holes.fill(range)
    if sides[index].holes.isOverfull { settle(sides[index].holes.removeFirst(), direction) }
    if filling.count > 0 {
      note(filling.wasAcknowledged ? .captureReordered : .outOfOrder, segment, figures)
      return filling.count
    }
    let isAcknowledged = (sides[index].acknowledged ?? .min) >= end &+ (segment.closes ? 1 : 0)
    note(isAcknowledged ? .spuriousRetransmission : .retransmission, segment, figures)
    return 0
  }

  private func compare(
    _ segment: Segment, _ direction: Direction, _ bytes: RawSpan, _ offset: Int64,
    repeated: Int64
  ) {
    let range = segment.view.text
    guard !range.isEmpty, range.upperBound <= bytes.byteCount else { return }
    makeBytes(direction, at: offset, for: segment.length)
    let comparison =
      sides[direction.index].bytes?.take(bytes.extracting(range), at: offset)
      ?? StreamBytes.Comparison()
    if let difference = comparison.difference {
      note(
        .conflictingCopy, segment,
        [.init("offset", difference), .init("length", offset &+ segment.length &- difference)])
    }
    let left = repeated - Int64(segment.view.missing) - comparison.compared
    if left > 0 { note(.notCompared, segment, [.init("offset", offset), .init("length", left)]) }
  }

  /// Sees to it that there is room to keep bytes in, as far as there may be.
  private func makeBytes(_ direction: Direction, at offset: Int64, for count: Int64) {
    let side = sides[direction.index]
    let most = max(64, ledger.options.compared)
    let wanted = min(Int64(most), max(side.high &- side.start, count))
    let capacity = side.bytes?.capacity ?? 0
    guard capacity == 0 || capacity < wanted else { return }
    var next = max(capacity * 2, 2048)
    while next < wanted { next *= 2 }
    let cost = StreamBytes.cost(ofCapacity: next) - StreamBytes.cost(ofCapacity: capacity)
    while ledger.room < cost { guard ledger.makeRoom(self) else { return } }
    ledger.room -= cost
    sides[direction.index].bytes =
      side.bytes?.grown(to: next) ?? StreamBytes(capacity: next, at: offset)
  }

  // MARK: acknowledged before it was seen

  /// - Parameter jump: where the segment begins, when it left a hole.
  private func settleClaims(_ segment: Segment, _ direction: Direction, jump: Int64?) {
    let index = direction.index
    if sides[index].claims.isEmpty { return }
    let high = sides[index].high
    var left: [StreamSide.Claim] = []
    for claim in sides[index].claims {
      if claim.offset > high {
        left.append(claim)
      } else if let jump, claim.offset <= jump {
        // The hole answers for it.
        acknowledge(upTo: claim, direction)
      } else if claim.offset == high || claim.offset == sides[index].fin,
        segment.time.since(claim.packet.timestamp) <= Self.reordering
      {
        note(.captureReordered, claim.packet, direction.reversed)
        acknowledge(upTo: claim, direction)
      } else {
        // Hosts acknowledge whole segments: that nothing ends there is no reordering.
        refuse(claim, of: direction)
      }
    }
    sides[index].claims = left
  }

  private func acknowledge(upTo claim: StreamSide.Claim, _ direction: Direction) {
    guard !claim.isSACK else { return }
    let acknowledged = sides[direction.index].acknowledged ?? claim.offset
    sides[direction.index].acknowledged = max(acknowledged, claim.offset)
    sides[direction.index].holes.acknowledge(Int64.min..<claim.offset)
  }

  func refuse(_ claim: StreamSide.Claim, of direction: Direction) {
    note(
      claim.isSACK ? .sackUnseen : .ackUnseen, claim.packet, direction.reversed,
      [.init(claim.isSACK ? "edge" : "acknowledgment", claim.offset), .init("seen", claim.seen)])
  }

  // MARK: the window

  /// Nobody sends beyond the right edge of the window (RFC 9293 §3.8.6), but for a byte to ask whether it
  /// has opened. `false` for what lies so far beyond that it is not followed.
  private func isFollowed(
    _ segment: Segment, _ direction: Direction, _ offset: Int64, _ end: Int64
  ) -> Bool {
    let index = direction.index
    guard let edge = sides[index].edge, end > edge else { return true }
    if offset == edge, segment.length == 1 {
      note(.windowProbe, segment)
      return true
    }
    let overrun = StreamSide.Overrun(offset: offset, end: end, edge: edge, packet: segment.packet)
    if sides[index].overrun == nil, !ledger.options.isInOrder, offset <= sides[index].high {
      sides[index].overrun = overrun
    } else {
      refuse(overrun, direction)
    }
    if offset - edge > Self.farthest { return false }
    // Until the next acknowledgement: all that follows is beyond it as well.
    sides[index].edge = nil
    return true
  }

  func refuse(_ overrun: StreamSide.Overrun, _ direction: Direction) {
    note(
      .beyondWindow, overrun.packet, direction,
      [
        .init("offset", overrun.offset), .init("length", overrun.end - overrun.offset),
        .init("edge", overrun.edge),
      ])
  }

  /// The next acknowledgement says what to think of text beyond the window: it opened the window, and
  /// the capture has it late; or it did not.
  func settleOverrun(_ segment: Segment, _ sender: Direction, ack: Int64, edge: Int64?) {
    guard let overrun = sides[sender.index].overrun else { return }
    sides[sender.index].overrun = nil
    if let edge, edge >= overrun.end, ack <= overrun.offset,
      segment.time.since(overrun.packet.timestamp) <= Self.reordering
    {
      note(.captureReordered, segment)
    } else {
      refuse(overrun, sender)
    }
  }
}
