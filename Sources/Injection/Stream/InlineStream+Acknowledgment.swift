import Wire

extension InlineStream {
  /// What the receiver says, as the sender is to hear it.
  struct Heard {
    var acknowledgment: SequenceNumber
    var window: UInt16
    var blocks: [SACKBlock]
    /// Whether the sender did not know it yet.
    var isNews = false
    /// Whether it would look like a sign of loss to the sender and is none: the receiver has got bytes
    /// that the sender knows nothing of.
    var isFalseDuplicate = false
  }

  /// Takes what a segment of the receiver says.
  ///
  /// - Parameter takesBlocks: whether both ends have agreed on SACK.
  mutating func acknowledge(_ segment: StreamSegment, takesBlocks: Bool) -> Heard {
    var heard = Heard(
      acknowledgment: segment.acknowledgment, window: segment.window, blocks: segment.sackBlocks)
    guard let numbering else { return heard }
    let offset = numbering.offset(segment.acknowledgment, near: received)
    let edge = scale.map { offset &+ Int64(segment.window) << Int64($0) } ?? Self.farthest
    let isPossible = !isAnalyzed || offset <= next
    let hasAdvanced = isPossible && offset > received
    let told = acknowledgment(of: offset)
    let hadEdge = self.edge
    if !map.isIdentity {
      heard.acknowledgment = numbering.number(told)
      heard.window = mappedWindow(segment.window, edge, told: told)
      heard.blocks =
        takesBlocks ? mappedBlocks(segment.sackBlocks, acknowledgment: offset, numbering) : []
    } else if isPossible {
      self.edge = max(self.edge, edge)
    }
    guard isPossible else { return heard }
    countDuplicates(segment, offset, hasAdvanced: hasAdvanced)
    reach = max(reach, edge)
    let isNewer = told > acknowledged
    let isBare = segment.isPureAcknowledgment && offset >= received
    heard.isNews =
      isNewer || self.edge > hadEdge || (!heard.blocks.isEmpty && heard.blocks != blocks)
    let isReport =
      heard.blocks.isEmpty && reportsDuplicate(segment.sackBlocks, offset, numbering)
    heard.isFalseDuplicate =
      isBare && !heard.isNews && (hasAdvanced || isReport) && !map.isIdentity
    acknowledged = max(acknowledged, told)
    blocks = heard.blocks
    if offset >= received { window = heard.window }
    if hasAdvanced {
      received = offset
      forget()
    }
    return heard
  }

  private mutating func countDuplicates(
    _ segment: StreamSegment, _ offset: Int64, hasAdvanced: Bool
  ) {
    if hasAdvanced {
      duplicates = 0
    } else if offset == received, segment.isPureAcknowledgment, received < left {
      duplicates += 1
    }
  }

  /// Lets go of what the receiver has. The map remembers some of that: blocks and copies that come late
  /// are still understood.
  private mutating func forget() {
    log.drop(before: min(received, log.end))
    if map.count > 64 || map.contentBytes > 1 << 16 { map.forget(before: acknowledged) }
  }

  /// How far the sender is to be told that the receiver is.
  func acknowledgment(of offset: Int64) -> Int64 {
    if map.isIdentity { return offset }
    if let end, hasEndLeft, offset > log.end { return end &+ (offset &- log.end) }
    return min(map.acknowledged(offset), released)
  }

  /// The right edge is mapped; one that the sender was given is never taken back.
  private mutating func mappedWindow(_ window: UInt16, _ edge: Int64, told: Int64) -> UInt16 {
    guard let scale else { return window }
    let mapped = max(map.acknowledged(edge), told)
    let units = UInt16(clamping: (mapped &- told) >> Int64(scale))
    let reached = told &+ Int64(units) << Int64(scale)
    if reached >= self.edge {
      self.edge = reached
      return units
    }
    let unit = Int64(1) << Int64(scale)
    return UInt16(clamping: (max(self.edge &- told, 0) &+ unit &- 1) / unit)
  }

  /// Blocks as far as the sender has sent what they hold; of what was put in on the way it knows nothing.
  private func mappedBlocks(
    _ blocks: [SACKBlock], acknowledgment: Int64, _ numbering: StreamNumbering
  ) -> [SACKBlock] {
    blocks.compactMap { block in
      let start = numbering.offset(block.left, near: acknowledgment)
      let upper = numbering.offset(block.right, near: acknowledgment)
      guard start < upper, upper <= next, start >= map.mapped(max(map.floor, begin)) else {
        return nil
      }
      let held = start < log.end ? map.acknowledged(start..<min(upper, log.end)) : nil
      guard upper > log.end, let end else {
        return held.map { sackBlock(numbering, $0) }
      }
      return sackBlock(numbering, (held?.lowerBound ?? end)..<end &+ 1)
    }
  }

  /// Whether the first block is of bytes that came twice (RFC 2883 §4).
  private func reportsDuplicate(
    _ blocks: [SACKBlock], _ acknowledgment: Int64, _ numbering: StreamNumbering
  ) -> Bool {
    guard let first = blocks.first else { return false }
    let start = numbering.offset(first.left, near: acknowledgment)
    let upper = numbering.offset(first.right, near: acknowledgment)
    if start < acknowledgment { return true }
    return blocks.count > 1
      && numbering.offset(blocks[1].left, near: start) <= start
      && numbering.offset(blocks[1].right, near: start) >= upper
  }

  func sackBlock(_ numbering: StreamNumbering, _ range: Range<Int64>) -> SACKBlock {
    SACKBlock(left: numbering.number(range.lowerBound), right: numbering.number(range.upperBound))
  }

  /// Acknowledges what was left out, with the window that the receiver has now.
  mutating func acknowledge(removed offset: Int64) {
    acknowledged = max(acknowledged, offset)
    window = mappedWindow(window, reach, told: acknowledged)
  }

  /// What has to be acknowledged for the receiver, which has nothing more to get from which it would.
  /// What the sender has sent beyond a hole, or is not decided, does not count: it may be long until
  /// that is on its way, or the sender may wait for this to send it again.
  func lackingAcknowledgment() -> Int64? {
    guard isAnalyzed, !map.isIdentity, isReceived,
      let lacking = map.lackingAcknowledgment(received: received, sent: released),
      lacking > acknowledged
    else { return nil }
    return lacking
  }
}
