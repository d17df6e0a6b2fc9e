import Sockets
import Wire

// From segments to a stream: order, overlap, holes.
extension Shard {
  /// Takes the text of a segment, and its FIN.
  mutating func receiveText(
    _ segment: Segment, _ text: RawSpan, _ index: Int, _ direction: Direction,
    packet: PacketInfo, to handler: any SocketHandler
  ) {
    var sequence = segment.sequence
    if segment.flags.contains(.syn) { sequence += 1 }
    if !isStarted(index, direction) {
      sockets[index].positions[direction.index].next = sequence
      sockets[index].positions[direction.index].acknowledged = sequence
      if segment.length > 0 || segment.flags.contains(.fin) {
        sockets[index].histories[direction.index].state.insert(.started)
      }
    }
    // A FIN that was reported has the number before `next`: nothing can follow it.
    if sockets[index].histories[direction.index].state.contains(.finReported) {
      noteTextAfterFIN(segment, index, direction, packet: packet, to: handler)
      return
    }
    let ahead = sequence.distance(from: sockets[index].positions[direction.index].next)
    if segment.flags.contains(.fin) {
      noteFIN(ahead &+ segment.length, index, direction)
    }
    if segment.length > 0 {
      receiveText(text, segment, ahead, index, direction, packet: packet, to: handler)
    }
    reportFIN(index, direction, packet: packet, to: handler)
  }

  /// `ahead` is how far the text begins beyond what is next in order; negative for a repetition.
  private mutating func receiveText(
    _ text: RawSpan, _ segment: Segment, _ ahead: Int, _ index: Int, _ direction: Direction,
    packet: PacketInfo, to handler: any SocketHandler
  ) {
    let position = sockets[index].positions[direction.index]
    if ahead &+ segment.length <= 0 {
      sockets[index].histories[direction.index].retransmissions &+= 1
      return
    }
    let text = cutAtFIN(text, ahead, index, direction, packet: packet, to: handler)
    reportConnected(index, packet: packet, to: handler)
    if ahead > 0 {
      sockets[index].histories[direction.index].outOfOrder &+= 1
      enqueue(
        text, at: position.offset &+ UInt64(ahead), index, direction, packet: packet, to: handler)
      return
    }
    // What is old is left out here: it may lie before the start of the stream, at no offset at all.
    let new = text.extracting(droppingFirst: min(-ahead, text.byteCount))
    accept(new, at: position.offset, index, direction, packet: packet, to: handler)
    if segment.missing > 0 {
      handler.weird(.truncatedSegment, packet: packet)
      let end = position.offset &+ UInt64(ahead &+ segment.length)
      giveUp(until: end, index, direction, packet: packet, to: handler)
    }
  }

  /// Delivers text that begins at or before what is next in order, and what it makes contiguous.
  /// Queued bytes came first and stay: the text fills the room between them (policy `first`).
  private mutating func accept(
    _ text: RawSpan, at start: UInt64, _ index: Int, _ direction: Direction, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    let end = start &+ UInt64(text.byteCount)
    while sockets[index].positions[direction.index].offset < end {
      let offset = sockets[index].positions[direction.index].offset
      let list = sockets[index].histories[direction.index].queue
      let limit = list.isEmpty ? end : min(end, queue.segment(list.head).offset)
      if offset < limit {
        let range = Int(offset &- start)..<Int(limit &- start)
        deliver(text.extracting(range), of: index, direction, packet: packet, to: handler)
      }
      if !deliverQueued(index, direction, packet: packet, to: handler) { break }
    }
  }

  /// Delivers queued segments for as long as they are next in order; `false` when none was.
  @discardableResult
  mutating func deliverQueued(
    _ index: Int, _ direction: Direction, packet: PacketInfo, to handler: any SocketHandler
  ) -> Bool {
    var deliveredAny = false
    while true {
      var list = sockets[index].histories[direction.index].queue
      guard !list.isEmpty,
        queue.segment(list.head).offset <= sockets[index].positions[direction.index].offset,
        let segment = queue.popFirst(&list)
      else { return deliveredAny }
      sockets[index].histories[direction.index].queue = list
      sockets[index].histories[direction.index].queuedBytes &-= UInt32(segment.piece.count)
      deliver(segment.piece.bytes, of: index, direction, packet: packet, to: handler)
      queue.release(segment)
      deliveredAny = true
    }
  }

  /// Keeps text that lies beyond a hole.
  private mutating func enqueue(
    _ text: RawSpan, at offset: UInt64, _ index: Int, _ direction: Direction, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    guard text.byteCount > 0 else { return }
    if sockets[index].flags.isDisjoint(with: .wantsData(direction)) {
      // Nobody looks: the hole is as good as filled, and nothing is kept.
      skip(to: offset &+ UInt64(text.byteCount), index, direction)
      return
    }
    var list = sockets[index].histories[direction.index].queue
    let queued = queue.insert(text, at: offset, &list)
    sockets[index].histories[direction.index].queue = list
    if let queued {
      sockets[index].histories[direction.index].queuedBytes &+= UInt32(queued)
      if !isOverLimit(index, direction) { return }
    }
    // The budget is reached: the first hole is given up, and what it held back goes on its way.
    handler.weird(.reassemblyBudgetReached, packet: packet)
    recountQueue(index, direction)
    giveUpFirstHole(index, direction, packet: packet, to: handler)
    if queued == nil {
      let end = offset &+ UInt64(text.byteCount)
      if sockets[index].positions[direction.index].offset < offset {
        giveUp(until: offset, index, direction, packet: packet, to: handler)
      }
      if sockets[index].positions[direction.index].offset < end {
        accept(text, at: offset, index, direction, packet: packet, to: handler)
      }
    }
  }

  /// A stream may queue a mebibyte; one whose receiver was never seen to answer, so that nothing
  /// ever confirms a hole, 64 KiB.
  private mutating func isOverLimit(_ index: Int, _ direction: Direction) -> Bool {
    let isOneSided = sockets[index].counters[direction.reversed.index].packets == 0
    return sockets[index].histories[direction.index].queuedBytes > (isOneSided ? 1 << 16 : 1 << 20)
  }

  /// After an insertion that was cut short: what is queued, counted anew.
  private mutating func recountQueue(_ index: Int, _ direction: Direction) {
    var bytes = 0
    var link = sockets[index].histories[direction.index].queue.head
    while link != 0 {
      let segment = queue.segment(link)
      bytes += segment.piece.count
      link = segment.next
    }
    sockets[index].histories[direction.index].queuedBytes = UInt32(bytes)
  }
}
