import Sockets
import Wire

// What a segment says of the stream that comes the other way.
extension Connection {
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
}
