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
    guard let socket = found else {
      receiveFirst(
        segment, tcp, dissection, frameLength: frameLength, packet: packet, to: handler)
      return
    }
    let direction = socket.element.direction(isReversed: dissection.isReversed)
    // The fast path: an open connection, nothing queued, the next segment in order.
    if socket.element.flags.contains(.plain), segment.flags.isDisjoint(with: .control),
      segment.sequence == socket.element.positions[direction.index].next, segment.missing == 0
    {
      count(segment, of: socket, direction, frameLength, dissection.ipLength, packet, handler)
      let peer = direction.reversed
      if segment.flags.contains(.ack),
        segment.acknowledgment.isAfter(socket.element.positions[peer.index].acknowledged)
      {
        socket.element.positions[peer.index].acknowledged = segment.acknowledgment
      }
      if segment.captured > 0 {
        deliver(text, of: socket, direction, packet: packet, to: handler)
      }
      return
    }
    receiveSlowly(
      segment, tcp, socket, direction, dissection, frameLength: frameLength, packet: packet,
      to: handler)
  }

  @inline(__always)
  mutating func count(
    _ segment: Segment, of socket: SocketReference, _ direction: Direction, _ frameLength: Int,
    _ ipLength: Int,
    _ packet: PacketInfo, _ handler: any SocketHandler
  ) {
    socket.element.counters[direction.index].packets &+= 1
    socket.element.counters[direction.index].tcpFlags |= segment.flags.rawValue
    socket.element.counters[direction.index].frameBytes &+= UInt64(frameLength)
    socket.element.counters[direction.index].ipBytes &+= UInt64(ipLength)
    if packet.timestamp > socket.element.lastSeen { socket.element.lastSeen = packet.timestamp }
    if socket.element.flags.contains(.wantsPackets) {
      handler.packet(packet, of: view(socket))
    }
  }

  /// Hands bytes that are next in order to whoever wants them.
  @inline(__always)
  mutating func deliver(
    _ bytes: RawSpan, of socket: SocketReference, _ direction: Direction, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    let offset = socket.element.positions[direction.index].offset
    socket.element.positions[direction.index].offset = offset &+ UInt64(bytes.byteCount)
    socket.element.positions[direction.index].next += bytes.byteCount
    guard socket.element.flags.contains(.wantsData(direction)) else { return }
    if let interest = handler.data(
      bytes, direction, at: offset, of: view(socket), packet: packet)
    {
      setInterest(interest, of: socket)
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
    let socket = open(dissection, flags: flags, packet: packet, to: handler)
    if !isOpening {
      socket.element.flags.insert(.connected)
      report(.connected(midstream: true), of: socket, packet: packet, to: handler)
    }
    let direction = socket.element.direction(isReversed: dissection.isReversed)
    receiveSlowly(
      segment, tcp, socket, direction, dissection, frameLength: frameLength, packet: packet,
      to: handler)
  }

  /// Everything that is not simply the next segment in order.
  @inline(never)
  private mutating func receiveSlowly(
    _ segment: Segment, _ tcp: borrowing TCPSegment, _ socket: SocketReference,
    _ direction: Direction,
    _ dissection: borrowing Dissection, frameLength: Int, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    if segment.flags.contains(.syn), beginsAnother(segment, socket, direction) {
      remove(socket, reason: .superseded, packet: packet, to: handler)
      receiveFirst(
        segment, tcp, dissection, frameLength: frameLength, packet: packet, to: handler)
      return
    }
    count(segment, of: socket, direction, frameLength, dissection.ipLength, packet, handler)
    if direction == .in { socket.element.flags.insert(.answered) }
    if socket.element.flags.contains(.ended) {
      if segment.length > 0, isNew(segment, socket, direction) {
        handler.weird(.dataAfterEnd, packet: packet)
      }
      return
    }
    if segment.flags.contains(.rst) {
      receiveReset(segment, socket, direction, packet: packet, to: handler)
      return
    }
    if segment.flags.contains(.syn) {
      if contradictsSYN(segment, socket, direction) {
        handler.weird(.synInsideConnection, packet: packet)
        return
      }
      receiveSYN(segment, tcp.options, socket, direction, packet: packet, to: handler)
    }
    if segment.flags.contains(.ack) {
      receiveAcknowledgment(segment, socket, direction, packet: packet, to: handler)
    }
    receiveText(segment, tcp.payload, socket, direction, packet: packet, to: handler)
    if socket.element.flags.contains(.waiting) {
      skipAcknowledgedHoles(socket, packet: packet, to: handler)
    }
    settle(socket, packet: packet, to: handler)
  }

  /// Whether any of the text lies ahead of what was delivered.
  private mutating func isNew(_ segment: Segment, _ socket: SocketReference, _ direction: Direction)
    -> Bool
  {
    (segment.sequence + segment.length).isAfter(socket.element.positions[direction.index].next)
  }

  /// After a segment on the slow path: did the connection end, and may the next one be fast?
  private mutating func settle(
    _ socket: SocketReference, packet: PacketInfo, to handler: any SocketHandler
  ) {
    let out = socket.element.histories[Direction.out.index].state
    let `in` = socket.element.histories[Direction.in.index].state
    if out.intersection(`in`).contains(.finAcknowledged) {
      end(socket, reason: .fin, packet: packet, to: handler)
      return
    }
    let isQueueEmpty =
      socket.element.histories[Direction.out.index].queue.isEmpty
      && socket.element.histories[Direction.in.index].queue.isEmpty
    let isOpen = !out.union(`in`).contains(.finSeen)
    if isQueueEmpty && (isOpen || out.isFINSettled && `in`.isFINSettled) {
      socket.element.flags.remove(.waiting)
    }
    if isQueueEmpty && isOpen && socket.element.flags.contains(.connected) {
      socket.element.flags.insert(.plain)
    } else {
      socket.element.flags.remove(.plain)
    }
  }
}
