import Sockets
import Wire

// Where text and FINs stand in the stream of their sender.
extension Connection {
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
    if sides[index].holes.isFull || ledger.isFullOfHoles, !sides[index].holes.isEmpty {
      settle(sides[index].holes.removeFirst(), direction)
    }
    let hole = Holes.Hole(range: sides[index].high..<offset, packet: packet)
    sides[index].high = offset
    if ledger.isFullOfHoles, sides[index].holes.isEmpty { return settle(hole, direction) }
    sides[index].holes.append(hole)
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
}
