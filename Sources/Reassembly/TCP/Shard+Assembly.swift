import Sockets
import Wire

// From segments to a stream: order, overlap, holes.
extension Shard {
  /// Takes the first bytes of the text of a segment, and its FIN.
  mutating func receiveText(
    _ segment: DissectionReference, _ frame: RawSpan, first length: Int, hasFIN: Bool,
    _ socket: SocketReference, _ direction: Direction
  ) {
    let sequence = segment.element.sequence
    if !isStarted(socket, direction) {
      socket.element.positions[direction.index].next = sequence
      socket.element.positions[direction.index].acknowledged = sequence
      if length > 0 || hasFIN {
        socket.element.histories[direction.index].state.insert(.started)
      }
    }
    // A FIN that was reported has the number before `next`: nothing can follow it.
    if socket.element.histories[direction.index].state.contains(.finReported) {
      noteTextAfterFIN(segment, socket, direction)
      return
    }
    let ahead = sequence.distance(from: socket.element.positions[direction.index].next)
    if hasFIN { noteFIN(ahead &+ length, socket, direction) }
    if length > 0 { receiveText(segment, frame, first: length, ahead, socket, direction) }
    reportFIN(socket, direction)
    if hasFIN, !socket.element.histories[direction.index].state.isFINSettled {
      socket.element.flags.insert(.waiting)
    }
  }

  /// `ahead` is how far the text begins beyond what is next in order; negative for a repetition.
  private mutating func receiveText(
    _ segment: DissectionReference, _ frame: RawSpan, first length: Int, _ ahead: Int,
    _ socket: SocketReference, _ direction: Direction
  ) {
    let position = socket.element.positions[direction.index]
    if ahead < 0, socket.element.flags.isDisjoint(with: .wantsData(direction)) {
      fillHoles(segment, min(length, -ahead), socket, direction)
    }
    if ahead &+ length <= 0 { return }
    if ahead < 0 { compare(segment, frame, socket, direction) }
    let captured = frame.extracting(segment.element.text)
    let used = captured.extracting(0..<min(length, captured.byteCount))
    let text = cutAtFIN(used, ahead, socket, direction)
    reportConnected(socket)
    if ahead > 0 {
      socket.element.histories[direction.index].outOfOrder &+= 1
      enqueue(text, at: position.offset &+ UInt64(ahead), socket, direction)
      return
    }
    // What is old is left out here: it may lie before the start of the stream, at no offset at all.
    let new = text.extracting(droppingFirst: min(-ahead, text.byteCount))
    accept(new, at: position.offset, socket, direction)
    if length > captured.byteCount {
      note(.truncatedSegment, segment, of: socket, direction)
      let end = position.offset &+ UInt64(ahead &+ length)
      giveUp(until: end, socket, direction)
    }
  }

  /// Takes text that was kept in doubt.
  mutating func take(
    _ text: RawSpan, at start: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    let offset = socket.element.positions[direction.index].offset
    let ahead = Int(truncatingIfNeeded: start &- offset)
    let text = cutAtFIN(text, ahead, socket, direction)
    reportConnected(socket)
    if ahead > 0 {
      enqueue(text, at: start, socket, direction)
    } else if ahead &+ text.byteCount > 0 {
      accept(text.extracting(droppingFirst: -ahead), at: offset, socket, direction)
    }
    reportFIN(socket, direction)
  }

  /// Delivers text that begins at or before what is next in order, and what it makes contiguous.
  private mutating func accept(
    _ text: RawSpan, at start: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    let end = start &+ UInt64(text.byteCount)
    let list = socket.element.histories[direction.index].queue
    // Where it overlaps what is queued the policy decides first, as if all of it were still to come.
    if !list.isEmpty, queue.segment(list.head).offset < end {
      let offset = max(start, socket.element.positions[direction.index].offset)
      let new = text.extracting(droppingFirst: Int(min(offset, end) &- start))
      if insert(new, at: offset, socket, direction) {
        deliverQueued(socket, direction)
        return
      }
      recountQueue(socket, direction)
    }
    fill(text, at: start, socket, direction)
  }

  /// Delivers text, and between its parts what is queued.
  private mutating func fill(
    _ text: RawSpan, at start: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    let end = start &+ UInt64(text.byteCount)
    while socket.element.positions[direction.index].offset < end {
      let offset = socket.element.positions[direction.index].offset
      let list = socket.element.histories[direction.index].queue
      let limit = list.isEmpty ? end : min(end, queue.segment(list.head).offset)
      if offset < limit {
        let range = Int(offset &- start)..<Int(limit &- start)
        pass(text.extracting(range), of: socket, direction)
      }
      if !deliverQueued(socket, direction) { break }
    }
  }

  /// Queues text by the policy of its receiver; `false` when the budget is reached.
  private mutating func insert(
    _ text: RawSpan, at offset: UInt64, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    var list = socket.element.histories[direction.index].queue
    if list.isEmpty { socket.element.histories[direction.index].queuedBytes = 0 }
    let weight = queue.weight
    let policy = configuration.tcpPolicy.policy(for: socket.element.receiver(of: direction))
    let stays = configuration.framesStay && textAtHand?.bytes.offset(of: text) != nil
    let result = queue.insert(
      text, at: offset, &list, policy, stays: stays, measures: isTold(.overlapConflict, of: socket))
    socket.element.histories[direction.index].queue = list
    if result.overlaps { countOverlap(socket, direction) }
    if let conflict = result.conflict {
      note(
        WeirdNote(.overlapConflict, direction, offset: conflict.offset, length: conflict.length),
        of: socket)
      // Which copy waits for good, the policy says; nothing of this one where it queued nothing.
      let isLost = policy.isFirst && result.bytes == 0
      reportUntaken(isLost ? .all : .some, .conflict, of: socket)
    }
    guard result.bytes != nil else { return false }
    socket.element.histories[direction.index].queuedBytes &+= UInt32(
      truncatingIfNeeded: queue.weight &- weight)
    return true
  }

  /// Overlaps behind a hole are no weird before there are many of them.
  private mutating func countOverlap(_ socket: SocketReference, _ direction: Direction) {
    guard let details = details(of: socket) else { return }
    details.element.overlaps &+= 1
    if details.element.overlaps == 256 { note(WeirdNote(.overlapStorm, direction), of: socket) }
  }

  /// Delivers queued segments for as long as they are next in order; `false` when none was.
  @discardableResult
  mutating func deliverQueued(
    _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    var deliveredAny = false
    while true {
      var list = socket.element.histories[direction.index].queue
      guard !list.isEmpty,
        queue.segment(list.head).offset <= socket.element.positions[direction.index].offset,
        let segment = queue.popFirst(&list)
      else { return deliveredAny }
      socket.element.histories[direction.index].queue = list
      socket.element.histories[direction.index].queuedBytes &-= UInt32(
        segment.piece.count + SegmentQueue.pieceCost)
      let text = cutAtFIN(segment.piece.bytes, 0, socket, direction)
      if text.byteCount > 0 {
        isTextLent = segment.piece.isLent
        pass(text, of: socket, direction)
        isTextLent = false
      }
      queue.release(segment)
      deliveredAny = true
    }
  }

  /// Keeps text that lies beyond a hole.
  private mutating func enqueue(
    _ text: RawSpan, at offset: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    guard text.byteCount > 0 else { return }
    if socket.element.flags.isDisjoint(with: .wantsData(direction)) {
      passOver(from: offset, to: offset &+ UInt64(text.byteCount), socket, direction)
      return
    }
    let isQueued = insert(text, at: offset, socket, direction)
    socket.element.flags.insert(.waiting)
    if isQueued, !isOverLimit(socket, direction) { return }
    // The budget is reached: the first hole is given up, and what it held back goes on its way.
    note(
      WeirdNote(
        .reassemblyBudgetReached, direction, offset: offset, length: UInt64(text.byteCount)),
      of: socket)
    recordOnce(.partial, of: socket, direction)
    if !isQueued { recountQueue(socket, direction) }
    giveUpFirstHole(socket, direction)
    if !isQueued {
      let end = offset &+ UInt64(text.byteCount)
      if socket.element.positions[direction.index].offset < offset {
        giveUp(until: offset, socket, direction)
      }
      if socket.element.positions[direction.index].offset < end {
        accept(text, at: offset, socket, direction)
      }
    }
  }

  /// Text ahead of what is in order, which nobody looks at: the hole is as good as filled, and nothing
  /// is kept but how much is missing. But a segment from nowhere must not carry the stream away.
  private mutating func passOver(
    from start: UInt64, to end: UInt64, _ socket: SocketReference, _ direction: Direction
  ) {
    let position = socket.element.positions[direction.index]
    let known = UInt64(max(position.acknowledged.distance(from: position.next), 0))
    let isOneSided = socket.element.packets[direction.reversed.index] == 0
    let believable: UInt64 = 1 << 24
    guard isOneSided || start &- position.offset <= known &+ believable else { return }
    passHole(until: start, socket, direction)
    skip(to: end, socket, direction)
  }

  /// Lets go of all that is queued.
  mutating func discardQueue(_ socket: SocketReference, _ direction: Direction) {
    var list = socket.element.histories[direction.index].queue
    queue.discard(&list)
    socket.element.histories[direction.index].queue = list
    socket.element.histories[direction.index].queuedBytes = 0
  }

  /// A stream may queue a mebibyte; one whose receiver was never seen to answer, so that nothing
  /// ever confirms a hole, 64 KiB.
  private mutating func isOverLimit(_ socket: SocketReference, _ direction: Direction) -> Bool {
    let isOneSided = socket.element.packets[direction.reversed.index] == 0
    return socket.element.histories[direction.index].queuedBytes > (isOneSided ? 1 << 16 : 1 << 20)
  }

  /// After an insertion that was cut short: what is queued, counted anew.
  private mutating func recountQueue(_ socket: SocketReference, _ direction: Direction) {
    let list = socket.element.histories[direction.index].queue
    socket.element.histories[direction.index].queuedBytes = UInt32(queue.cost(of: list))
  }
}
