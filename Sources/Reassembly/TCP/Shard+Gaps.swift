import Sockets
import Wire

// Holes that will not be filled become gaps, on evidence: the receiver acknowledged past them, a
// budget was reached, the connection ended.
extension Shard {
  /// Packets of the socket that may still bring what the receiver has acknowledged: captures that
  /// are merged from several queues show an acknowledgement before the data it speaks of.
  private static var patience: UInt16 { 8 }

  mutating func skipAcknowledgedHoles(
    _ index: Int, packet: PacketInfo, to handler: any SocketHandler
  ) {
    skipAcknowledgedHole(index, .out, packet: packet, to: handler)
    skipAcknowledgedHole(index, .in, packet: packet, to: handler)
  }

  private mutating func skipAcknowledgedHole(
    _ index: Int, _ direction: Direction, packet: PacketInfo, to handler: any SocketHandler
  ) {
    guard let edge = acknowledgedHoleEdge(index, direction) else {
      sockets[index].histories[direction.index].packetsSinceSkipped = 0
      return
    }
    sockets[index].histories[direction.index].packetsSinceSkipped &+= 1
    guard sockets[index].histories[direction.index].packetsSinceSkipped > Self.patience else {
      return
    }
    giveUp(until: edge, index, direction, packet: packet, to: handler)
    sockets[index].histories[direction.index].packetsSinceSkipped = 0
  }

  /// Where the first hole ends, if the receiver has acknowledged all of it.
  private mutating func acknowledgedHoleEdge(_ index: Int, _ direction: Direction) -> UInt64? {
    let list = sockets[index].histories[direction.index].queue
    let state = sockets[index].histories[direction.index].state
    let edge: UInt64
    if !list.isEmpty {
      edge = queue.segment(list.head).offset
    } else if state.contains(.finSeen), !state.contains(.finReported) {
      edge = sockets[index].histories[direction.index].finOffset
    } else {
      return nil
    }
    let position = sockets[index].positions[direction.index]
    let reach = position.acknowledged.distance(from: position.next)
    guard reach > 0, position.offset &+ UInt64(reach) >= edge else { return nil }
    return edge
  }

  mutating func giveUpFirstHole(
    _ index: Int, _ direction: Direction, packet: PacketInfo, to handler: any SocketHandler
  ) {
    let list = sockets[index].histories[direction.index].queue
    guard !list.isEmpty else { return }
    giveUp(
      until: queue.segment(list.head).offset, index, direction, packet: packet, to: handler)
  }

  /// Turns what is missing before `end` into gaps, delivers what is queued in between and behind.
  mutating func giveUp(
    until end: UInt64, _ index: Int, _ direction: Direction, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    deliverQueued(index, direction, packet: packet, to: handler)
    // Nothing is missing behind the FIN.
    let history = sockets[index].histories[direction.index]
    let end = history.state.contains(.finSeen) ? min(end, history.finOffset) : end
    while sockets[index].positions[direction.index].offset < end {
      let offset = sockets[index].positions[direction.index].offset
      let list = sockets[index].histories[direction.index].queue
      let edge = list.isEmpty ? end : min(end, queue.segment(list.head).offset)
      let length = edge &- offset
      reportConnected(index, packet: packet, to: handler)
      sockets[index].histories[direction.index].gaps &+= 1
      sockets[index].histories[direction.index].gapBytes &+= length
      skip(to: edge, index, direction)
      report(
        .gap(direction, offset: offset, length: length), of: index, packet: packet, to: handler)
      deliverQueued(index, direction, packet: packet, to: handler)
    }
    reportFIN(index, direction, packet: packet, to: handler)
  }

  /// Moves a stream on without delivering.
  mutating func skip(to end: UInt64, _ index: Int, _ direction: Direction) {
    let offset = sockets[index].positions[direction.index].offset
    guard end > offset else { return }
    sockets[index].positions[direction.index].offset = end
    sockets[index].positions[direction.index].next += Int(truncatingIfNeeded: end &- offset)
  }

  /// At the end of a connection: all that is queued goes out, the holes between it as gaps.
  mutating func flush(
    _ index: Int, packet: PacketInfo, to handler: any SocketHandler
  ) {
    while !sockets[index].histories[Direction.out.index].queue.isEmpty {
      giveUpFirstHole(index, .out, packet: packet, to: handler)
    }
    while !sockets[index].histories[Direction.in.index].queue.isEmpty {
      giveUpFirstHole(index, .in, packet: packet, to: handler)
    }
  }
}
