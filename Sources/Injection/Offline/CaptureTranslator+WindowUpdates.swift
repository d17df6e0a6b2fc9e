package import Sockets

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
    // A byte that asks whether the window has opened is beyond it; more than that must not be.
    let isProbe = packet.length == 1 && packet.textStart == reach.before && count > 1
    guard end > reach.mapped, reach.mapped > .min, said[peer].highest > .min,
      packet.textEnd <= reach.before || isProbe,
      packet.traits.isSuperset(of: [.acknowledges, .hasKnownPeerShift]),
      packet.traits.isDisjoint(with: .isCorrupt), packet.flags.isDisjoint(with: [.syn, .rst])
    else { return nil }
    // The same edge in S, as far as is known now.
    let bound = max(sent[own], packet.textEnd)
    let edge = max(map(reach.before, of: own, within: bound), end)
    guard let window = window(from: said[peer].highest, to: edge, packet.peerWindowShift)
    else {
      beyondWindow &+= 1
      return nil
    }
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

  /// Whether the receiver of a direction could say that it has room for all that is on the way, when the
  /// text before an offset of S becomes longer. `true` where nothing is known of its windows.
  ///
  /// The sender is taken to have twice as much on the way as it has had so far, as it does while it finds
  /// out what the path takes (RFC 5681 §3.1), and no less than it may begin with; or all of the window.
  package func hasWindow(
    for growth: Int, before end: Int64, _ direction: Direction, shift: UInt8
  ) -> Bool {
    let peer = said[direction.reversed.index]
    guard peer.acknowledged > .min, end <= peer.reach.before else { return true }
    let onTheWay = max(end &- peer.acknowledged, 0)
    let expected = min(
      max(2 &* max(flight[direction.index], onTheWay), Self.initialWindow),
      peer.reach.before &- peer.acknowledged)
    let mappedEnd = maps[direction.index].mapped(end) &+ Int64(growth)
    return mappedEnd &+ max(expected &- onTheWay, 0) &- peer.highest <= 0xFFFF << Int64(shift)
  }

  /// What a sender may have on the way in the beginning (RFC 6928 §2).
  private static var initialWindow: Int64 { 14_600 }

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
