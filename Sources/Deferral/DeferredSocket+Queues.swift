import Analysis
import Sockets

// What waits at a link because something in front of it is not decided.
extension DeferredSocket {
  func append(_ item: QueuedItem, at index: Int) {
    nodes[index].queue.append(item)
    stage.list(self)
  }

  /// Puts data behind what waits at a link, and shows it ahead where that may be.
  func enqueue(
    _ bytes: HeldBytes, _ direction: Direction, _ offset: UInt64, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    var item = QueuedItem(cause: cause, content: .data(direction, offset: offset, bytes: bytes))
    if nodes[index].mayShowAhead(direction), openTickets < stage.configuration.socketShare {
      do {
        let verdict = try bytes.lend {
          try call(index, $0, direction, offset, final: nil, cause, &context)
        }
        item.answer = .verdict(verdict)
        if verdict == .pending, let (ticket, held) = stage.takeTicket() {
          item.answer = .ticket(ticket)
          item.content = .data(direction, offset: offset, bytes: held)
        }
      } catch {
        item.answer = .failure(error)
      }
    }
    append(item, at: index)
  }

  /// Carries out the answers that have come, link by link, as far as none is open; `false` when some
  /// still are.
  func advance(_ context: inout Context) -> Bool {
    var index = 0
    while index < nodes.count {
      while !nodes[index].queue.isEmpty {
        if !isDropped, nodes[index].queue.contains(where: { $0.openTicket != nil }) { return false }
        // Nobody else needs the buffers any more, and what is carried out may need one.
        leavePool()
        let items = nodes[index].queue
        nodes[index].queue = []
        for item in items { carryOut(item, at: index, &context) }
      }
      index += 1
    }
    packets?.settle { host.decide(packet: $0, isWritten: true) }
    return true
  }

  func carryOut(_ item: QueuedItem, at index: Int, _ context: inout Context) {
    switch item.content {
    case .event(let event):
      pass(event, to: index, item.cause, &context)
    case .data(let direction, let offset, let bytes):
      if nodes[index].queue.isEmpty {
        carryOut(item, bytes, direction, offset, at: index, &context)
      } else if case .notShown = item.answer {
        enqueue(bytes, direction, offset, at: index, item.cause, &context)
      } else {
        append(item, at: index)
      }
    }
  }

  func carryOut(
    _ item: QueuedItem, _ bytes: HeldBytes, _ direction: Direction, _ offset: UInt64,
    at index: Int, _ context: inout Context
  ) {
    // The link has gone since, or looks at these bytes once more with those that it peeked at.
    let isVoid = nodes[index].analyzer == nil || nodes[index].peeks[direction.index] != nil
    bytes.lend { span in
      let place = VerdictPlace(
        VerdictNote(direction: direction, offset: offset, length: UInt64(span.count)),
        link: index)
      switch item.answer {
      case .notShown:
        pass(span, direction, offset, to: index, item.cause, &context)
      case _ where isVoid || isDropped:
        pass(span, direction, offset, to: index, item.cause, &context)
      case .verdict(let verdict):
        apply(verdict, span, direction, offset, final: nil, at: index, item.cause, &context)
      case .failure(let error):
        crash(error, span, direction, offset, at: index, item.cause, &context)
      case .ticket(let ticket):
        stage.counts.lateAnswers += UInt64(ticket.lateAnswers)
        switch ticket.current {
        case .answered(let verdict):
          apply(verdict, span, direction, offset, final: nil, at: index, item.cause, &context)
        case .letGo:
          let error = DeferralError("let a chunk go without an answer")
          crash(error, span, direction, offset, at: index, item.cause, &context)
        case .expired, .open:
          stage.counts.timeouts += 1
          host.noteTimeout(link: nodes[index].number)
          follow(stage.configuration.onTimeout, place, "timeout", item.cause)
          pass(span, direction, offset, to: index + 1, item.cause, &context)
        }
      }
    }
  }

  /// The tickets whose answers are still to come.
  func forEachOpenTicket(_ body: (Ticket) -> Void) {
    for node in nodes {
      for item in node.queue { item.openTicket.map(body) }
    }
  }

  /// Takes the bytes of answered chunks out of the pool: they wait for their turn elsewhere.
  func leavePool() {
    for index in nodes.indices {
      for place in nodes[index].queue.indices {
        let item = nodes[index].queue[place]
        guard item.openTicket == nil,
          case .data(let direction, let offset, let bytes) = item.content
        else { continue }
        nodes[index].queue[place].content = .data(direction, offset: offset, bytes: bytes.copied)
      }
    }
  }
}
