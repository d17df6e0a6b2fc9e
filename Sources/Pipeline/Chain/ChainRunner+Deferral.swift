import Analysis
import Buffers
import Deferral
import Injection
import Reassembly
import Sockets

// Where the chain hands a socket to the deferral stage, and what that stage asks of it.
extension ChainRunner {
  /// What a link answered besides `allow`.
  @inline(never)
  func carryOut(
    _ verdict: Verdict, _ chunk: borrowing Chunk, at link: Int, _ socket: SocketView
  ) -> SocketInterest? {
    if case .bypass = verdict, contexts[0].injections.isEmpty, deferred(socket) == nil {
      return leave(chunk, at: link, "bypass", reason: "analyzer", socket)
    }
    return handOver(socket) { $0.resume(chunk, at: link, verdict, &$1) }
  }

  /// A link threw.
  @inline(never)
  func fail(
    _ error: any Error, _ chunk: borrowing Chunk, at link: Int, _ socket: SocketView
  ) -> SocketInterest? {
    guard deferralConfiguration.onCrash == .allow, deferred(socket) == nil else {
      return handOver(socket) { $0.resume(chunk, at: link, failure: error, &$1) }
    }
    noteFailure(link: link, error)
    return leave(chunk, at: link, "allow", reason: "crash", socket)
  }

  /// Takes a link out of the chain of a socket of which nothing waits, and shows the chunk to the
  /// others.
  func leave(
    _ chunk: borrowing Chunk, at link: Int, _ action: String, reason: String, _ socket: SocketView
  ) -> SocketInterest? {
    let note = VerdictNote(
      direction: chunk.direction, offset: chunk.offset, length: UInt64(chunk.bytes.count))
    emit(
      note.record(
        action, analyzer: names[link], reason: reason, packets: [emitter.packet.ordinal]))
    if isSole {
      sole(of: socket).element = .none
      return wanted([], true)
    }
    let chain = chain(of: socket)
    chain[link] = .empty
    if let interest = passDown(chunk, socket, from: link + 1) { return interest }
    var remaining: Interest = []
    for link in 0..<chain.count { remaining.formUnion(chain[link].interest) }
    return wanted(remaining, true)
  }

  /// In an event a link threw, or decided about the whole flow.
  @inline(never)
  func fail(_ error: any Error, inEventAt link: Int, _ socket: SocketView)
    -> SocketInterest?
  {
    handOver(socket) { $0.fail(error, at: link, &$1) }
  }

  @inline(never)
  func decide(at link: Int, _ socket: SocketView) -> SocketInterest? {
    let verdict = contexts[0].flowVerdict
    contexts[0].flowVerdict = nil
    return handOver(socket) { $0.decide(verdict, at: link, &$1) }
  }

  /// Hands a socket to the deferral stage, for good, and lets it go on.
  func handOver(
    _ socket: SocketView, _ body: (DeferredSocket, inout Context) -> Void
  ) -> SocketInterest? {
    let deferred = makeDeferred(socket)
    body(deferred, &contexts[0])
    if emitter.isLate { emitter.snapshot = nil }
    return wanted(of: deferred)
  }

  func wanted(of deferred: DeferredSocket) -> SocketInterest {
    var interest = wanted(deferred.interest, true)
    if deferralConfiguration.writesPackets { interest.insert(.packets) }
    return interest
  }

  /// Puts a deferred socket in the place of the analyzers.
  ///
  /// - Parameters:
  ///   - interest: of its only analyzer, when the reassembler does not know it yet.
  ///   - memo: what the stage keeps of the socket that it goes on from.
  func makeDeferred(
    _ socket: SocketView, _ interest: Interest? = nil, resuming memo: DepartureMemo = .none
  ) -> DeferredSocket {
    if let deferred = deferred(socket) { return deferred }
    var attached: [AttachedLink] = []
    if isSole {
      let analyzer = sole(of: socket).element.copy()
      attached.append(
        AttachedLink(
          number: 0, analyzer: analyzer,
          interest: interest ?? self.interest(of: analyzer, on: socket)))
    } else {
      let chain = chain(of: socket)
      for link in 0..<chain.count {
        let isEmpty = chain[link].interest.isEmpty
        attached.append(
          AttachedLink(
            number: link, analyzer: isEmpty ? nil : chain[link].attached.copy(),
            interest: chain[link].interest))
        chain[link] = .empty
      }
    }
    let deferred = DeferredSocket(socket.info, links: attached, stage: deferral, resuming: memo)
    if isSole {
      sole(of: socket).element = AttachedAnalyzer(deferred)
    } else {
      chain(of: socket)[0] = ChainSlot(attached: AttachedAnalyzer(deferred), interest: .all)
    }
    return deferred
  }

  /// What the only analyzer of a socket is told: a part of what it wants, where its settings say so.
  func interest(of analyzer: any SocketAnalyzer, on socket: SocketView) -> Interest {
    Interest(rawValue: socket.interest.rawValue & Interest.all.rawValue)
      .union(analyzer.interest.intersection(.observing))
  }

  func deferred(_ socket: SocketView) -> DeferredSocket? {
    guard linkCount > 0 else { return nil }
    let first =
      isSole ? sole(of: socket).element.copy() : chain(of: socket)[0].attached.copy()
    // A conditional cast costs more than all else that is done for most packets.
    guard type(of: first) == DeferredSocket.self else { return nil }
    return unsafe unsafeDowncast(first, to: DeferredSocket.self)
  }

  /// What stands for the socket that a call is about.
  var caller: DeferredSocket? {
    emitter.isLate ? deferral.caller : emitter.socket.flatMap(deferred)
  }
}

extension ChainRunner: DeferralHost {
  var currentCall: (packet: PacketInfo, step: UInt64) { (emitter.packet, emitter.calls) }

  func nextStep() -> UInt64 {
    emitter.calls &+= 1
    return emitter.calls
  }

  func enter(link: Int, packet: PacketInfo, step: UInt64, socket: SocketInfo?) {
    emitter.link = link
    emitter.packet = packet
    emitter.step = step
    emitter.snapshot = socket
  }

  func currentSocket() -> SocketInfo { emitter.liveSocket }

  func withContext(_ body: (inout Context) -> Void) { body(&contexts[0]) }

  func emit(_ record: Record) { emitter.emit(record) }

  func name(ofLink link: Int) -> String { names[link] }

  func noteFailure(link: Int, _ error: any Error) {
    reports[link].failures += 1
    if reports[link].firstFailure == nil {
      reports[link].firstFailure = "\(error)"
      reports[link].firstFailurePacket = emitter.packet.ordinal
    }
  }

  func noteNoClient(link: Int) { reports[link].socketsWithoutClient += 1 }

  func noteTimeout(link: Int) { reports[link].timeouts += 1 }

  func noteRefused(link: Int, _ verdict: Verdict) {
    reports[link].refused[verdict.name, default: 0] += 1
  }

  func noteRefused(link: Int, _ obstacle: EditObstacle, edits: Int) {
    reports[link].obstacles[obstacle.name, default: 0] += 1
    reports[link].refusedEdits += UInt64(edits)
  }

  func noteEdit(link: Int) { reports[link].edits += 1 }
}
