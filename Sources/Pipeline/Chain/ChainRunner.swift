import Analysis
import Buffers
import Reassembly
import Sockets
import Wire

/// Joins the sockets of a reassembler to the analyzers of the chain: asks who wants a socket, calls
/// the links in order, carries out what they answer.
final class ChainRunner: SocketHandler {
  let emitter: RecordEmitter
  private let links: ReservedArray<LinkAttacher>
  private let linkCount: Int
  /// Of a chain of several links, for each shard the slots of its sockets: those of socket i begin at
  /// i × links.
  private let slots: ReservedArray<ReservedArray<ChainSlot>>
  /// One element, in place, so that lending it costs no dynamic exclusivity check.
  private let contexts: ReservedArray<Context>
  private let isSelected: (@Sendable (SocketInfo) -> Bool)?
  private(set) var reports: [RunSummary.Analyzer]
  private(set) var weirds: [Weird: UInt64] = [:]
  private var filters: LinkFilters
  /// The packets at hand.
  private var batch: ElementReference<Batch>?
  /// What the selected sockets amount to, with `--flow`.
  private(set) var selectedCounts = ReassemblyCounts()

  init(
    _ configuration: RunConfiguration, socketsPerShard: Int, filters: LinkFilters,
    emitter: RecordEmitter
  ) {
    self.emitter = emitter
    self.filters = filters
    linkCount = configuration.chain.count
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
  }

  /// The packets that are coming up.
  func begin(_ batch: ElementReference<Batch>) {
    self.batch = batch
    emitter.begin(batch)
  }

  /// Whether the BPF filter of a link matches a packet of the batch at hand.
  func filterMatches(_ link: Int, _ ordinal: UInt64) -> Bool {
    guard let batch, let index = batch.element.index(ofPacket: ordinal) else { return false }
    return filters.matches(link, batch.element.packets.frames[index])
  }

  /// The analyzer of a chain's only link lies in the socket itself.
  private var isSole: Bool { linkCount == 1 }

  var keepsMore: Bool { !isSole }

  func prefetch(shard: Int, index: Int) { slots[shard].prefetch(index &* linkCount) }

  func attached(_ socket: SocketView, packet: PacketInfo) -> SocketInterest {
    let info = socket.info
    let isSelected = isSelected?(info) ?? true
    var interest: Interest = []
    if isSole {
      let slot = isSelected ? links[0].attach(to: info, packet, self) : .empty
      interest = slot.interest
      socket.room.initialize(to: slot.attached)
    } else {
      interest = fillSlots(of: socket, info, isSelected, packet)
    }
    if self.isSelected != nil && isSelected { selectedCounts.add(info.transport) }
    return wanted(interest, isSelected)
  }

  private func fillSlots(
    of socket: SocketView, _ info: SocketInfo, _ isSelected: Bool, _ packet: PacketInfo
  ) -> Interest {
    var interest: Interest = []
    let base = socket.index &* linkCount
    for link in 0..<linkCount {
      let slot = isSelected ? links[link].attach(to: info, packet, self) : .empty
      interest.formUnion(slot.interest)
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
  private func wanted(_ interest: Interest, _ isSelected: Bool) -> SocketInterest {
    var wanted = SocketInterest(rawValue: interest.rawValue)
    // With `--flow`: the packets to be written.
    if self.isSelected != nil && isSelected { wanted.insert(.packets) }
    return wanted
  }

  @inline(__always)
  private func sole(of socket: SocketView) -> ElementReference<AttachedAnalyzer> {
    unsafe socket.room.reference(to: AttachedAnalyzer.self)
  }

  @inline(__always)
  private func chain(of socket: SocketView) -> ElementReferences<ChainSlot> {
    slots[socket.shard].references(from: socket.index &* linkCount, count: linkCount)
  }

  func data(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest? {
    begin(socket, packet)
    // Bytes are bytes: no alignment and no invalid pattern.
    let chunk = unsafe Chunk(
      bytes._unsafeView(as: UInt8.self), direction: direction, offset: offset)
    guard isSole else { return passDown(chunk, chain(of: socket)) }
    do {
      let verdict = try sole(of: socket).element.data(chunk, &contexts[0])
      if case .allow = verdict { return nil }
      guard ends(verdict, 0) else { return nil }
    } catch {
      noteFailure(0, error)
    }
    sole(of: socket).element = .none
    return wanted([], true)
  }

  /// Shows a chunk to the links of a chain, in their order.
  private func passDown(
    _ chunk: borrowing Chunk, _ chain: ElementReferences<ChainSlot>
  ) -> SocketInterest? {
    let interest: Interest = chunk.direction == .out ? .dataOut : .dataIn
    var hasChanged = false
    for link in 0..<chain.count where chain[link].interest.contains(interest) {
      contexts[0].link = link
      emitter.link = link
      do {
        let verdict = try chain[link].attached.data(chunk, &contexts[0])
        if case .allow = verdict { continue }
        guard ends(verdict, link) else { continue }
      } catch {
        noteFailure(link, error)
      }
      chain[link] = .empty
      hasChanged = true
    }
    guard hasChanged else { return nil }
    var remaining: Interest = []
    for link in 0..<chain.count { remaining.formUnion(chain[link].interest) }
    return wanted(remaining, true)
  }

  func event(_ event: SocketEvent, of socket: SocketView, packet: PacketInfo) {
    begin(socket, packet)
    guard isSole else { return passDown(event, chain(of: socket)) }
    do {
      try sole(of: socket).element.event(event, &contexts[0])
    } catch {
      noteFailure(0, error)
      sole(of: socket).element = .none
    }
  }

  private func passDown(_ event: SocketEvent, _ chain: ElementReferences<ChainSlot>) {
    for link in 0..<chain.count where chain[link].interest.contains(.events) {
      contexts[0].link = link
      emitter.link = link
      do {
        try chain[link].attached.event(event, &contexts[0])
      } catch {
        noteFailure(link, error)
        chain[link] = .empty
      }
    }
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

  func packet(_ packet: PacketInfo, of socket: SocketView) {
    guard let batch, let index = batch.element.index(ofPacket: packet.ordinal) else { return }
    batch.element.fates[index] = .written
  }

  func weird(_ name: Weird, packet: PacketInfo) { weirds[name, default: 0] += 1 }

  @inline(__always)
  private func begin(_ socket: SocketView, _ packet: PacketInfo) {
    emitter.socket = socket
    emitter.packet = packet
    emitter.step &+= 1
    contexts[0].packet = packet
  }

  /// Whether a verdict other than `allow` means that the link wants nothing more of the socket.
  @inline(never)
  private func ends(_ verdict: Verdict, _ link: Int) -> Bool {
    if case .bypass = verdict { return true }
    reports[link].refused[verdict.name, default: 0] += 1
    return false
  }

  /// An analyzer threw: the socket goes on without it.
  @inline(never)
  private func noteFailure(_ link: Int, _ error: any Error) {
    reports[link].failures += 1
    if reports[link].firstFailure == nil {
      reports[link].firstFailure = "\(error)"
      reports[link].firstFailurePacket = emitter.packet.ordinal
    }
  }

  @inline(never)
  private func countSelected(_ socket: SocketView) {
    let info = socket.info
    if isSelected?(info) ?? true { selectedCounts.add(info) }
  }

  /// After the last socket: what the analyzers have to say of the whole run.
  func finish() {
    emitter.socket = nil
    for link in 0..<linkCount {
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
