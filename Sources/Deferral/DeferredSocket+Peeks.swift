import Analysis
import Sockets

// Bytes that a link wants to see more of before it decides.
extension DeferredSocket {
  /// Keeps bytes until `need` more are there.
  func peek(
    at bytes: Span<UInt8>, _ need: Int, _ stretch: Stretch, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    let target = bytes.count.addingReportingOverflow(max(need, 1))
    stage.counts.peeks += 1
    setPeek(
      Peek(
        bytes: [UInt8](copying: bytes), stretch: stretch,
        target: target.overflow ? .max : target.partialValue, number: stage.nextPeekNumber(),
        start: cause.start ?? cause.packet, socket: cause.socket ?? host.currentSocket()),
      stretch.direction, at: index)
    if bytes.count >= stage.configuration.largestPeek {
      finishPeek(stretch.direction, stage.limitReason, at: index, cause, &context)
    }
  }

  /// More bytes for a peek: shows them with what it has kept when there are enough.
  func absorb(
    _ bytes: Span<UInt8>, _ stretch: Stretch, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    let direction = stretch.direction
    guard var peek = takePeek(direction, at: index) else { return }
    if stage.isOver(peek, at: cause.packet.timestamp) {
      show(peek, direction, final: .peekTimeout, at: index, cause, &context)
      pass(bytes, stretch, to: index, cause, &context)
      return
    }
    let room = max(stage.configuration.largestPeek - peek.bytes.count, 0)
    let taken = min(room, bytes.count)
    peek.stretch.append(stretch.prefix(taken, of: bytes.count), peek.bytes.count, taken)
    peek.bytes.append(copying: bytes.extracting(first: taken))
    let isEnough = peek.bytes.count >= peek.target
    let isFull = peek.bytes.count >= stage.configuration.largestPeek
    guard isEnough || isFull else {
      peek.socket = cause.socket ?? host.currentSocket()
      setPeek(peek, direction, at: index)
      return
    }
    show(peek, direction, final: isEnough ? nil : stage.limitReason, at: index, cause, &context)
    let rest = bytes.extracting(droppingFirst: taken)
    if !rest.isEmpty {
      pass(rest, stretch.suffix(from: taken, of: bytes.count), to: index, cause, &context)
    }
  }

  /// There will be no more bytes: the link is shown what its peek has kept, and has to decide.
  func finishPeek(
    _ direction: Direction, _ reason: FinalReason, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    guard let peek = takePeek(direction, at: index) else { return }
    show(peek, direction, final: reason, at: index, cause, &context)
  }

  /// As above, as what another socket's packet brings about.
  func finishPeek(
    _ direction: Direction, _ reason: FinalReason, at index: Int, _ packet: PacketInfo,
    _ step: UInt64, _ context: inout Context
  ) {
    stage.settle(self, &context)
    guard let socket = nodes[index].peek(direction)?.socket else { return }
    let cause = Cause(packet: packet, step: step, socket: socket)
    finishPeek(direction, reason, at: index, cause, &context)
  }

  func isPeekedAt(_ direction: Direction) -> Bool {
    nodes.indices.contains { nodes[$0].isPeeking(direction) }
  }

  /// Makes all peeks of a direction final.
  func finishPeeks(
    _ direction: Direction, _ reason: FinalReason, _ packet: PacketInfo, _ step: UInt64,
    _ context: inout Context
  ) {
    for index in nodes.indices {
      finishPeek(direction, reason, at: index, packet, step, &context)
    }
  }

  func show(
    _ peek: Peek, _ direction: Direction, final: FinalReason?, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    if final != nil { stage.counts.finalPeeks += 1 }
    if peek.bytes.isEmpty {
      // Nothing to look at, but perhaps something that was taken out in front of it.
      if !peek.stretch.parts.isEmpty {
        passOn(peek.bytes.span, peek.stretch, from: index, cause, &context)
      }
      return
    }
    var cause = cause
    cause.start = peek.start.ordinal < cause.packet.ordinal ? peek.start : nil
    do {
      let verdict = try call(
        index, peek.bytes.span, peek.stretch, final: final, cause, &context)
      inject(before: peek.stretch, at: index, cause, &context)
      apply(verdict, peek.bytes.span, peek.stretch, final: final, at: index, cause, &context)
    } catch {
      crash(error, peek.bytes.span, peek.stretch, at: index, cause, &context)
    }
  }

  func setPeek(_ peek: Peek, _ direction: Direction, at index: Int) {
    nodes[index].setPeek(peek, direction)
    stage.notePeek(peek, of: self, direction, at: index)
  }

  func takePeek(_ direction: Direction, at index: Int) -> Peek? {
    guard let peek = nodes[index].peek(direction) else { return nil }
    nodes[index].setPeek(nil, direction)
    stage.forgetPeek(peek.number, ofShard: shard)
    return peek
  }
}
