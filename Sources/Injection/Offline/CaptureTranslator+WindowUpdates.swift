import Sockets

// Text that has become longer than there is room for.
extension CaptureTranslator {
  /// What the other end has to say before a packet goes, so that its text is not beyond the window: of
  /// what the windows before it had room for nothing was known yet. `nil` where there is room, or where
  /// the text was beyond the window in the capture, too.
  ///
  /// - Parameters:
  ///   - text: the text in its new form, where that is another one.
  ///   - start: where the packet begins in R.
  mutating func windowUpdate(
    for packet: CapturedPacket, _ text: PacketRewrite.Text?, at start: Int64
  ) -> PacketRewrite.WindowUpdate? {
    let own = packet.direction.index
    let peer = packet.direction.reversed.index
    let count = text.map { $0.runs.reduce(0) { $0 &+ $1.count } } ?? Int64(packet.length)
    let end = start &+ count
    let reach = said[peer].reach
    guard end > reach.mapped, reach.mapped > .min, packet.textEnd <= reach.before,
      packet.traits.isSuperset(of: [.acknowledges, .hasKnownPeerShift]),
      packet.traits.isDisjoint(with: .isCorrupt), packet.flags.isDisjoint(with: [.syn, .rst])
    else { return nil }
    // The same edge in S, as far as is known now.
    let bound = max(sent[own], packet.textEnd)
    let edge = max(map(reach.before, of: own, within: bound), end)
    guard let window = window(from: said[peer].highest, to: edge, packet.peerWindowShift)
    else { return nil }
    let shift = Int64(packet.peerWindowShift)
    said[peer].mapped = said[peer].highest
    said[peer].window = window
    noteEdge(
      Edge(before: reach.before, mapped: said[peer].highest &+ Int64(window) << shift), of: peer)
    return PacketRewrite.WindowUpdate(
      sequenceDistance: maps[peer].mapped(sent[peer]) &- packet.acknowledged,
      acknowledgmentDistance: said[peer].highest &- packet.offset, window: window,
      timestamp: stamps[peer], echo: stamps[own] ?? 0)
  }

  /// What stands in the header for a right edge; what does not divide is rounded up.
  private func window(from acknowledged: Int64, to edge: Int64, _ shift: UInt8) -> UInt16? {
    UInt16(exactly: (edge &- acknowledged &+ (1 << Int64(shift) &- 1)) >> Int64(shift))
  }

  /// Notes the window of a SYN, which is not scaled (RFC 7323 §2.2).
  mutating func noteReach(of packet: CapturedPacket, _ acknowledged: Int64) {
    said[packet.direction.index].reach.extend(
      to: Edge(
        before: packet.acknowledged &+ Int64(packet.window),
        mapped: acknowledged &+ Int64(packet.window)))
  }
}

extension CaptureTranslator.Edge {
  mutating func extend(to edge: Self) {
    before = max(before, edge.before)
    mapped = max(mapped, edge.mapped)
  }
}
