import Analysis
import Buffers
import Deferral
import Reassembly
import Sockets
import Wire

/// Joins the sockets of a reassembler to the analyzers of the chain: asks who wants a socket, calls
/// the links in order. What they answer at once, and simply, is carried out here; a socket of which
/// something has to wait is handed to the deferral stage.
final class ChainRunner: SocketHandler {
  let emitter: RecordEmitter
  let linkCount: Int
  private let links: ReservedArray<LinkAttacher>
  let names: [String]
  /// Of a chain of several links, for each shard the slots of its sockets: those of socket i begin at
  /// i × links.
  let slots: ReservedArray<ReservedArray<ChainSlot>>
  /// One element, in place, so that lending it costs no dynamic exclusivity check.
  let contexts: ReservedArray<Context>
  let isSelected: (@Sendable (SocketInfo) -> Bool)?
  var reports: [RunSummary.Analyzer]
  /// Nobody looks at it while it is counted up.
  @exclusivity(unchecked) var weirds = WeirdTotals()
  /// Those of sockets that do not count them.
  var uncounted: [ShardWeird: UInt64] = [:]
  /// Those of packets of the batch that belong to no socket.
  @exclusivity(unchecked) var strays: [StrayNote] = []
  /// Packets of no socket with payload that nobody was shown.
  private(set) var strayUnseen = UnseenCounts()
  /// Whether an analyzer may have changed what is written.
  private(set) var mayHaveDecided = false
  private var filters: LinkFilters
  /// The packets at hand.
  private(set) var batch: ElementReference<Batch>?
  private let fates = FateBook()
  /// What the selected sockets amount to, with `--flow`.
  private(set) var selectedCounts = ReassemblyCounts()
  let deferralConfiguration: DeferralConfiguration
  /// No chunk is larger.
  private let largestChunk: Int
  private(set) lazy var deferral = DeferralStage(
    deferralConfiguration, host: self, fates: fates)
  /// Where a chain that lacks a client says so.
  let absence: ClientAbsence

  init(
    _ configuration: RunConfiguration, socketsPerShard: Int, filters: LinkFilters,
    emitter: RecordEmitter, absence: ClientAbsence
  ) {
    self.emitter = emitter
    self.filters = filters
    self.absence = absence
    linkCount = configuration.chain.count
    names = configuration.chain.map(\.name)
    var links = ReservedArray<LinkAttacher>(capacity: linkCount)
    for (number, link) in configuration.chain.enumerated() {
      links.append(LinkAttacher(link, number: number))
    }
    self.links = links
    isSelected = configuration.isSelected
    reports = configuration.chain.map { RunSummary.Analyzer(name: $0.name) }
    var slots = ReservedArray<ReservedArray<ChainSlot>>(
      capacity: ReassemblyConfiguration.shardCount)
    for _ in 0..<ReassemblyConfiguration.shardCount {
      slots.append(ReservedArray(capacity: socketsPerShard * max(linkCount, 1)))
    }
    self.slots = slots
    var contexts = ReservedArray<Context>(capacity: 1)
    contexts.append(Context(engine: emitter))
    self.contexts = contexts
    deferralConfiguration = configuration.deferral
    largestChunk = configuration.deferral.isThroughPool ? -1 : configuration.deferral.bufferSize
    emitter.holder = { [unowned self] chunk in
      deferral.hold(chunk, of: self.emitter.currentSocket().id, caller)
    }
    emitter.complete = { [unowned self] socket in
      // With `self`, so that the parameter of the same name is not kept.
      self.emitter.socket.flatMap(deferred)?.addStatistics(to: &socket)
    }
  }

  /// The packets that are coming up.
  func begin(_ batch: ElementReference<Batch>) {
    self.batch = batch
    fates.batch = batch
    emitter.begin(batch)
  }

  /// The batch goes on; what becomes of its packets from here on is told later.
  func end() {
    batch = nil
    fates.batch = nil
  }

  /// At the end of a stretch of packets that is the same in every run: what waits for answers gets
  /// them now, and what may wait no longer is decided with what is there.
  func settle(at end: ElementReference<Batch>, _ reassembler: Reassembler) {
    guard linkCount > 0 else { return }
    deferral.settleAll()
    guard let last = end.element.packets.lastPacket else { return }
    deferral.endPeeks(
      with: PacketInfo(ordinal: last.ordinal, timestamp: end.element.packets.time))
    deferral.noteKeptEdits()
    guard deferralConfiguration.writesPackets,
      end.element.spoolEnd > deferralConfiguration.spoolBytes
    else { return }
    let edge = end.element.spoolEnd - deferralConfiguration.spoolBytes
    while let packet = deferral.oldestUndecided(before: edge) {
      if deferral.endPeeks(blocking: packet, with: last) {
        deferral.settleAll()
      } else if reassembler.giveUpHole(of: packet.socket.id, packet.direction, with: last) {
        deferral.noteHoleGivenUp()
        deferral.settleAll()
      } else {
        deferral.giveUp(packet)
      }
    }
  }

  /// Behind the last packet: what waits for answers gets them while it still counts as that packet's
  /// or an earlier one's, so that what it writes has the place that it has when nothing waits.
  func settleBehindLast() {
    if linkCount > 0 { deferral.settleAll() }
  }

  /// Whether something waits for an answer, so that what it will write is still to come.
  var isWaiting: Bool { linkCount > 0 && !deferral.isIdle }

  func takeLaterFates() -> [LaterFate] { fates.takeLater() }

  /// Whether the BPF filter of a link matches a packet of the batch at hand.
  func filterMatches(_ link: Int, _ ordinal: UInt64) -> Bool {
    guard let batch, let index = batch.element.index(ofPacket: ordinal) else { return false }
    return filters.matches(link, batch.element.packets.frames[index])
  }

  /// The analyzer of a chain's only link lies in the socket itself.
  var isSole: Bool { linkCount == 1 }

  var keepsMore: Bool { !isSole }

  func prefetch(shard: Int, index: Int) { slots[shard].prefetch(index &* linkCount) }

  // MARK: Sockets

  func attached(_ socket: SocketView, packet: PacketInfo) -> SocketInterest {
    attached(socket, packet: packet, resuming: .none)
  }

  func attached(_ socket: SocketView, packet: PacketInfo, resuming memo: DepartureMemo)
    -> SocketInterest
  {
    // Handed on where it is: it is large.
    attached(socket, socket.info, packet, memo)
  }

  private func attached(
    _ socket: SocketView, _ info: SocketInfo, _ packet: PacketInfo, _ memo: DepartureMemo
  ) -> SocketInterest {
    let isSelected = isSelected?(info) ?? true
    var interest: Interest = []
    var decides = false
    var lacksClient = false
    if isSole {
      let slot = isSelected ? links[0].attach(to: info, packet, self) : .empty
      interest = slot.interest
      decides = slot.decides
      lacksClient = slot.lacksClient
      socket.room.initialize(to: slot.attached)
    } else {
      interest = fillSlots(of: socket, info, isSelected, packet, &decides, &lacksClient)
    }
    if self.isSelected != nil && isSelected { selectedCounts.add(info.transport) }
    // Whoever looks at it now: what was changed of it stays changed.
    if memo != .none { _ = makeDeferred(socket, interest, resuming: memo) }
    if lacksClient { return attachedWithoutClient(socket, interest, packet) }
    // Where packets are written, those that somebody may decide about are kept account of.
    if decides { mayHaveDecided = true }
    if decides && deferralConfiguration.writesPackets || memo != .none {
      let deferred = makeDeferred(socket, interest)
      return wanted(of: deferred)
    }
    return wanted(interest, isSelected)
  }

  private func fillSlots(
    of socket: SocketView, _ info: SocketInfo, _ isSelected: Bool, _ packet: PacketInfo,
    _ decides: inout Bool, _ lacksClient: inout Bool
  ) -> Interest {
    var interest: Interest = []
    let base = socket.index &* linkCount
    for link in 0..<linkCount {
      let slot = isSelected ? links[link].attach(to: info, packet, self) : .empty
      interest.formUnion(slot.interest)
      decides = decides || slot.decides
      lacksClient = lacksClient || slot.lacksClient
      // Places of sockets that have gone are used again.
      if base &+ link < slots[socket.shard].count {
        slots[socket.shard][base &+ link] = slot
      } else {
        slots[socket.shard].append(slot)
      }
    }
    return interest
  }

  /// What the reassembler is to tell of a socket.
  func wanted(_ interest: Interest, _ isSelected: Bool) -> SocketInterest {
    var wanted = SocketInterest(rawValue: interest.rawValue & Interest.all.rawValue)
    // With `--flow`: the packets to be written.
    if self.isSelected != nil && isSelected { wanted.insert(.packets) }
    return wanted
  }

  @inline(__always)
  func sole(of socket: SocketView) -> ElementReference<AttachedAnalyzer> {
    unsafe socket.room.reference(to: AttachedAnalyzer.self)
  }

  @inline(__always)
  func chain(of socket: SocketView) -> ElementReferences<ChainSlot> {
    slots[socket.shard].references(from: socket.index &* linkCount, count: linkCount)
  }

  func detached(_ socket: SocketView, packet: PacketInfo) {
    if isSole {
      sole(of: socket).element = .none
    } else {
      let chain = chain(of: socket)
      for link in 0..<chain.count { chain[link] = .empty }
    }
    if isSelected != nil { countSelected(socket) }
  }

  // MARK: Data and events

  func data(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest? {
    if bytes.byteCount > largestChunk {
      return dataInPieces(bytes, direction, at: offset, of: socket, packet: packet)
    }
    return dataInOne(bytes, direction, at: offset, of: socket, packet: packet)
  }

  @inline(__always)
  private func dataInOne(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest? {
    begin(socket, packet)
    // Bytes are bytes: no alignment and no invalid pattern.
    let chunk = unsafe Chunk(
      bytes._unsafeView(as: UInt8.self), direction: direction, offset: offset)
    guard isSole else { return passDown(chunk, socket) }
    do {
      let verdict = try sole(of: socket).element.data(chunk, &contexts[0])
      if case .allow = verdict, contexts[0].injections.isEmpty { return nil }
      return carryOut(verdict, chunk, at: 0, socket)
    } catch {
      return fail(error, chunk, at: 0, socket)
    }
  }

  /// More than a buffer holds, or all through the pool.
  @inline(never)
  private func dataInPieces(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest? {
    // A datagram stays in one piece, be it larger than a buffer.
    if socket.isDatagrams, bytes.byteCount > deferralConfiguration.bufferSize {
      return dataInOne(bytes, direction, at: offset, of: socket, packet: packet)
    }
    var interest: SocketInterest?
    var start = 0
    while start < bytes.byteCount {
      let end = min(start + deferralConfiguration.bufferSize, bytes.byteCount)
      let piece = bytes.extracting(start..<end)
      let place = offset &+ UInt64(start)
      let change: SocketInterest?
      if deferralConfiguration.isThroughPool, let buffer = deferral.window(on: piece) {
        change = dataInOne(buffer.bytes, direction, at: place, of: socket, packet: packet)
      } else {
        change = dataInOne(piece, direction, at: place, of: socket, packet: packet)
      }
      if let change {
        interest = change
        // Whoever wants no more of it gets no more of it.
        if change.isDisjoint(with: direction == .out ? .dataOut : .dataIn) { break }
      }
      start = end
    }
    return interest
  }

  /// Shows a chunk to the links of a chain, in their order.
  func passDown(
    _ chunk: borrowing Chunk, _ socket: SocketView, from first: Int = 0
  ) -> SocketInterest? {
    let chain = chain(of: socket)
    let interest: Interest = chunk.direction == .out ? .dataOut : .dataIn
    for link in first..<chain.count where chain[link].interest.contains(interest) {
      contexts[0].link = link
      emitter.link = link
      do {
        let verdict = try chain[link].attached.data(chunk, &contexts[0])
        if case .allow = verdict, contexts[0].injections.isEmpty { continue }
        return carryOut(verdict, chunk, at: link, socket)
      } catch {
        return fail(error, chunk, at: link, socket)
      }
    }
    return nil
  }

  func event(
    _ event: SocketEvent, of socket: SocketView, packet: PacketInfo
  ) -> SocketInterest? {
    begin(socket, packet)
    guard isSole else { return passDown(event, socket) }
    do {
      try sole(of: socket).element.event(event, &contexts[0])
      return contexts[0].asksForNothing ? nil : decide(at: 0, socket)
    } catch {
      return fail(error, inEventAt: 0, socket)
    }
  }

  func passDown(_ event: SocketEvent, _ socket: SocketView) -> SocketInterest? {
    let chain = chain(of: socket)
    for link in 0..<chain.count where chain[link].interest.contains(.events) {
      contexts[0].link = link
      emitter.link = link
      do {
        try chain[link].attached.event(event, &contexts[0])
        if contexts[0].asksForNothing { continue }
        _ = decide(at: link, socket)
      } catch {
        _ = fail(error, inEventAt: link, socket)
      }
      // The others are behind the deferred socket now.
      return handOver(socket) { $0.resume(event, behind: link, &$1) }
    }
    return nil
  }

  func packet(_ packet: CapturedPacket, of socket: SocketView) {
    guard let batch, let index = batch.element.index(ofPacket: packet.info.ordinal) else { return }
    guard let deferred = deferred(socket) else {
      batch.element.fates[index] = .written
      return
    }
    batch.element.fates[index] = .open
    if packet.traits.contains(.fragmented) {
      takeWhole(packet, at: index, of: deferred, batch)
    } else if packet.hasMoreToRead(in: batch.element.packets.frames[index].bytes) {
      var packet = packet
      packet.readOptions(in: batch.element.packets.frames[index].bytes)
      take(packet, datagram: nil, at: index, of: deferred, batch)
    } else {
      take(packet, datagram: nil, at: index, of: deferred, batch)
    }
  }

  /// The same of a packet that was put together from fragments: its header lies in no frame.
  private func takeWhole(
    _ packet: CapturedPacket, at index: Int, of deferred: DeferredSocket,
    _ batch: ElementReference<Batch>
  ) {
    var packet = packet
    let datagram = wholeDatagram(of: &packet, at: index, batch)
    take(packet, datagram: datagram, at: index, of: deferred, batch)
  }

  private func take(
    _ packet: CapturedPacket, datagram: [UInt8]?, at index: Int, of deferred: DeferredSocket,
    _ batch: ElementReference<Batch>
  ) {
    let position = batch.element.spoolStart
    if let outcome = deferred.outcome(of: packet, datagram: datagram, at: position) {
      batch.element.setFate(outcome, at: index)
    }
  }

  func departing(_ socket: SocketView, ends: [2 of Int64]) -> DepartureMemo {
    deferred(socket)?.depart(ends: ends) ?? .none
  }

  func forget(departed memo: DepartureMemo, shard: Int) {
    deferral.forget(departed: memo, shard: shard)
  }

  func packet(_ packet: CapturedPacket, ofDeparted memo: DepartureMemo, shard: Int) {
    guard let batch, let index = batch.element.index(ofPacket: packet.info.ordinal) else { return }
    guard memo != .none, deferralConfiguration.writesPackets else {
      batch.element.fates[index] = .written
      return
    }
    var packet = packet
    let datagram = wholeDatagram(of: &packet, at: index, batch)
    if datagram == nil, packet.hasMoreToRead(in: batch.element.packets.frames[index].bytes) {
      packet.readOptions(in: batch.element.packets.frames[index].bytes)
    }
    let outcome = deferral.outcome(of: packet, ofDeparted: memo, datagram: datagram)
    batch.element.setFate(outcome, at: index)
  }

  /// What the fragments of a packet were put together to, in which its options are read; `nil` for
  /// one that was none.
  private func wholeDatagram(
    of packet: inout CapturedPacket, at index: Int, _ batch: ElementReference<Batch>
  ) -> [UInt8]? {
    guard packet.traits.contains(.fragmented),
      let datagram = batch.element.packets.datagram(ofPacketAt: index)
    else { return nil }
    if packet.hasMoreToRead(in: datagram.span.bytes) {
      packet.readOptions(in: datagram.span.bytes)
    }
    return datagram
  }

  func refused(_ packet: PacketInfo, of socket: SocketView) {
    deferred(socket)?.refuse(packet.ordinal)
  }

  func untaken(
    _ text: UntakenText, _ reason: UnseenReason, _ packet: PacketInfo, of socket: SocketView?
  ) {
    if let socket {
      deferred(socket)?.noteUntaken(text, reason, packet.ordinal)
      return
    }
    strayUnseen.add(reason)
    guard deferralConfiguration.dropsUnseen, let batch,
      let index = batch.element.index(ofPacket: packet.ordinal)
    else { return }
    batch.element.fates[index] = .leftOut
  }

  @inline(__always)
  func begin(_ socket: SocketView, _ packet: PacketInfo) {
    emitter.socket = socket
    if emitter.isLate { emitter.snapshot = nil }
    emitter.packet = packet
    emitter.calls &+= 1
    emitter.step = emitter.calls
    contexts[0].packet = packet
  }

  @inline(never)
  private func countSelected(_ socket: SocketView) {
    let info = socket.info
    if isSelected?(info) ?? true { selectedCounts.add(info) }
  }

  /// After the last socket: what the analyzers have to say of the whole run.
  func finish() {
    emitter.socket = nil
    emitter.snapshot = nil
    for link in 0..<linkCount {
      emitter.link = link
      var context = FinishContext(engine: emitter)
      links[link].finish(&context)
      reports[link].statements = context.summaries
    }
  }
}

extension ReassemblyCounts {
  /// Counts a socket at its start.
  fileprivate mutating func add(_ transport: SocketInfo.Transport) {
    switch transport {
    case .tcp: tcpSockets += 1
    case .udp: udpSockets += 1
    }
  }

  /// Counts at its end what a socket brought.
  fileprivate mutating func add(_ socket: SocketInfo) {
    for direction in Direction.allCases {
      streamBytes &+= socket[direction].streamBytes
      gaps &+= UInt64(socket[direction].gaps)
      gapBytes &+= socket[direction].gapBytes
    }
  }
}
