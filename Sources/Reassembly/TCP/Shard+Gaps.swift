import Sockets
import Wire

// Holes that will not be filled become gaps, on evidence: the receiver acknowledged past them, a
// budget was reached, the connection ended.
extension Shard {
  /// Packets of the socket that may still bring what the receiver has acknowledged: captures that
  /// are merged from several queues show an acknowledgement before the data it speaks of.
  private static var patience: UInt8 { 8 }

  mutating func skipAcknowledgedHoles(
    _ socket: SocketReference
  ) {
    skipAcknowledgedHole(socket, .out)
    skipAcknowledgedHole(socket, .in)
  }

  private mutating func skipAcknowledgedHole(
    _ socket: SocketReference, _ direction: Direction
  ) {
    guard let edge = acknowledgedHoleEdge(socket, direction) else {
      socket.element.histories[direction.index].packetsSinceSkipped = 0
      return
    }
    socket.element.histories[direction.index].packetsSinceSkipped &+= 1
    guard
      socket.element.histories[direction.index].packetsSinceSkipped > Self.patience
        || isHopeless(socket, direction)
    else { return }
    passGap(until: edge, socket, direction)
    socket.element.histories[direction.index].packetsSinceSkipped = 0
  }

  /// Whether the receiver has acknowledged so much that is missing that it soon could not be told any
  /// more what lies before and what behind. No queue of packets is as long.
  private mutating func isHopeless(_ socket: SocketReference, _ direction: Direction) -> Bool {
    let position = socket.element.positions[direction.index]
    return position.acknowledged.distance(from: position.next) > 1 << 29
  }

  /// Where the first hole ends, if the receiver has acknowledged all of it.
  private mutating func acknowledgedHoleEdge(_ socket: SocketReference, _ direction: Direction)
    -> UInt64?
  {
    // This lies in the socket; what is queued may have to be waited for.
    let position = socket.element.positions[direction.index]
    let reach = position.acknowledged.distance(from: position.next)
    guard reach > 0 else { return nil }
    let list = socket.element.histories[direction.index].queue
    let state = socket.element.histories[direction.index].state
    let edge: UInt64
    if !list.isEmpty {
      edge = queue.segment(list.head).offset
    } else if state.contains(.finSeen), !state.contains(.finReported) {
      edge = socket.element.histories[direction.index].finOffset
    } else {
      return nil
    }
    return position.offset &+ UInt64(reach) >= edge ? edge : nil
  }

  mutating func giveUpFirstHole(
    _ socket: SocketReference, _ direction: Direction
  ) {
    let list = socket.element.histories[direction.index].queue
    guard !list.isEmpty else { return }
    giveUp(
      until: queue.segment(list.head).offset, socket, direction)
  }

  /// Gives up the first hole, as what waits for it takes too much room elsewhere.
  mutating func giveUpHoleForRoom(
    _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    guard !socket.element.flags.contains(.free),
      !socket.element.histories[direction.index].queue.isEmpty
    else { return false }
    note(WeirdNote(.spoolBudgetReached, direction), of: socket)
    giveUpFirstHole(socket, direction)
    settle(socket)
    return true
  }

  /// Turns what is missing before `end` into gaps, delivers what is queued in between and behind.
  mutating func giveUp(
    until end: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    deliverQueued(socket, direction)
    // Nothing is missing behind the FIN.
    let history = socket.element.histories[direction.index]
    let end = history.state.contains(.finSeen) ? min(end, history.finOffset) : end
    while socket.element.positions[direction.index].offset < end {
      // Where no receiver is seen to acknowledge anything, that its sender went on has to do.
      if hasDoubts(socket), socket.element.packets[direction.reversed.index] == 0,
        takeDoubts(before: end, .unlikely, socket, direction)
      {
        continue
      }
      let offset = socket.element.positions[direction.index].offset
      let list = socket.element.histories[direction.index].queue
      let edge = list.isEmpty ? end : min(end, queue.segment(list.head).offset)
      let length = edge &- offset
      reportConnected(socket)
      socket.element.histories[direction.index].gaps &+= 1
      socket.element.histories[direction.index].gapBytes &+= length
      recordGap(of: socket, direction)
      skip(to: edge, socket, direction)
      let place = offset &- removedUrgentBytes(socket, direction)
      report(.gap(direction, offset: place, length: length), of: socket)
      deliverQueued(socket, direction)
    }
    reportFIN(socket, direction)
  }

  /// Counts a hole that is passed over as a gap, and lets go of what is queued behind it. Where it
  /// was, nothing tells any more, but `unseenBytes` how much may yet come.
  mutating func passHole(
    until start: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    let position = socket.element.positions[direction.index]
    let list = socket.element.histories[direction.index].queue
    let length = start &- position.offset
    let missing = length &- min(length, UInt64(queue.byteCount(of: list)))
    // What the receiver has acknowledged will not come again.
    let isAllAcknowledged = !position.acknowledged.isBefore(position.next)
    if !list.isEmpty {
      discardQueue(socket, direction)
    } else if isAllAcknowledged {
      socket.element.histories[direction.index].unseenBytes = 0
    }
    guard missing > 0 else { return }
    socket.element.histories[direction.index].gaps &+= 1
    socket.element.histories[direction.index].gapBytes &+= missing
    let unseen = UInt64(socket.element.histories[direction.index].unseenBytes) &+ missing
    socket.element.histories[direction.index].unseenBytes = UInt32(clamping: unseen)
  }

  /// Takes text behind what was passed over: what the receiver has not acknowledged may be missing.
  mutating func fillHoles(
    _ segment: DissectionReference, _ length: Int, _ socket: SocketReference, _ direction: Direction
  ) {
    let position = socket.element.positions[direction.index]
    let unseen = socket.element.histories[direction.index].unseenBytes
    guard unseen > 0, socket.element.histories[direction.index].queue.isEmpty,
      !segment.element.sequence.isBefore(position.acknowledged)
    else { return }
    let filled = min(unseen, UInt32(clamping: length))
    socket.element.histories[direction.index].unseenBytes = unseen &- filled
    socket.element.histories[direction.index].gapBytes &-= UInt64(filled)
    if socket.element.histories[direction.index].gapBytes == 0 {
      socket.element.histories[direction.index].gaps = 0
    }
  }

  /// Moves a stream on without delivering.
  mutating func skip(to end: UInt64, _ socket: SocketReference, _ direction: Direction) {
    let offset = socket.element.positions[direction.index].offset
    guard end > offset else { return }
    socket.element.positions[direction.index].offset = end
    socket.element.positions[direction.index].next += Int(truncatingIfNeeded: end &- offset)
  }

  /// At the end of a connection, with nothing queued any more: what the receiver acknowledged and
  /// nobody has seen is a gap.
  mutating func giveUpAcknowledged(_ socket: SocketReference, _ direction: Direction) {
    let history = socket.element.histories[direction.index]
    let position = socket.element.positions[direction.index]
    let reach = position.acknowledged.distance(from: position.next)
    guard reach > 0, history.state.contains(.started), !history.state.contains(.finReported),
      !socket.element.flags.contains(.udp)
    else { return }
    var end = position.offset &+ UInt64(reach)
    if history.state.contains(.finSeen) { end = min(end, history.finOffset) }
    if end <= position.offset { return }
    if socket.element.flags.contains(.wantsData(direction)) {
      giveUp(until: end, socket, direction)
    } else {
      // Of a stream that nobody looks at no holes were kept.
      passHole(until: end, socket, direction)
      skip(to: end, socket, direction)
      reportFIN(socket, direction)
    }
  }

  /// At the end of a connection: all that is queued goes out, the holes between it as gaps.
  mutating func flush(
    _ socket: SocketReference
  ) {
    while !socket.element.histories[Direction.out.index].queue.isEmpty {
      giveUpFirstHole(socket, .out)
    }
    while !socket.element.histories[Direction.in.index].queue.isEmpty {
      giveUpFirstHole(socket, .in)
    }
  }
}
