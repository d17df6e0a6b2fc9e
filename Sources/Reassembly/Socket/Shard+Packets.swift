import Sockets
import Wire

// Packets for whoever is to write them again.
extension Shard {
  @inline(never)
  mutating func reportPacket(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction,
    isCorrupt: Bool = false
  ) {
    var packet = capturedPacket(segment, direction, isCorrupt: isCorrupt)
    if segment.element.kind.isTCP {
      describe(segment, &packet, socket, direction)
    } else {
      packet.offset = Int64(
        truncatingIfNeeded: socket.element.positions[direction.index].offset)
    }
    handler.packet(packet, of: view(socket))
  }

  /// What a packet is without its connection: no numbers.
  mutating func capturedPacket(
    _ segment: DissectionReference, _ direction: Direction, isCorrupt: Bool
  ) -> CapturedPacket {
    var packet = CapturedPacket(self.packet, direction, [])
    var traits: CapturedPacket.Traits = isCorrupt ? .isCorrupt : []
    if segment.element.kind.isTCP { traits.insert(.tcp) }
    if segment.element.kind.isWhole { traits.insert(.fragmented) }
    if segment.element.nesting.layers > 0 { traits.insert(.layered) }
    if segment.element.hasZeroLength { traits.insert(.zeroLength) }
    packet.length = UInt32(truncatingIfNeeded: segment.element.length)
    packet.captured = UInt32(truncatingIfNeeded: segment.element.captured)
    packet.networkOffset = UInt32(truncatingIfNeeded: segment.element.networkOffset)
    packet.transportOffset = UInt32(truncatingIfNeeded: segment.element.transportOffset)
    packet.headerLength = UInt8(truncatingIfNeeded: segment.element.headerLength)
    packet.traits = traits
    return packet
  }

  private mutating func describe(
    _ segment: DissectionReference, _ packet: inout CapturedPacket, _ socket: SocketReference,
    _ direction: Direction
  ) {
    packet.flags = segment.element.flags
    packet.window = segment.element.window
    let peer = direction.reversed
    let offer = socket.element.offers[peer.index]
    if offer.options.contains(.maximumSegmentSize) {
      packet.segmentSize = offer.maximumSegmentSize
    }
    if !segment.element.flags.contains(.syn) {
      packet.windowShift = socket.element.shifts[direction.index]
      if hasKnownShift(socket, direction) { packet.traits.insert(.hasKnownShift) }
      if segment.element.hasTimestamp {
        packet.traits.insert(.hasTimestamp)
        packet.timestamp = segment.element.timestamp
      }
    }
    packet.peerWindowShift = socket.element.shifts[peer.index]
    if hasKnownShift(socket, peer) {
      packet.traits.insert(.hasKnownPeerShift)
    }
    // What a stream begins with stands at its beginning.
    let isSYN = segment.element.flags.contains(.syn)
    packet.sequence = segment.element.sequence.rawValue
    if isStarted(socket, direction) {
      packet.offset = place(of: segment.element.sequence, socket, direction)
    } else {
      packet.offset = isSYN ? -1 : 0
      packet.traits.insert(.beforeText)
    }
    if segment.element.length == 0, isStarted(socket, direction),
      isUnseen(segment.element.sequence, socket, direction)
    {
      packet.traits.insert(.speaksOfUnseen)
    }
    guard segment.element.flags.contains(.ack), isStarted(socket, peer) else { return }
    packet.traits.insert(.acknowledges)
    packet.acknowledged = place(of: segment.element.acknowledgment, socket, peer)
    if isUnseen(segment.element.acknowledgment, socket, peer) {
      packet.traits.insert(.speaksOfUnseen)
    }
  }

  /// Whether it is known by how much the windows that a direction announces are scaled: from its SYN, or
  /// from the connection that the socket goes on from.
  mutating func hasKnownShift(_ socket: SocketReference, _ direction: Direction) -> Bool {
    if socket.element.histories[direction.index].state.contains(.synSeen) { return true }
    return socket.element.flags.contains(.midstream) && socket.element.shifts[direction.index] < 14
  }

  /// The offset behind all of a stream that was seen, as it is reported.
  mutating func reportedEnd(_ socket: SocketReference, _ stream: Direction) -> Int64 {
    place(of: socket.element.positions[stream.index].next, socket, stream)
  }

  /// The offset of a number in a stream, as it is reported. A FIN counts one byte.
  mutating func place(
    of number: SequenceNumber, _ socket: SocketReference, _ stream: Direction
  ) -> Int64 {
    let position = socket.element.positions[stream.index]
    var offset = position.offset &- removedUrgentBytes(socket, stream)
    if socket.element.histories[stream.index].state.contains(.finReported) { offset &+= 1 }
    return Int64(truncatingIfNeeded: offset) &+ Int64(number.distance(from: position.next))
  }

  /// What the packet at hand carries is taken by nobody.
  ///
  /// - Parameter reason: `nil` where it has no text, or repeats what was taken.
  mutating func reportRefusal(of socket: SocketReference, _ reason: UnseenReason?) {
    guard socket.element.flags.contains(.wantsPackets) else { return }
    if let reason { handler.untaken(.all, reason, packet, of: view(socket)) }
    handler.refused(packet, of: view(socket))
  }

  /// Something of the text of the packet at hand is no data of the stream.
  mutating func reportUntaken(
    _ text: UntakenText, _ reason: UnseenReason, of socket: SocketReference
  ) {
    guard socket.element.flags.contains(.wantsPackets) else { return }
    handler.untaken(text, reason, packet, of: view(socket))
  }
}
