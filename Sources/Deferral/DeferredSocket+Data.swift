import Analysis
import Sockets

// Data on its way through the chain.
extension DeferredSocket {
  /// Shows data to the links from `index` on.
  ///
  /// - Parameter final: what the first of them is to be told.
  func pass(
    _ bytes: Span<UInt8>, _ stretch: Stretch, final: FinalReason? = nil, to index: Int,
    _ cause: Cause, _ context: inout Context
  ) {
    var index = index
    var final = final
    var stretch = stretch
    while index < nodes.count {
      if isDropped { break }
      if isWaiting(from: index) {
        enqueue(.array([UInt8](copying: bytes)), stretch, at: index, kept(cause), &context)
        return
      }
      if nodes[index].isPeeking(stretch.direction) {
        absorb(bytes, stretch, at: index, cause, &context)
        return
      }
      if nodes[index].wants(stretch.direction), !bytes.isEmpty {
        do {
          let verdict = try call(index, bytes, stretch, final: final, cause, &context)
          inject(before: stretch, at: index, cause, &context)
          if verdict != .allow {
            apply(verdict, bytes, stretch, final: final, at: index, cause, &context)
            return
          }
        } catch {
          crash(error, bytes, stretch, at: index, cause, &context)
          return
        }
      }
      leave(index, &stretch)
      index += 1
      final = nil
    }
    if isDropped {
      countDropped(stretch.sourceCount(of: bytes.count), stretch.direction)
    } else {
      release(bytes, stretch, cause)
    }
  }

  /// Data goes on from a link to the next, which counts in its own stream.
  func leave(_ index: Int, _ stretch: inout Stretch) {
    stretch.offset &+= nodes[index].growth[stretch.direction.index]
  }

  /// As `pass`, behind a link.
  func passOn(
    _ bytes: Span<UInt8>, _ stretch: Stretch, from index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    var stretch = stretch
    leave(index, &stretch)
    pass(bytes, stretch, to: index + 1, cause, &context)
  }

  func call(
    _ index: Int, _ bytes: Span<UInt8>, _ stretch: Stretch, final: FinalReason?, _ cause: Cause,
    _ context: inout Context
  ) throws -> Verdict {
    guard let analyzer = nodes[index].analyzer else { return .allow }
    enter(index, cause, &context)
    return try stage.show(bytes) { shown in
      let chunk = Chunk(
        shown, direction: stretch.direction, offset: stretch.offset, final: final)
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
    _ verdict: Verdict, _ bytes: Span<UInt8>, _ stretch: Stretch, final: FinalReason?,
    at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    let place = VerdictPlace(stretch, bytes.count, link: index)
    if nodes[index].isObserving, verdict != .allow, verdict != .bypass {
      refuse(verdict, at: index)
      passOn(bytes, stretch, from: index, cause, &context)
      return
    }
    switch verdict {
    case .allow:
      passOn(bytes, stretch, from: index, cause, &context)
    case .bypass:
      record("bypass", place, "analyzer", cause)
      remove(index, cause, &context)
      passOn(bytes, stretch, from: index, cause, &context)
    case .allowPrefix, .editPrefix:
      applyPrefix(verdict, bytes, stretch, final: final, at: index, cause, &context)
    case .pending:
      guard let (ticket, held) = stage.takeTicket() else {
        let error = DeferralError("answered pending to a chunk that it did not hold")
        crash(error, bytes, stretch, at: index, cause, &context)
        return
      }
      append(
        QueuedItem(
          cause: kept(cause), content: .data(stretch, held), answer: .ticket(ticket),
          final: final), at: index)
    case .edit(let edits):
      edit(edits, verdict, bytes, stretch, at: index, "analyzer", cause, &context)
    case .deny:
      deny(bytes, stretch, at: index, "analyzer", cause, &context)
    case .dropFlow, .resetFlow:
      end(verdict == .resetFlow ? .reset : .drop, place, "analyzer", cause)
      passOn(bytes, stretch, from: index, cause, &context)
    }
  }

  /// Lets the first bytes go, changed or not, and keeps the others for the peek; where no more are
  /// needed, the others are shown again at once.
  func applyPrefix(
    _ verdict: Verdict, _ bytes: Span<UInt8>, _ stretch: Stretch, final: FinalReason?,
    at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    var verdict = verdict
    var (rest, stretch) = (bytes, stretch)
    while let prefix = verdict.prefix {
      let count = min(max(prefix.count, 0), rest.count)
      // A datagram is one piece, and whoever was told that nothing more comes may not ask for it.
      if isDatagrams || final != nil && (prefix.need > 0 || count == 0) {
        refuse(verdict, at: index)
        break
      }
      if count > 0 {
        let first = stretch.prefix(count, of: rest.count)
        let bytes = rest.extracting(first: count)
        if prefix.edits.isEmpty {
          passOn(bytes, first, from: index, cause, &context)
        } else {
          edit(prefix.edits, verdict, bytes, first, at: index, "analyzer", cause, &context)
        }
        stretch = stretch.suffix(from: count, of: rest.count)
        rest = rest.extracting(droppingFirst: count)
      }
      if count == 0 || prefix.need > 0 {
        peek(at: rest, prefix.need, stretch, at: index, cause, &context)
        return
      }
      if rest.isEmpty { return }
      if isDropped { break }
      if isWaiting(from: index) {
        enqueue(
          .array([UInt8](copying: rest)), stretch, final: final, at: index, kept(cause), &context)
        return
      }
      do {
        verdict = try call(index, rest, stretch, final: final, cause, &context)
        inject(before: stretch, at: index, cause, &context)
      } catch {
        crash(error, rest, stretch, at: index, cause, &context)
        return
      }
    }
    if verdict.prefix != nil {
      passOn(rest, stretch, from: index, cause, &context)
    } else {
      apply(verdict, rest, stretch, final: final, at: index, cause, &context)
    }
  }
}

extension Verdict {
  /// What it says of the first bytes alone; `nil` for what it does not say anything else of.
  fileprivate var prefix: (edits: [Edit], count: Int, need: Int)? {
    switch self {
    case .allowPrefix(let count, let need): ([], count, need)
    case .editPrefix(let edits, let count, let need): (edits, count, need)
    default: nil
    }
  }
}
