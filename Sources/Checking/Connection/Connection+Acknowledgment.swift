import Sockets
import Wire

// What a segment says of the stream that comes the other way.
extension Connection {
  /// Acknowledgements that are ahead of what was seen.
  private static var claimLimit: Int { 16 }

  func judgeAcknowledgment(_ segment: Segment, _ direction: Direction) {
    let sender = direction.reversed
    // Of a stream that was never seen nothing can be said.
    guard sides[sender.index].isOpen else { return }
    let ack = sides[sender.index].offset(of: segment.view.acknowledgment)
    if sides[sender.index].hasSYN, ack < sides[sender.index].start {
      return note(.ackBeforeStart, segment, [.init("acknowledgment", ack)])
    }
    let before = sides[sender.index].acknowledged
    if ack > sides[sender.index].high {
      claim(ack, segment, sender)
    } else if let before, ack < before {
      note(.ackBack, segment, [.init("acknowledgment", ack), .init("before", before)])
    } else {
      sides[sender.index].acknowledged = ack
      sides[sender.index].holes.acknowledge(Int64.min..<ack)
    }
    judgeBlocks(segment, direction, ack)
    judgeWindow(segment, direction, ack, before)
  }

  /// The receiver says that it has what was not seen yet.
  private func claim(_ offset: Int64, _ segment: Segment, _ sender: Direction, isSACK: Bool = false)
  {
    let index = sender.index
    let claim = StreamSide.Claim(
      offset: offset, packet: segment.packet, isSACK: isSACK, seen: sides[index].high)
    if ledger.options.isInOrder { return refuse(claim, of: sender) }
    if sides[index].claims.contains(where: { $0.offset == offset && $0.isSACK == isSACK }) {
      return
    }
    if sides[index].claims.count >= Self.claimLimit {
      refuse(sides[index].claims.removeFirst(), of: sender)
    }
    sides[index].claims.append(claim)
  }

  // MARK: SACK

  /// Blocks name what lies beyond the cumulative acknowledgement (RFC 2018 §3); the first one may name
  /// what came twice (RFC 2883 §4).
  private func judgeBlocks(_ segment: Segment, _ direction: Direction, _ ack: Int64) {
    let options = segment.options
    if options.hasMalformedSACK { note(.sackMalformed, segment) }
    guard !options.blocks.isEmpty else { return }
    if isNegotiated, !sides.allSatisfy(\.permitsSACK) { note(.sackNotNegotiated, segment) }
    let sender = direction.reversed
    let blocks = options.blocks.map { block in
      let left = sides[sender.index].offset(of: SequenceNumber(block.left))
      let length = Int32(bitPattern: block.right &- block.left)
      return (left: left, right: left &+ Int64(length))
    }
    for (position, block) in blocks.enumerated() {
      let figures: [Complaint.Figure] = [
        .init("left", block.left), .init("right", block.right), .init("acknowledgment", ack),
      ]
      if block.left >= block.right {
        note(.sackMalformed, segment, figures)
      } else if position == 0, isDuplicate(blocks, ack) {
        continue
      } else if block.left < ack {
        note(.sackBelowAck, segment, figures)
      } else if block.right > sides[sender.index].high {
        claim(block.right, segment, sender, isSACK: true)
      } else {
        sides[sender.index].holes.acknowledge(block.left..<block.right)
      }
    }
  }

  /// Whether the first block is a D-SACK: at or below the acknowledgement, or inside of the second one.
  private func isDuplicate(_ blocks: [(left: Int64, right: Int64)], _ ack: Int64) -> Bool {
    let first = blocks[0]
    if first.right <= ack { return true }
    guard blocks.count > 1 else { return false }
    return blocks[1].left <= first.left && first.right <= blocks[1].right
  }

  // MARK: the window

  private func judgeWindow(
    _ segment: Segment, _ direction: Direction, _ ack: Int64, _ before: Int64?
  ) {
    let sender = direction.reversed
    if segment.view.window == 0 { note(.zeroWindow, segment) }
    noteDuplicate(segment, direction, ack, before)
    let update = sides[direction.index].offset(of: segment.view.sequence)
    let isNewer = ack >= before ?? ack && update >= sides[sender.index].lastUpdate
    // That of a SYN is not scaled (RFC 7323 §2.2).
    guard let shift = segment.opens ? 0 : windowShift(of: direction) else {
      if isNewer { sides[sender.index].lastWindow = segment.view.window }
      return
    }
    let edge = ack &+ Int64(segment.view.window) << Int64(shift)
    settleOverrun(segment, sender, ack: ack, edge: edge)
    sides[sender.index].edge = max(sides[sender.index].edge ?? edge, edge)
    guard isNewer else { return }
    // By less than a unit it moves back when the acknowledgement does not move by whole ones.
    if let announced = sides[sender.index].announced, announced - edge >= 1 << Int64(shift),
      !isOlderByClock(segment, direction), !coversFIN(ack, of: sender)
    {
      note(.windowShrunk, segment, [.init("edge", edge), .init("before", announced)])
    }
    // What a SYN announces, stacks take back: they size their buffers afterwards.
    if !segment.opens { sides[sender.index].announced = edge }
    sides[sender.index].lastUpdate = update
    sides[sender.index].lastWindow = segment.view.window
  }

  /// Whether there is nothing more to make room for.
  private func coversFIN(_ ack: Int64, of sender: Direction) -> Bool {
    sides[sender.index].fin.map { ack > $0 } ?? false
  }

  /// Whether an acknowledgement with the same numbers was sent before the last one.
  private func isOlderByClock(_ segment: Segment, _ direction: Direction) -> Bool {
    guard let value = segment.options.timestamps?.value else { return false }
    return TimestampClock.isAfter(sides[direction.index].clock.newest, value)
  }

  /// As RFC 5681 §2 has it: a host counts them.
  private func noteDuplicate(
    _ segment: Segment, _ direction: Direction, _ ack: Int64, _ before: Int64?
  ) {
    let side = sides[direction.reversed.index]
    if segment.isEmpty, ack == before, side.high > ack, side.lastWindow == segment.view.window {
      note(.duplicateAck, segment, [.init("acknowledgment", ack)])
    }
  }
}
