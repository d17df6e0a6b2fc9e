import Sockets
import Wire

// How a connection opens (RFC 9293 §3.5).
extension Shard {
  /// Whether a SYN belongs to another connection between the same ports than the one at hand.
  mutating func beginsAnother(_ segment: Segment, _ index: Int, _ direction: Direction) -> Bool {
    let history = sockets[index].histories[direction.index]
    if history.state.contains(.synSeen) {
      // The same number again is a retransmission.
      if segment.sequence == history.initialSequence { return false }
      return !segment.flags.contains(.ack) || sockets[index].flags.contains(.ended)
    }
    if sockets[index].flags.contains(.ended) { return true }
    if isStarted(index, direction) {
      // A SYN that was overtaken by the data behind it belongs to them.
      let position = sockets[index].positions[direction.index]
      let first = position.next + -Int(truncatingIfNeeded: position.offset)
      return segment.sequence + 1 != first
    }
    return false
  }

  /// Whether a SYN that begins no other connection has another number than the one of this: no end
  /// takes it (RFC 9293 §3.10.7.4).
  mutating func contradictsSYN(_ segment: Segment, _ index: Int, _ direction: Direction) -> Bool {
    sockets[index].histories[direction.index].state.contains(.synSeen)
      && segment.sequence != sockets[index].histories[direction.index].initialSequence
  }

  /// Whether it is known where in the sequence space this stream is.
  mutating func isStarted(_ index: Int, _ direction: Direction) -> Bool {
    sockets[index].histories[direction.index].state.contains(.started)
      || sockets[index].positions[direction.index].offset > 0
  }

  mutating func receiveSYN(
    _ segment: Segment, _ options: consuming TCPOptions, _ index: Int, _ direction: Direction,
    packet: PacketInfo, to handler: any SocketHandler
  ) {
    guard !sockets[index].histories[direction.index].state.contains(.synSeen) else { return }
    let isFirst = !sockets[index].histories[direction.reversed.index].state.contains(.synSeen)
    sockets[index].histories[direction.index].state.formUnion([.synSeen, .synKnown])
    sockets[index].histories[direction.index].initialSequence = segment.sequence
    if !isStarted(index, direction) {
      sockets[index].histories[direction.index].state.insert(.started)
      sockets[index].positions[direction.index].next = segment.sequence + 1
      sockets[index].positions[direction.index].acknowledged = segment.sequence
    }
    readOptions(options, index, direction)
    // The answer tells where the originator's stream begins, should its SYN not have been captured.
    let peer = direction.reversed
    if segment.flags.contains(.ack), !isStarted(index, peer) {
      sockets[index].histories[peer.index].state.formUnion([.started, .synKnown])
      sockets[index].histories[peer.index].initialSequence = segment.acknowledgment + -1
      sockets[index].positions[peer.index].next = segment.acknowledgment
      sockets[index].positions[peer.index].acknowledged = segment.acknowledgment
    }
    if isFirst, !sockets[index].flags.contains(.connected) {
      report(.connecting, of: index, packet: packet, to: handler)
    }
  }

  private mutating func readOptions(
    _ options: consuming TCPOptions, _ index: Int, _ direction: Direction
  ) {
    var options = options
    var offered: StreamHistory.OfferedOptions = []
    while let option = options.next() {
      switch (option.kind, option.value.byteCount) {
      case (TCPOptions.Kind.maximumSegmentSize, 2):
        offered.insert(.maximumSegmentSize)
        sockets[index].histories[direction.index].maximumSegmentSize = option.value.load(
          bigEndianAt: 0)
      case (TCPOptions.Kind.windowScale, 1):
        offered.insert(.windowScale)
        // More than 14 is 14 (RFC 7323 §2.3).
        sockets[index].histories[direction.index].windowScale = min(option.value.byte(at: 0), 14)
      case (TCPOptions.Kind.sackPermitted, 0): offered.insert(.sackPermitted)
      case (TCPOptions.Kind.timestamps, 8): offered.insert(.timestamps)
      default: break
      }
    }
    sockets[index].histories[direction.index].options = offered
  }

  /// `connected`, once, and before anything that only an open connection has.
  mutating func reportConnected(_ index: Int, packet: PacketInfo, to handler: any SocketHandler) {
    guard !sockets[index].flags.contains(.connected) else { return }
    sockets[index].flags.insert(.connected)
    report(.connected(midstream: false), of: index, packet: packet, to: handler)
  }
}
