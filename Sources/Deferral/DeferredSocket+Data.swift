import Analysis
import Sockets

// Data on its way through the chain.
extension DeferredSocket {
  /// Shows data to the links from `index` on.
  ///
  /// - Parameter final: what the first of them is to be told.
  func pass(
    _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64, final: FinalReason? = nil,
    to index: Int, _ cause: Cause, _ context: inout Context
  ) {
    var index = index
    var final = final
    while index < nodes.count {
      if isDropped { break }
      if isWaiting(from: index) {
        enqueue(
          .array([UInt8](copying: bytes)), direction, offset, at: index, kept(cause), &context)
        return
      }
      if nodes[index].peeks[direction.index] != nil {
        absorb(bytes, direction, offset, at: index, cause, &context)
        return
      }
      if nodes[index].wants(direction) {
        do {
          let verdict = try call(index, bytes, direction, offset, final: final, cause, &context)
          if verdict != .allow {
            apply(verdict, bytes, direction, offset, final: final, at: index, cause, &context)
            return
          }
        } catch {
          crash(error, bytes, direction, offset, at: index, cause, &context)
          return
        }
      }
      index += 1
      final = nil
    }
    if isDropped {
      countDropped(bytes.count, direction)
    } else {
      release(direction, to: offset &+ UInt64(bytes.count), cause)
    }
  }

  func call(
    _ index: Int, _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64,
    final: FinalReason?, _ cause: Cause, _ context: inout Context
  ) throws -> Verdict {
    guard let analyzer = nodes[index].analyzer else { return .allow }
    enter(index, cause, &context)
    return try stage.show(bytes) { shown in
      let chunk = Chunk(shown, direction: direction, offset: offset, final: final)
      return try analyzer.data(chunk, &context)
    }
  }

  func enter(_ index: Int, _ cause: Cause, _ context: inout Context) {
    host.enter(
      link: nodes[index].number, packet: cause.packet, step: cause.step, socket: cause.socket)
    context.packet = cause.packet
    context.link = nodes[index].number
    stage.caller = self
  }

  /// Carries out a verdict on bytes that a link was shown.
  func apply(
    _ verdict: Verdict, _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64,
    final: FinalReason?, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    let place = VerdictPlace(
      VerdictNote(direction: direction, offset: offset, length: UInt64(bytes.count)), link: index)
    if nodes[index].isObserving, verdict != .allow, verdict != .bypass {
      refuse(verdict, at: index)
      pass(bytes, direction, offset, to: index + 1, cause, &context)
      return
    }
    switch verdict {
    case .allow:
      pass(bytes, direction, offset, to: index + 1, cause, &context)
    case .bypass:
      record("bypass", place, "analyzer", cause)
      remove(index, cause, &context)
      pass(bytes, direction, offset, to: index + 1, cause, &context)
    case .allowPrefix(let count, let need):
      applyPrefix(
        count, need, bytes, direction, offset, final: final, at: index, cause, &context)
    case .pending:
      guard let (ticket, held) = stage.takeTicket() else {
        let error = DeferralError("answered pending to a chunk that it did not hold")
        crash(error, bytes, direction, offset, at: index, cause, &context)
        return
      }
      append(
        QueuedItem(
          cause: kept(cause), content: .data(direction, offset: offset, bytes: held),
          answer: .ticket(ticket), final: final), at: index)
    case .dropFlow:
      drop(place, "analyzer", cause)
      pass(bytes, direction, offset, to: index + 1, cause, &context)
    case .deny, .edit, .editPrefix, .resetFlow:
      cannot(verdict, place, cause)
      pass(bytes, direction, offset, to: index + 1, cause, &context)
    }
  }

  /// Lets the first bytes go and keeps the others for the peek; where no more are needed, the others
  /// are shown again at once.
  func applyPrefix(
    _ count: Int, _ need: Int, _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64,
    final: FinalReason?, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    var verdict = Verdict.allowPrefix(count, need: need)
    var (rest, offset) = (bytes, offset)
    while case .allowPrefix(let count, let need) = verdict {
      let count = min(max(count, 0), rest.count)
      // A datagram is one piece, and whoever was told that nothing more comes may not ask for it.
      if isDatagrams || final != nil && (need > 0 || count == 0) {
        refuse(verdict, at: index)
        break
      }
      if count > 0 {
        pass(rest.extracting(first: count), direction, offset, to: index + 1, cause, &context)
        rest = rest.extracting(droppingFirst: count)
        offset &+= UInt64(count)
      }
      if count == 0 || need > 0 {
        peek(at: rest, need, direction, offset, at: index, cause, &context)
        return
      }
      if rest.isEmpty { return }
      if isDropped { break }
      if isWaiting(from: index) {
        enqueue(
          .array([UInt8](copying: rest)), direction, offset, final: final, at: index, kept(cause),
          &context)
        return
      }
      do {
        verdict = try call(index, rest, direction, offset, final: final, cause, &context)
      } catch {
        crash(error, rest, direction, offset, at: index, cause, &context)
        return
      }
    }
    if case .allowPrefix = verdict {
      pass(rest, direction, offset, to: index + 1, cause, &context)
    } else {
      apply(verdict, rest, direction, offset, final: final, at: index, cause, &context)
    }
  }
}
