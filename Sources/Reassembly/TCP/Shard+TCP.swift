import Sockets
import Wire

extension Shard {
  /// Takes a TCP segment, whose text lies in `frame`.
  @inline(__always)
  mutating func receiveTCP(_ segment: DissectionReference, in frame: RawSpan) {
    let found = find(segment)
    if configuration.checksums != .none, !acceptsChecksum(segment, of: found) {
      countRefused(segment, of: found)
      return
    }
    guard let socket = found else {
      receiveFirst(segment, frame)
      return
    }
    let direction = socket.element.direction(isReversed: segment.element.isReversed)
    // The fast path: an open connection, nothing queued, the next segment in order.
    if socket.element.flags.contains(.plain), segment.element.flags.isDisjoint(with: .control),
      segment.element.sequence == socket.element.positions[direction.index].next,
      segment.element.isOrdinary
    {
      count(segment, of: socket, direction)
      let peer = direction.reversed
      if segment.element.flags.contains(.ack),
        segment.element.acknowledgment.isAfter(socket.element.positions[peer.index].acknowledged)
      {
        socket.element.positions[peer.index].acknowledged = segment.element.acknowledgment
      }
      if segment.element.captured > 0 {
        if socket.element.lacking[direction.index].contains(.data) {
          recordFirst(.data, of: socket, direction)
        }
        deliver(frame.extracting(segment.element.text), of: socket, direction)
      } else if socket.element.lacking[direction.index].contains(.acknowledgment),
        segment.element.flags.contains(.ack)
      {
        recordFirst(.acknowledgment, of: socket, direction)
      }
      return
    }
    receiveSlowly(segment, frame, socket, direction)
  }

  @inline(__always)
  mutating func count(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction
  ) {
    socket.element.tcpFlags[direction.index] |= segment.element.flags.rawValue
    if packet.timestamp > socket.element.lastSeen { socket.element.lastSeen = packet.timestamp }
    countPacket(segment, of: socket, direction)
    if socket.element.flags.contains(.wantsPackets) { reportPacket(segment, of: socket, direction) }
  }

  /// Counts what came over the wire, whether or not anybody would have taken it.
  @inline(__always)
  mutating func countPacket(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction
  ) {
    socket.element.packets[direction.index] &+= 1
    socket.element.traffic.add(
      frame: segment.element.frameLength, ip: segment.element.ipLength, direction)
  }

  @inline(never)
  private mutating func reportPacket(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction
  ) {
    let length = segment.element.length
    var end = length
    // The text of a stream that has not begun is its beginning, and so is that of a SYN.
    if segment.element.kind.isTCP, isStarted(socket, direction),
      !segment.element.flags.contains(.syn)
    {
      let position = socket.element.positions[direction.index]
      end = Int(truncatingIfNeeded: position.offset)
      end &+= segment.element.sequence.distance(from: position.next) &+ length
    } else if !segment.element.kind.isTCP {
      end &+= Int(truncatingIfNeeded: socket.element.positions[direction.index].offset)
    }
    handler.packet(
      packet, direction, textEnd: UInt64(max(end, 0)), hasText: length > 0, of: view(socket))
  }

  /// Hands bytes that are next in order to whoever wants them.
  @inline(__always)
  mutating func deliver(
    _ bytes: RawSpan, of socket: SocketReference, _ direction: Direction
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
  private mutating func receiveFirst(_ segment: DissectionReference, _ frame: RawSpan) {
    var flags: SocketFlags = []
    let isOpening = segment.element.flags.contains(.syn)
    if !isOpening {
      guard configuration.midstream else {
        noteStray(.midstreamIgnored)
        return
      }
      flags.insert(.midstream)
    }
    // A SYN with ACK is an answer: who it goes to began the connection.
    let isAnswer = segment.element.flags.isSuperset(of: [.syn, .ack])
    if segment.element.isReversed != isAnswer { flags.insert(.originatorIsSecond) }
    let socket = open(segment, flags: flags)
    if isAnswer { socket.element.record(.flipped, .out) }
    if !isOpening {
      socket.element.flags.insert(.connected)
      report(.connected(midstream: true), of: socket)
    }
    let direction = socket.element.direction(isReversed: segment.element.isReversed)
    receiveSlowly(segment, frame, socket, direction)
  }

  /// Everything that is not simply the next segment in order.
  @inline(never)
  private mutating func receiveSlowly(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    if segment.element.flags.contains(.syn), beginsAnother(segment, socket, direction) {
      remove(socket, reason: .superseded)
      receiveFirst(segment, frame)
      return
    }
    record(segment, of: socket, direction)
    count(segment, of: socket, direction)
    if direction == .in { socket.element.flags.insert(.answered) }
    if socket.element.flags.contains(.ended) {
      if segment.element.length > 0, isNew(segment, socket, direction) {
        note(.dataAfterEnd, segment, of: socket, direction)
        // It was sent, and is counted as that, though nobody took it.
        socket.element.positions[direction.index].acknowledged =
          segment.element.sequence + segment.element.length
      }
      return
    }
    if segment.element.flags.contains(.rst) {
      receiveReset(segment, socket, direction)
      return
    }
    if segment.element.flags.contains(.syn) {
      if contradictsSYN(segment, socket, direction) {
        note(.synInEstablished, segment, of: socket, direction)
        return
      }
      receiveSYN(segment, socket, direction)
    }
    if segment.element.flags.contains(.ack) {
      receiveAcknowledgment(segment, socket, direction)
    }
    if segment.element.length > 0 || segment.element.flags.contains(.fin)
      || !isStarted(socket, direction)
    {
      receiveText(segment, frame, socket, direction)
    }
    if socket.element.flags.contains(.waiting) {
      skipAcknowledgedHoles(socket)
    }
    settle(socket)
  }

  /// Whether any of the text lies ahead of what was delivered.
  private mutating func isNew(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  )
    -> Bool
  {
    (segment.element.sequence + segment.element.length).isAfter(
      socket.element.positions[direction.index].next)
  }

  /// After a segment on the slow path: did the connection end, and may the next one be fast?
  mutating func settle(
    _ socket: SocketReference
  ) {
    let out = socket.element.histories[Direction.out.index].state
    let `in` = socket.element.histories[Direction.in.index].state
    if out.intersection(`in`).contains(.finAcknowledged) {
      end(socket, reason: .fin)
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
