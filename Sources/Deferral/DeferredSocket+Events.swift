import Analysis
import Sockets

// Events on their way through the chain.
extension DeferredSocket {
  /// Tells an event to the links from `index` on.
  func pass(
    _ event: SocketEvent, to index: Int, _ cause: Cause, _ context: inout Context
  ) {
    var index = index
    var event = event
    while index < nodes.count {
      if !isDropped {
        if !isWaiting(from: index) { finishPeeks(before: event, at: index, cause, &context) }
        if isWaiting(from: index) {
          append(QueuedItem(cause: kept(cause), content: .event(event)), at: index)
          return
        }
      }
      if nodes[index].wantsEvents, !isDropped || event.isLast {
        tell(event, index, cause, &context)
      }
      // Every link counts in its own stream.
      if case .gap(let direction, let offset, let length) = event {
        event = .gap(
          direction, offset: offset &+ nodes[index].growth[direction.index], length: length)
      }
      index += 1
    }
    if !isDropped { release(event, cause) }
  }

  /// An event has passed every link: what is decided by it.
  private func release(_ event: SocketEvent, _ cause: Cause) {
    guard packets != nil else { return }
    switch event {
    case .gap(let direction, let offset, let length):
      if followsLengths(direction) { lengths[direction.index].skip(length) }
      let growth = nodes.indices.reduce(0) { $0 &+ nodes[$1].growth[direction.index] }
      let start = Int64(truncatingIfNeeded: offset &- growth)
      packets?.element.noteGap(direction, start..<start &+ Int64(truncatingIfNeeded: length))
      release(direction, to: start &+ Int64(truncatingIfNeeded: length), cause)
    // Nothing comes behind it.
    case .cantSendMore: finish(.out, cause)
    case .cantReceiveMore: finish(.in, cause)
    case .disconnected:
      release(.out, to: .max, cause)
      release(.in, to: .max, cause)
    default: break
    }
  }

  /// A FIN has passed every link.
  private func finish(_ direction: Direction, _ cause: Cause) {
    packets?.element.noteFIN(direction)
    release(direction, to: .max, cause)
  }

  func finishPeeks(
    before event: SocketEvent, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    for direction in Direction.allCases where nodes[index].isPeeking(direction) {
      if let reason = event.reasonToFinish(direction) {
        finishPeek(direction, reason, at: index, cause, &context)
      }
    }
  }

  private func tell(
    _ event: SocketEvent, _ index: Int, _ cause: Cause, _ context: inout Context
  ) {
    guard let analyzer = nodes[index].analyzer else { return }
    enter(index, cause, &context)
    do {
      try analyzer.event(event, &context)
      inject(before: nil, at: index, cause, &context)
      guard let verdict = context.flowVerdict else { return }
      context.flowVerdict = nil
      applyToFlow(verdict, at: index, cause, &context)
    } catch {
      crash(error, VerdictPlace(link: index), cause, &context)
    }
  }

  func applyToFlow(
    _ verdict: Verdict, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    let place = VerdictPlace(link: index)
    switch verdict {
    case .bypass:
      record("bypass", place, "analyzer", cause)
      remove(index, cause, &context)
    case .dropFlow where !nodes[index].isObserving: end(.drop, place, "analyzer", cause)
    case .resetFlow where !nodes[index].isObserving: end(.reset, place, "analyzer", cause)
    default: refuse(verdict, at: index)
    }
  }
}

extension SocketEvent {
  /// Told even of a socket that is dropped.
  fileprivate var isLast: Bool {
    switch self {
    case .disconnected, .detached: true
    default: false
    }
  }

  /// Why no more bytes come in a direction from here on.
  fileprivate func reasonToFinish(_ direction: Direction) -> FinalReason? {
    switch self {
    case .gap(direction, _, _): .gap
    case .cantSendMore: direction == .out ? .fin : nil
    case .cantReceiveMore: direction == .in ? .fin : nil
    // With a FIN of each direction nothing is left here.
    case .closing, .disconnecting: .reset
    case .disconnected(let reason): FinalReason(reason)
    default: nil
    }
  }
}

extension FinalReason {
  fileprivate init(_ reason: DisconnectReason) {
    switch reason {
    case .fin: self = .fin
    case .reset: self = .reset
    case .timeout: self = .timeout
    case .evicted: self = .evicted
    case .endOfInput: self = .endOfInput
    case .superseded: self = .superseded
    }
  }
}
