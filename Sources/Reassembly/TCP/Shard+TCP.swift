import Sockets
import Wire

extension Shard {
  /// Takes a TCP segment: `bytes` are the captured ones of the IP payload.
  @inline(__always)
  mutating func receiveTCP(
    _ bytes: RawSpan, _ dissection: borrowing Dissection, frameLength: Int, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    guard let tcp = try? TCPSegment(validating: bytes) else {
      counts.malformedPackets += 1
      handler.weird(.malformedTCP, packet: packet)
      return
    }
    let text = tcp.payload
    let segment = Segment(
      sequence: tcp.sequence, acknowledgment: tcp.acknowledgment, flags: tcp.flags,
      captured: text.byteCount, missing: dissection.missing)
    let found = find(dissection)
    if configuration.checksums != .none,
      !acceptsChecksum(of: tcp, dissection, socket: found, packet: packet, handler)
    {
      return
    }
    guard let index = found else {
      receiveFirst(
        segment, tcp, dissection, frameLength: frameLength, packet: packet, to: handler)
      return
    }
    let direction = sockets[index].direction(isReversed: dissection.isReversed)
    // The fast path: an open connection, nothing queued, the next segment in order.
    if sockets[index].flags.contains(.plain), segment.flags.isDisjoint(with: .control),
      segment.sequence == sockets[index].positions[direction.index].next, segment.missing == 0
    {
      count(segment, of: index, direction, frameLength, dissection.ipLength, packet, handler)
      let peer = direction.reversed
      if segment.flags.contains(.ack),
        segment.acknowledgment.isAfter(sockets[index].positions[peer.index].acknowledged)
      {
        sockets[index].positions[peer.index].acknowledged = segment.acknowledgment
      }
      if segment.captured > 0 {
        deliver(text, of: index, direction, packet: packet, to: handler)
      }
      return
    }
    receiveSlowly(
      segment, tcp, index, direction, dissection, frameLength: frameLength, packet: packet,
      to: handler)
  }

  @inline(__always)
  mutating func count(
    _ segment: Segment, of index: Int, _ direction: Direction, _ frameLength: Int, _ ipLength: Int,
    _ packet: PacketInfo, _ handler: any SocketHandler
  ) {
    sockets[index].counters[direction.index].packets &+= 1
    sockets[index].counters[direction.index].tcpFlags |= segment.flags.rawValue
    sockets[index].counters[direction.index].frameBytes &+= UInt64(frameLength)
    sockets[index].counters[direction.index].ipBytes &+= UInt64(ipLength)
    if packet.timestamp > sockets[index].lastSeen { sockets[index].lastSeen = packet.timestamp }
    if sockets[index].flags.contains(.wantsPackets) {
      handler.packet(packet, of: view(index))
    }
  }

  /// Hands bytes that are next in order to whoever wants them.
  @inline(__always)
  mutating func deliver(
    _ bytes: RawSpan, of index: Int, _ direction: Direction, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    let offset = sockets[index].positions[direction.index].offset
    sockets[index].positions[direction.index].offset = offset &+ UInt64(bytes.byteCount)
    sockets[index].positions[direction.index].next += bytes.byteCount
    guard sockets[index].flags.contains(.wantsData(direction)) else { return }
    if let interest = handler.data(
      bytes, direction, at: offset, of: view(index), packet: packet)
    {
      setInterest(interest, of: index)
    }
  }

  /// The first segment of a conversation that is not in the table.
  @inline(never)
  private mutating func receiveFirst(
    _ segment: Segment, _ tcp: borrowing TCPSegment, _ dissection: borrowing Dissection,
    frameLength: Int, packet: PacketInfo, to handler: any SocketHandler
  ) {
    var flags: SocketFlags = []
    let isOpening = segment.flags.contains(.syn)
    if !isOpening {
      guard configuration.midstream else {
        handler.weird(.midstreamIgnored, packet: packet)
        return
      }
      flags.insert(.midstream)
    }
    // A SYN with ACK is an answer: who it goes to began the connection.
    let isAnswer = isOpening && segment.flags.contains(.ack)
    if dissection.isReversed != isAnswer { flags.insert(.originatorIsSecond) }
    let index = open(dissection, flags: flags, packet: packet, to: handler)
    if !isOpening {
      sockets[index].flags.insert(.connected)
      report(.connected(midstream: true), of: index, packet: packet, to: handler)
    }
    let direction = sockets[index].direction(isReversed: dissection.isReversed)
    receiveSlowly(
      segment, tcp, index, direction, dissection, frameLength: frameLength, packet: packet,
      to: handler)
  }

  /// Everything that is not simply the next segment in order.
  @inline(never)
  private mutating func receiveSlowly(
    _ segment: Segment, _ tcp: borrowing TCPSegment, _ index: Int, _ direction: Direction,
    _ dissection: borrowing Dissection, frameLength: Int, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    if segment.flags.contains(.syn), beginsAnother(segment, index, direction) {
      remove(index, reason: .superseded, packet: packet, to: handler)
      receiveFirst(
        segment, tcp, dissection, frameLength: frameLength, packet: packet, to: handler)
      return
    }
    count(segment, of: index, direction, frameLength, dissection.ipLength, packet, handler)
    if direction == .in { sockets[index].flags.insert(.answered) }
    if sockets[index].flags.contains(.ended) {
      if segment.length > 0, isNew(segment, index, direction) {
        handler.weird(.dataAfterEnd, packet: packet)
      }
      return
    }
    if segment.flags.contains(.rst) {
      receiveReset(segment, index, direction, packet: packet, to: handler)
      return
    }
    if segment.flags.contains(.syn) {
      if contradictsSYN(segment, index, direction) {
        handler.weird(.synInsideConnection, packet: packet)
        return
      }
      receiveSYN(segment, tcp.options, index, direction, packet: packet, to: handler)
    }
    if segment.flags.contains(.ack) {
      receiveAcknowledgment(segment, index, direction, packet: packet, to: handler)
    }
    receiveText(segment, tcp.payload, index, direction, packet: packet, to: handler)
    skipAcknowledgedHoles(index, packet: packet, to: handler)
    settle(index, packet: packet, to: handler)
  }

  /// Whether any of the text lies ahead of what was delivered.
  private mutating func isNew(_ segment: Segment, _ index: Int, _ direction: Direction) -> Bool {
    (segment.sequence + segment.length).isAfter(sockets[index].positions[direction.index].next)
  }

  /// After a segment on the slow path: did the connection end, and may the next one be fast?
  private mutating func settle(
    _ index: Int, packet: PacketInfo, to handler: any SocketHandler
  ) {
    let out = sockets[index].histories[Direction.out.index]
    let `in` = sockets[index].histories[Direction.in.index]
    if out.state.contains(.finAcknowledged) && `in`.state.contains(.finAcknowledged) {
      end(index, reason: .fin, packet: packet, to: handler)
      return
    }
    let isPlain =
      sockets[index].flags.contains(.connected) && out.queue.isEmpty && `in`.queue.isEmpty
      && !out.state.contains(.finSeen) && !`in`.state.contains(.finSeen)
    if isPlain {
      sockets[index].flags.insert(.plain)
    } else {
      sockets[index].flags.remove(.plain)
    }
  }
}
