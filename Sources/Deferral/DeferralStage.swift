package import Analysis
package import Buffers
package import Injection
package import Sockets
import Wire

/// What a worker needs for data to wait: the pool of buffers, the sockets that wait, the peeks.
///
/// Only its worker uses it, but for answers, which come on any thread.
package final class DeferralStage {
  package let configuration: DeferralConfiguration
  /// The owner of this stage, which outlives it.
  unowned let host: any DeferralHost
  let fates: any PacketFates
  package internal(set) var counts = DeferralCounts()
  /// The deferred socket that was the last to call an analyzer for what came earlier.
  package internal(set) var caller: DeferredSocket?
  /// Rung when an answer has come, or a buffer has come back.
  private let bell = Semaphore()
  private var poolOrNone: BufferPool?
  /// What was held in the call that is going on.
  private var heldInCall: (Ticket, HeldBytes)?
  /// The sockets that wait, served in turn.
  private var waiting: [DeferredSocket] = []
  private var peeks = PeekList()
  private var peekCount: UInt64 = 0
  /// Whether a buffer was waited for in vain: until one comes back nobody waits for one again.
  private var isStarved = false
  /// The buffer that chunks of packets at hand are shown in, with `--through-pool`.
  private var window: PoolBuffer?
  /// The buffer that something else is being shown in.
  private var shown: PoolBuffer?
  /// Of each shard the sockets of which something is kept of edits (by `SocketID.sequence`), what it
  /// comes to, and whether that was too much.
  private var edited = [[UInt64: DeferredSocket]](
    repeating: [:], count: PerShard<DeferralStage>.count)
  private var keptEdits = [Int](repeating: 0, count: PerShard<DeferralStage>.count)
  private var isShort = [Bool](repeating: false, count: PerShard<DeferralStage>.count)
  private var isAnyShort = false
  /// What all of them keep.
  private var allKeptEdits = 0
  private var departures = DepartureStore()
  /// Of each shard the connections that are, or have to be, kept in mind when they have gone; and
  /// whether they were too many at the end of the last stretch.
  private var departureCounts = [Int](repeating: 0, count: PerShard<DeferralStage>.count)
  private var hasDepartures = false
  private var isShortOfDepartures = [Bool](repeating: false, count: PerShard<DeferralStage>.count)
  /// The sockets with packets whose fate is open.
  var undecided = UndecidedSockets()

  package init(
    _ configuration: DeferralConfiguration, host: any DeferralHost, fates: any PacketFates
  ) {
    self.configuration = configuration
    self.host = host
    self.fates = fates
  }

  /// Made when it is first needed: most runs never hold anything.
  private var pool: BufferPool {
    if let pool = poolOrNone { return pool }
    // Those that chunks are shown in may not be what all others wait for.
    let count = configuration.buffers + (configuration.isThroughPool ? 2 : 0)
    let pool = BufferPool(
      count: count, bufferSize: configuration.bufferSize, bell: bell)
    poolOrNone = pool
    return pool
  }

  /// Buffers of the pool that somebody has, but for those that chunks are shown in.
  package var buffersOut: Int {
    window = nil
    return poolOrNone.map { $0.count - $0.freeCount } ?? 0
  }

  var isShortOfBuffers: Bool { poolOrNone?.freeCount == 0 }

  /// Why a peek ends that has grown as far as it may.
  var limitReason: FinalReason {
    configuration.peekLimit > configuration.largestPeek ? .buffersShort : .peekLimit
  }

  // MARK: Holding

  /// Keeps a chunk for an answer that comes later.
  ///
  /// - Parameter deferred: what stands for the socket, where something of it has waited already.
  package func hold(
    _ chunk: borrowing Chunk, of socket: SocketID, _ deferred: DeferredSocket?
  ) -> HeldChunk {
    heldInCall = nil
    let deadline = ContinuousClock.now + configuration.deadline
    let ticket = Ticket(deadline: deadline, bell: bell)
    let bytes: HeldBytes
    if let (buffer, range) = takeShown(unsafe chunk.bytes.bytes) {
      // It lies in the pool already.
      bytes = .buffer(buffer, range)
    } else if chunk.bytes.count > configuration.bufferSize {
      // A datagram is one piece, and this one fits no buffer.
      bytes = .array([UInt8](copying: chunk.bytes))
    } else if let buffer = buffer(for: chunk.bytes, until: deadline) {
      bytes = .buffer(buffer, 0..<buffer.count)
    } else {
      // Nobody gets to see more of it than a copy, and the policy for no answer decides.
      bytes = .array([UInt8](copying: chunk.bytes))
      _ = ticket.end(.expired)
    }
    counts.held += 1
    counts.heldBytes += UInt64(chunk.bytes.count)
    heldInCall = (ticket, bytes)
    return HeldChunk(
      socket: socket, dataIndex: deferred?.takeDataIndex() ?? 0,
      direction: chunk.direction,
      offset: chunk.offset, final: chunk.final, data: TicketData(ticket, bytes))
  }

  /// The buffer that bytes are being shown in, which is somebody else's from then on.
  private func takeShown(_ bytes: RawSpan) -> (PoolBuffer, Range<Int>)? {
    if let shown, let range = shown.range(of: bytes) { return (shown, range) }
    guard let window, let range = window.range(of: bytes) else { return nil }
    self.window = nil
    return (window, range)
  }

  /// What the last call held, once.
  func takeTicket() -> (Ticket, HeldBytes)? {
    defer { heldInCall = nil }
    return heldInCall
  }

  /// A buffer with a copy of `bytes`, if need be when others come back.
  private func buffer(
    for bytes: Span<UInt8>, until deadline: ContinuousClock.Instant
  ) -> PoolBuffer? {
    guard bytes.count <= configuration.bufferSize else { return nil }
    if let buffer = pool.copy(unsafe bytes.bytes) {
      isStarved = false
      return buffer
    }
    window = nil
    if isStarved { return pool.copy(unsafe bytes.bytes) }
    counts.bufferWaits += 1
    while true {
      for socket in waiting { socket.leavePool() }
      if let buffer = pool.copy(unsafe bytes.bytes) { return buffer }
      guard bell.wait(until: deadline) else { break }
    }
    isStarved = true
    return nil
  }

  /// The bytes of a chunk in a buffer of the pool, for as long as the next call (`--through-pool`);
  /// `nil` when there is none to be had.
  package func window(on bytes: RawSpan) -> PoolBuffer? {
    // Unless somebody has kept it since the last call.
    if isKnownUniquelyReferenced(&window) {
      window?.fill(bytes)
      return window
    }
    window = unsafe buffer(
      for: bytes._unsafeView(as: UInt8.self), until: ContinuousClock.now + configuration.deadline)
    return window
  }

  /// Lends bytes to a call; with `--through-pool` in a buffer of the pool.
  func show(
    _ bytes: Span<UInt8>, _ body: (Span<UInt8>) throws -> Verdict
  ) rethrows -> Verdict {
    guard configuration.isThroughPool, window?.range(of: unsafe bytes.bytes) == nil,
      let buffer = buffer(for: bytes, until: ContinuousClock.now + configuration.deadline)
    else { return try body(bytes) }
    shown = buffer
    defer { shown = nil }
    return try HeldBytes.buffer(buffer, 0..<buffer.count).lend(body)
  }

  // MARK: Settling

  /// A socket has gone.
  func forget(_ socket: DeferredSocket) {
    if caller === socket { caller = nil }
  }

  /// Remembers that a socket waits.
  func list(_ socket: DeferredSocket) {
    if socket.isListed { return }
    socket.isListed = true
    waiting.append(socket)
  }

  /// Whether anything waits.
  package var isIdle: Bool { waiting.isEmpty }

  /// Waits for all answers and carries them out: the sockets in turn, each as far as its answers have
  /// come.
  package func settleAll() {
    guard !waiting.isEmpty else { return }
    host.withContext { context in
      while !waiting.isEmpty {
        var isDone = false
        for socket in waiting where socket.advance(&context) { isDone = true }
        if isDone { removeDone() } else { waitForAnswers(of: waiting) }
      }
    }
  }

  /// Waits for the answers about one socket and carries them out.
  func settle(_ socket: DeferredSocket, _ context: inout Context) {
    guard socket.isListed else { return }
    while socket.isWaiting, !socket.advance(&context) { waitForAnswers(of: [socket]) }
    removeDone()
  }

  private func removeDone() {
    waiting.removeAll { socket in
      if socket.isWaiting { return false }
      socket.isListed = false
      return true
    }
  }

  private func waitForAnswers(of sockets: [DeferredSocket]) {
    // The tickets of a queue end in its order.
    guard let deadline = sockets.compactMap({ $0.firstOpenTicket?.deadline }).min() else { return }
    if bell.wait(until: deadline) { return }
    let now = ContinuousClock.now
    for socket in sockets {
      socket.forEachOpenTicket { ticket in
        if ticket.deadline <= now { _ = ticket.end(.expired) }
      }
    }
  }

  // MARK: Peeks

  func nextPeekNumber() -> UInt64 {
    peekCount &+= 1
    return peekCount
  }

  func notePeek(_ peek: Peek, of socket: DeferredSocket, _ direction: Direction, at index: Int) {
    peeks.add(
      PeekList.Entry(
        number: peek.number, start: peek.start, socket: socket, direction: direction, link: index),
      bytes: peek.bytes.count, shard: socket.shard)
  }

  func growPeek(by bytes: Int, ofShard shard: Int) { peeks.grow(by: bytes, shard: shard) }

  func forgetPeek(bytes: Int, ofShard shard: Int) { peeks.remove(bytes: bytes, shard: shard) }

  /// Peeks that began by then have lasted for as long as they may; `nil` where they may last for ever.
  func latestStart(at time: Timestamp) -> Timestamp? {
    guard let timeout = configuration.peekTimeout else { return nil }
    return time.advanced(by: -timeout.nanoseconds)
  }

  func noteFinalPeek(_ reason: FinalReason) {
    counts.finalPeeks += 1
    switch reason {
    case .peekLimit: counts.peeksAtLimit += 1
    case .buffersShort, .spoolFull: counts.peeksForRoom += 1
    case .peekTimeout: counts.peeksTimedOut += 1
    case .fin, .reset, .gap, .endOfInput, .timeout, .evicted, .superseded: break
    }
  }

  /// Makes those peeks final that have lasted for as long as they may, and the oldest of a shard whose
  /// peeks take more than its share of the memory.
  ///
  /// - Parameter packet: the last one, by which packet time has come so far.
  package func endPeeks(with packet: PacketInfo) {
    if peeks.isEmpty { return }
    while let (entry, reason) = nextToEnd(at: packet.timestamp) {
      host.withContext { context in
        entry.socket.finishPeek(
          entry.direction, reason, at: entry.link, packet, host.nextStep(), &context)
      }
      // What was shown may make another link peek, which counts as well.
      settleAll()
    }
  }

  private func nextToEnd(at time: Timestamp) -> (PeekList.Entry, FinalReason)? {
    if let latest = latestStart(at: time), let entry = peeks.any(begunBy: latest) {
      return (entry, .peekTimeout)
    }
    return peeks.oldest(beyond: configuration.peekBytesPerShard).map { ($0, .buffersShort) }
  }

  // MARK: Edits

  /// What is kept of the edits of a socket changes.
  func countKeptEdits(_ socket: DeferredSocket, from old: Int, to new: Int) {
    keptEdits[socket.shard] += new - old
    allKeptEdits += new - old
    if (old == 0) != (new == 0) {
      edited[socket.shard][socket.id.sequence] = new == 0 ? nil : socket
    }
  }

  /// Whether the edits of a shard took all their room at the end of the last stretch: then no other is
  /// possible before its streams are acknowledged, or end.
  func isShortOfEdits(_ shard: Int) -> Bool { isShort[shard] }

  /// At the end of a stretch, when all is decided, so that it does not depend on when answers came.
  package func noteKeptEdits() {
    if hasDepartures { noteDepartures() }
    if allKeptEdits <= configuration.editBytesPerShard, !isAnyShort { return }
    for shard in keptEdits.indices where keptEdits[shard] > configuration.editBytesPerShard {
      for socket in edited[shard].values { socket.forgetAcknowledgedEdits() }
    }
    for shard in keptEdits.indices {
      isShort[shard] = keptEdits[shard] > configuration.editBytesPerShard
    }
    isAnyShort = isShort.contains(true)
  }

  // MARK: Connections that have gone

  func countDeparture(ofShard shard: Int) {
    hasDepartures = true
    departureCounts[shard] += 1
  }

  /// It was dropped since: its changes need not be kept in mind.
  func uncountDeparture(ofShard shard: Int) { departureCounts[shard] -= 1 }

  private func noteDepartures() {
    for shard in departureCounts.indices {
      isShortOfDepartures[shard] = departureCounts[shard] >= configuration.departuresPerShard
    }
  }

  /// Whether so many connections have to be kept in mind that no other may be changed.
  func isShortOfDepartures(_ shard: Int) -> Bool { isShortOfDepartures[shard] }

  func keep(_ departure: Departure) -> DepartureMemo { departures.add(departure) }

  /// What was kept of a connection that goes on: its socket has it now.
  func takeDeparture(_ memo: DepartureMemo) -> Departure { departures.remove(memo) }

  /// Another connection has the ports of one that has gone.
  package func forget(departed memo: DepartureMemo, shard: Int) {
    if memo == .dropped { return }
    _ = departures.remove(memo)
    departureCounts[shard] -= 1
  }

  /// What becomes of a packet of a connection that has gone.
  package func outcome(
    of packet: CapturedPacket, ofDeparted memo: DepartureMemo, datagram: [UInt8]?
  ) -> PacketOutcome {
    departures[memo].outcome(of: packet, datagram: datagram)
  }

  // MARK: Packets that wait to be written

  /// A socket whose oldest undecided packet came before a place among all packets.
  package func oldestUndecided(before position: UInt64) -> UndecidedPacket? {
    undecided.oldest(before: position)
  }

  /// Lets what is there of a direction be decided about, as no more is waited for; `false` where
  /// nothing peeks.
  package func endPeeks(blocking packet: UndecidedPacket, with last: PacketInfo) -> Bool {
    guard packet.socket.isPeekedAt(packet.direction) else { return false }
    counts.spoolReached += 1
    host.withContext { context in
      packet.socket.finishPeeks(packet.direction, .spoolFull, last, host.nextStep(), &context)
    }
    return true
  }

  package func noteHoleGivenUp() { counts.spoolReached += 1 }

  /// Lets a packet be written that nothing can decide about.
  package func giveUp(_ packet: UndecidedPacket) {
    counts.packetsGivenUp += 1
    packet.socket.giveUpOldest()
  }
}

extension Duration {
  /// Saturates.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow
      ? .max : product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
  }
}
