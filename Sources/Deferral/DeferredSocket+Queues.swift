import Analysis
import Sockets

// What waits at a link because something in front of it is not decided.
extension DeferredSocket {
  func append(_ item: QueuedItem, at index: Int) {
    nodes[index].append(item)
    stage.list(self)
  }

  /// Whether something waits at a link or a later one. What comes next is not shown to the link then,
  /// as it may turn out that it was never to be.
  func isWaiting(from first: Int) -> Bool {
    for index in first..<max(first, nodes.count) where !nodes[index].queue.isEmpty { return true }
    return false
  }

  /// Keeps data at a link behind what waits there, or at a later link. To a link that has not answered
  /// yet it is shown ahead: whoever answers late sees what comes meanwhile.
  func enqueue(
    _ bytes: HeldBytes, _ stretch: Stretch, final: FinalReason? = nil, at index: Int,
    _ cause: Cause, _ context: inout Context
  ) {
    var item = QueuedItem(cause: cause, content: .data(stretch, bytes), final: final)
    if final == nil, bytes.count > 0, nodes[index].mayShowAhead(stretch.direction),
      !isWaiting(from: index + 1),
      heldCount < stage.configuration.socketShare
    {
      do {
        let verdict = try bytes.lend {
          try call(index, $0, stretch, final: nil, cause, &context)
        }
        item.answer = .verdict(verdict)
        if verdict == .pending, let (ticket, held) = stage.takeTicket() {
          item.answer = .ticket(ticket)
          item.content = .data(stretch, held)
        }
      } catch {
        item.answer = .failure(error)
      }
    }
    // Not before what stands in front of it is decided.
    item.injections = context.injections
    context.injections = []
    append(item, at: index)
  }

  /// Carries out the answers that have come, in the order of what brought the calls about, as far as
  /// the next one is there; `false` when it is still to come.
  func advance(_ context: inout Context) -> Bool {
    if isAdvancing { return true }
    isAdvancing = true
    defer { isAdvancing = false }
    while let index = nextLink {
      if !isDropped, nodes[index].queue.isFirstOpen { return false }
      guard var item = nodes[index].takeFirst() else { break }
      // What is carried out may need a buffer itself.
      if stage.isShortOfBuffers { item.leavePool() }
      carryOut(item, at: index, &context)
      nodes[index].putBack()
    }
    packets?.element.settle { decide($0, $1, $2) }
    return true
  }

  /// Where the oldest thing waits. Of what came together, that is the one that has come furthest.
  private var nextLink: Int? {
    var next: (index: Int, cause: Cause)?
    for index in nodes.indices {
      guard let cause = nodes[index].queue.firstCause else { continue }
      if let found = next, cause.isBehind(found.cause) { continue }
      next = (index, cause)
    }
    return next?.index
  }

  func carryOut(_ item: QueuedItem, at index: Int, _ context: inout Context) {
    switch item.content {
    case .event(let event):
      pass(event, to: index, item.cause, &context)
    case .data(let stretch, let bytes):
      carryOut(item, bytes, stretch, at: index, &context)
    }
  }

  func carryOut(
    _ item: QueuedItem, _ bytes: HeldBytes, _ stretch: Stretch, at index: Int,
    _ context: inout Context
  ) {
    // The link has gone since, or looks at these bytes once more with those that it peeked at.
    let isVoid = nodes[index].analyzer == nil || nodes[index].isPeeking(stretch.direction)
    if !isVoid { inject(item.injections, before: stretch, at: index, item.cause, &context) }
    bytes.lend { span in
      switch item.answer {
      case .notShown:
        pass(span, stretch, final: item.final, to: index, item.cause, &context)
      case _ where isVoid || isDropped:
        pass(span, stretch, to: index, item.cause, &context)
      case .verdict(let verdict):
        apply(verdict, span, stretch, final: item.final, at: index, item.cause, &context)
      case .failure(let error):
        crash(error, span, stretch, at: index, item.cause, &context)
      case .ticket(let ticket):
        stage.counts.lateAnswers += UInt64(ticket.lateAnswers)
        switch ticket.current {
        case .answered(let verdict):
          apply(verdict, span, stretch, final: item.final, at: index, item.cause, &context)
        case .letGo:
          let error = DeferralError("let a chunk go without an answer")
          crash(error, span, stretch, at: index, item.cause, &context)
        case .expired, .open:
          stage.counts.timeouts += 1
          host.noteTimeout(link: nodes[index].number)
          follow(
            stage.configuration.onTimeout, "timeout", span, stretch, at: index, item.cause,
            &context)
        }
      }
    }
  }

  /// The open ticket with the earliest deadline.
  var firstOpenTicket: Ticket? {
    nodes.indices.compactMap { nodes[$0].firstOpenTicket }
      .min { $0.deadline < $1.deadline }
  }

  /// The tickets whose answers are still to come.
  func forEachOpenTicket(_ body: (Ticket) -> Void) {
    for index in nodes.indices { nodes[index].forEachOpenTicket(body) }
  }

  /// Takes the bytes out of the pool that nobody looks at any more: they wait for their turn elsewhere.
  func leavePool() {
    for index in nodes.indices { nodes[index].leavePool() }
  }
}
