package import Analysis
import Buffers
package import Sockets

/// A socket of whose data something waits, or waited once: it stands in its chain in place of the
/// analyzers, and shows them data and events in the order of the packets.
///
/// Each link has a queue. What comes to a link behind something undecided waits in it; but data is
/// shown ahead to the link that has not answered yet. Answers take effect when the stage *settles* the
/// socket, which depends on the packets alone: so nothing that an analyzer is shown depends on when an
/// answer came.
package final class DeferredSocket: SocketAnalyzer {
  package let id: SocketID
  let shard: Int
  let isDatagrams: Bool
  unowned let stage: DeferralStage
  private var nodes: [LinkNode]
  package private(set) var isDropped = false
  /// Whether it stands in the list of those that wait.
  var isListed = false
  private var nextDataIndex: UInt32 = 0
  private var packets: PacketLedger?
  /// The first packet of the peek that is being shown, when it is another one than the last.
  private var peekStart: UInt64?
  /// By `Direction.index`.
  private var droppedBytes: [UInt64] = [0, 0]

  package init(_ socket: SocketInfo, links: [AttachedLink], stage: DeferralStage) {
    id = socket.id
    shard = socket.shard
    isDatagrams = socket.transport == .udp
    self.stage = stage
    nodes = links.map { LinkNode(number: $0.number, analyzer: $0.analyzer, interest: $0.interest) }
    if stage.configuration.writesPackets { packets = PacketLedger() }
  }

  /// What its links want to be told.
  package var interest: Interest {
    nodes.reduce(Interest.events) { $0.union($1.interest) }.subtracting(.observing)
  }

  /// Bytes that wait in a direction, and bytes that were dropped.
  package func addStatistics(to socket: inout SocketInfo) {
    for direction in Direction.allCases {
      var held = 0
      for node in nodes { held += node.heldBytes(direction) }
      socket.setHeld(UInt64(held), denied: droppedBytes[direction.index], direction)
    }
  }

  var isWaiting: Bool { nodes.contains { !$0.queue.isEmpty } }
  private var openTickets: Int { nodes.reduce(0) { $0 + $1.queue.count { $0.openTicket != nil } } }

  func takeDataIndex() -> UInt32 {
    defer { nextDataIndex &+= 1 }
    return nextDataIndex
  }

  private var host: any DeferralHost { stage.host }

  /// What the packet at hand brings about.
  private var liveCause: Cause {
    let call = host.currentCall
    return Cause(packet: call.packet, step: call.step, socket: nil)
  }

  /// To be kept beyond the call.
  private func kept(_ cause: Cause) -> Cause {
    var cause = cause
    if cause.socket == nil { cause.socket = host.currentSocket() }
    return cause
  }

  // MARK: What comes from the socket

  package func data(_ chunk: borrowing Chunk, _ context: inout Context) throws -> Verdict {
    pass(chunk.bytes, chunk.direction, chunk.offset, to: 0, liveCause, &context)
    return .allow
  }

  package func event(_ event: SocketEvent, _ context: inout Context) throws {
    pass(event, to: 0, liveCause, &context)
    if event == .detached {
      // What the socket is goes with it.
      stage.settle(self, &context)
      releasePackets()
    }
  }

  /// Goes on with a chunk where the chain has shown it to a link already, and carries out what that
  /// has answered.
  package func resume(
    _ chunk: borrowing Chunk, at link: Int, _ verdict: Verdict, _ context: inout Context
  ) {
    apply(
      verdict, chunk.bytes, chunk.direction, chunk.offset, final: nil, at: link, liveCause, &context
    )
  }

  /// As above, where the link has thrown.
  package func resume(
    _ chunk: borrowing Chunk, at link: Int, failure: any Error, _ context: inout Context
  ) {
    crash(
      failure, chunk.bytes, chunk.direction, chunk.offset, at: link, liveCause, &context)
  }

  /// Goes on with an event where the chain has told it to a link already.
  package func resume(_ event: SocketEvent, behind link: Int, _ context: inout Context) {
    pass(event, to: link + 1, liveCause, &context)
  }

  /// A link threw in an event.
  package func fail(_ error: any Error, at link: Int, _ context: inout Context) {
    crash(error, VerdictPlace(link: link), liveCause, &context)
  }

  /// What a link decided of the whole flow, in an event.
  package func decide(_ verdict: Verdict, at link: Int, _ context: inout Context) {
    applyToFlow(verdict, at: link, liveCause, &context)
  }

  // MARK: Data

  /// Shows data to the links from `index` on.
  private func pass(
    _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64, to index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    var index = index
    while index < nodes.count {
      if isDropped { break }
      if !nodes[index].queue.isEmpty {
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
          let verdict = try call(index, bytes, direction, offset, final: nil, cause, &context)
          if verdict != .allow {
            apply(verdict, bytes, direction, offset, final: nil, at: index, cause, &context)
            return
          }
        } catch {
          crash(error, bytes, direction, offset, at: index, cause, &context)
          return
        }
      }
      index += 1
    }
    if isDropped {
      countDropped(bytes.count, direction)
    } else {
      release(direction, to: offset &+ UInt64(bytes.count), cause)
    }
  }

  private func call(
    _ index: Int, _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64,
    final: FinalReason?, _ cause: Cause, _ context: inout Context
  ) throws -> Verdict {
    guard let analyzer = nodes[index].analyzer else { return .allow }
    enter(index, cause, &context)
    let chunk = Chunk(bytes, direction: direction, offset: offset, final: final)
    return try analyzer.data(chunk, &context)
  }

  private func enter(_ index: Int, _ cause: Cause, _ context: inout Context) {
    host.enter(
      link: nodes[index].number, packet: cause.packet, step: cause.step, socket: cause.socket)
    context.packet = cause.packet
    context.link = nodes[index].number
    stage.caller = self
  }

  /// Carries out a verdict on bytes that a link was shown.
  private func apply(
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
        min(max(count, 0), bytes.count), need, bytes, direction, offset, final: final, at: index,
        cause, &context)
    case .pending:
      guard let (ticket, held) = stage.takeTicket() else {
        let error = DeferralError("answered pending to a chunk that it did not hold")
        crash(error, bytes, direction, offset, at: index, cause, &context)
        return
      }
      append(
        QueuedItem(
          cause: kept(cause), content: .data(direction, offset: offset, bytes: held),
          answer: .ticket(ticket)), at: index)
    case .dropFlow:
      drop(place, "analyzer", cause)
      pass(bytes, direction, offset, to: index + 1, cause, &context)
    case .deny, .edit, .resetFlow:
      cannot(verdict, place, cause)
      pass(bytes, direction, offset, to: index + 1, cause, &context)
    }
  }

  /// Lets the first bytes go and keeps the others for the peek.
  private func applyPrefix(
    _ count: Int, _ need: Int, _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64,
    final: FinalReason?, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    // A datagram is one piece, and whoever was told that nothing more comes may not ask for it.
    if isDatagrams || final != nil {
      refuse(.allowPrefix(count, need: need), at: index)
      pass(bytes, direction, offset, to: index + 1, cause, &context)
      return
    }
    if count > 0 {
      pass(bytes.extracting(first: count), direction, offset, to: index + 1, cause, &context)
    }
    let rest = bytes.extracting(droppingFirst: count)
    let target = rest.count.addingReportingOverflow(max(need, 1))
    stage.counts.peeks += 1
    setPeek(
      Peek(
        bytes: [UInt8](copying: rest), offset: offset &+ UInt64(count),
        target: target.overflow ? .max : target.partialValue, number: stage.nextPeekNumber(),
        start: peekStart ?? cause.packet.ordinal,
        socket: cause.socket ?? host.currentSocket()),
      direction, at: index)
    if rest.count >= stage.configuration.largestPeek {
      finishPeek(direction, stage.limitReason, at: index, cause, &context)
    }
    stage.limitPeeks(ofShard: shard, cause.packet, cause.step, &context)
  }

  /// More bytes for a peek: shows them with what it has kept when there are enough.
  private func absorb(
    _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    guard var peek = takePeek(direction, at: index) else { return }
    let room = max(stage.configuration.largestPeek - peek.bytes.count, 0)
    let taken = min(room, bytes.count)
    for place in 0..<taken { peek.bytes.append(bytes[place]) }
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
      pass(rest, direction, offset &+ UInt64(taken), to: index, cause, &context)
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

  /// As above, because others need the room: what another socket's packet brings about.
  func finishOldestPeek(
    _ direction: Direction, at index: Int, _ packet: PacketInfo, _ step: UInt64,
    _ context: inout Context
  ) {
    stage.settle(self, &context)
    guard let socket = nodes[index].peeks[direction.index]?.socket else { return }
    let cause = Cause(packet: packet, step: step, socket: socket)
    finishPeek(direction, .buffersShort, at: index, cause, &context)
  }

  private func show(
    _ peek: Peek, _ direction: Direction, final: FinalReason?, at index: Int, _ cause: Cause,
    _ context: inout Context
  ) {
    if final != nil { stage.counts.finalPeeks += 1 }
    if peek.bytes.isEmpty { return }
    peekStart = peek.start < cause.packet.ordinal ? peek.start : nil
    defer { peekStart = nil }
    do {
      let verdict = try call(
        index, peek.bytes.span, direction, peek.offset, final: final, cause, &context)
      apply(
        verdict, peek.bytes.span, direction, peek.offset, final: final, at: index, cause, &context)
    } catch {
      crash(error, peek.bytes.span, direction, peek.offset, at: index, cause, &context)
    }
  }

  private func setPeek(_ peek: Peek, _ direction: Direction, at index: Int) {
    nodes[index].peeks[direction.index] = peek
    stage.notePeek(peek.number, of: self, direction, at: index)
  }

  private func takePeek(_ direction: Direction, at index: Int) -> Peek? {
    guard let peek = nodes[index].peeks[direction.index] else { return nil }
    nodes[index].peeks[direction.index] = nil
    stage.forgetPeek(peek.number, ofShard: shard)
    return peek
  }

  // MARK: Queues

  private func append(_ item: QueuedItem, at index: Int) {
    nodes[index].queue.append(item)
    stage.list(self)
  }

  /// Puts data behind what waits at a link, and shows it ahead where that may be.
  private func enqueue(
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

  private func carryOut(_ item: QueuedItem, at index: Int, _ context: inout Context) {
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

  private func carryOut(
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

  // MARK: Events

  /// Tells an event to the links from `index` on.
  private func pass(
    _ event: SocketEvent, to index: Int, _ cause: Cause, _ context: inout Context
  ) {
    var index = index
    while index < nodes.count {
      if !isDropped {
        if !nodes[index].queue.isEmpty {
          append(QueuedItem(cause: kept(cause), content: .event(event)), at: index)
          return
        }
        finishPeeks(before: event, at: index, cause, &context)
        if !nodes[index].queue.isEmpty { continue }
      }
      if nodes[index].wantsEvents, !isDropped || event.isLast {
        tell(event, index, cause, &context)
      }
      index += 1
    }
    if case .gap(let direction, let offset, let length) = event, !isDropped {
      release(direction, to: offset &+ length, cause)
    }
  }

  private func finishPeeks(
    before event: SocketEvent, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    for direction in Direction.allCases where nodes[index].peeks[direction.index] != nil {
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
      if let verdict = context.flowVerdict {
        context.flowVerdict = nil
        applyToFlow(verdict, at: index, cause, &context)
      }
    } catch {
      let place = VerdictPlace(link: index)
      crash(error, place, cause, &context)
    }
  }

  private func applyToFlow(
    _ verdict: Verdict, at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    let place = VerdictPlace(link: index)
    switch verdict {
    case .bypass:
      record("bypass", place, "analyzer", cause)
      remove(index, cause, &context)
    case .dropFlow where !nodes[index].isObserving: drop(place, "analyzer", cause)
    case .resetFlow where !nodes[index].isObserving: cannot(verdict, place, cause)
    default: refuse(verdict, at: index)
    }
  }

  // MARK: Outcomes

  /// A link threw, or let a chunk go: it has nothing more to do with the socket, and the policy decides
  /// about the bytes.
  private func crash(
    _ error: any Error, _ bytes: Span<UInt8>, _ direction: Direction, _ offset: UInt64,
    at index: Int, _ cause: Cause, _ context: inout Context
  ) {
    let place = VerdictPlace(
      VerdictNote(direction: direction, offset: offset, length: UInt64(bytes.count)), link: index)
    crash(error, place, cause, &context)
    pass(bytes, direction, offset, to: index + 1, cause, &context)
  }

  private func crash(
    _ error: any Error, _ place: VerdictPlace, _ cause: Cause, _ context: inout Context
  ) {
    stage.counts.crashes += 1
    host.noteFailure(link: nodes[place.link].number, error)
    if stage.configuration.onCrash == .allow { remove(place.link, cause, &context) }
    follow(stage.configuration.onCrash, place, "crash", cause)
  }

  /// A verdict that is not possible: what is done instead, or would be with `--dry-run`.
  private func cannot(_ verdict: Verdict, _ place: VerdictPlace, _ cause: Cause) {
    if stage.configuration.isDryRun {
      record("would_" + verdict.name, place, "analyzer", cause)
      return
    }
    refuse(verdict, at: place.link)
    follow(stage.configuration.onRefusedEdit, place, "refused_" + verdict.name, cause)
  }

  private func refuse(_ verdict: Verdict, at index: Int) {
    host.noteRefused(link: nodes[index].number, verdict)
  }

  private func follow(
    _ policy: DeferralConfiguration.Policy, _ place: VerdictPlace, _ reason: String, _ cause: Cause
  ) {
    switch policy {
    case .allow: record("allow", place, reason, cause)
    case .drop: drop(place, reason, cause)
    }
  }

  private func drop(_ place: VerdictPlace, _ reason: String, _ cause: Cause) {
    guard !isDropped else { return }
    record(stage.configuration.isDryRun ? "would_drop" : "drop_flow", place, reason, cause)
    isDropped = true
    stage.counts.droppedFlows += 1
    for index in nodes.indices {
      for direction in Direction.allCases {
        if let peek = takePeek(direction, at: index) { countDropped(peek.bytes.count, direction) }
      }
    }
    let isWritten = stage.configuration.isDryRun
    packets?.drop(cause: cause.packet.ordinal) {
      host.decide(packet: $0, isWritten: $1 || isWritten)
    }
  }

  private func countDropped(_ count: Int, _ direction: Direction) {
    droppedBytes[direction.index] &+= UInt64(count)
    stage.counts.droppedBytes &+= UInt64(count)
  }

  private func record(
    _ action: String, _ place: VerdictPlace, _ reason: String, _ cause: Cause
  ) {
    let link = nodes[place.link].number
    host.enter(link: link, packet: cause.packet, step: cause.step, socket: cause.socket)
    let packets = [peekStart, cause.packet.ordinal].compactMap { $0 }
    host.emit(
      place.note.record(action, analyzer: host.name(ofLink: link), reason: reason, packets: packets)
    )
  }

  /// Takes a link out of the chain; what it has peeked at goes on its way.
  private func remove(_ index: Int, _ cause: Cause, _ context: inout Context) {
    nodes[index].remove()
    for direction in Direction.allCases {
      guard let peek = takePeek(direction, at: index) else { continue }
      pass(peek.bytes.span, direction, peek.offset, to: index + 1, cause, &context)
    }
    if !Direction.allCases.contains(where: isDecided) { releasePackets() }
  }

  // MARK: Packets

  /// What becomes of a packet whose text ends at an offset of its stream: `nil` when that is not known
  /// yet.
  package func fate(
    ofPacket ordinal: UInt64, _ direction: Direction, textEnd: UInt64, hasText: Bool
  ) -> Bool? {
    if isDropped { return stage.configuration.isDryRun }
    let end = hasText && isDecided(direction) ? textEnd : 0
    let goes = packets?.goes(ordinal, direction, textEnd: end, mayGo: !isWaiting) ?? true
    return goes ? true : nil
  }

  /// Whether somebody may decide about a direction.
  private func isDecided(_ direction: Direction) -> Bool {
    nodes.contains { $0.wants(direction) && !$0.isObserving }
  }

  /// All bytes of a direction before an offset have passed every link.
  private func release(_ direction: Direction, to offset: UInt64, _ cause: Cause) {
    packets?.release(direction, to: offset, cause: cause.packet.ordinal) {
      host.decide(packet: $0, isWritten: true)
    }
  }

  private func releasePackets() {
    packets?.takeAll { host.decide(packet: $0, isWritten: true) }
  }
}

/// Which bytes a verdict is about, and whose it is.
private struct VerdictPlace {
  var note: VerdictNote
  /// Index of the link.
  var link: Int

  /// - Parameter note: `nil` for the whole flow.
  init(_ note: VerdictNote? = nil, link: Int) {
    self.note = note ?? VerdictNote()
    self.link = link
  }
}

/// What an error of the stage is called in messages.
struct DeferralError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
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
