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

  /// More bytes for a peek: shows them with what it has kept as often as there are enough.
  ///
  /// A loop, as a peek near its limit takes them one by one, and each time asks for more.
  func absorb(
    _ bytes: Span<UInt8>, _ stretch: Stretch, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    let direction = stretch.direction
    var (rest, place) = (bytes, stretch)
    while nodes[index].isPeeking(direction), !rest.isEmpty {
      if nodes[index].isPeekOver(direction, at: stage.latestStart(at: cause.packet.timestamp)) {
        finishPeek(direction, .peekTimeout, at: index, cause, &context)
      } else {
        let taken = extendPeek(by: rest, place, at: index, cause, &context)
        place = place.suffix(from: taken, of: rest.count)
        rest = rest.extracting(droppingFirst: taken)
      }
      if isDropped || isWaiting(from: index) { break }
    }
    if !rest.isEmpty { pass(rest, place, to: index, cause, &context) }
  }

  /// Gives a peek as many bytes as it has room for, and shows it where it has enough. How many it took.
  private func extendPeek(
    by bytes: Span<UInt8>, _ stretch: Stretch, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) -> Int {
    let direction = stretch.direction
    let limit = stage.configuration.largestPeek
    let room = max(limit - nodes[index].peekedCount(direction), 0)
    let taken = min(room, bytes.count)
    nodes[index].extendPeek(
      by: bytes.extracting(first: taken), stretch.prefix(taken, of: bytes.count))
    stage.growPeek(by: taken, ofShard: shard)
    let isEnough = nodes[index].hasPeekedEnough(direction)
    if isEnough || nodes[index].peekedCount(direction) >= limit {
      guard let peek = takePeek(direction, at: index) else { return taken }
      show(peek, direction, final: isEnough ? nil : stage.limitReason, at: index, cause, &context)
    } else {
      nodes[index].setPeekSocket(cause.socket ?? host.currentSocket(), direction)
    }
    return taken
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
    if let final { stage.noteFinalPeek(final) }
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
    stage.forgetPeek(bytes: peek.bytes.count, ofShard: shard)
    return peek
  }

  /// Names the peek of a link; `nil` where it has none.
  func peekNumber(_ direction: Direction, at index: Int) -> UInt64? {
    nodes[index].peekNumber(direction)
  }
}
