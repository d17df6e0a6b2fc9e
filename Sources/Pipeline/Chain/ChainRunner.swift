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
  /// For each shard the slots of its sockets: those of socket i begin at i × links.
  private let slots: ReservedArray<ReservedArray<ChainSlot>>
  /// One element, in place, so that lending it costs no dynamic exclusivity check.
  private let contexts: ReservedArray<Context>
  private let isSelected: (@Sendable (SocketInfo) -> Bool)?
  private(set) var reports: [RunSummary.Analyzer]
  private(set) var weirds: [Weird: UInt64] = [:]
  /// Whether the BPF filter of a link matches a packet of the batch at hand.
  var filterMatches: (_ link: Int, _ ordinal: UInt64) -> Bool = { _, _ in true }
  /// Packets of selected sockets, when only those are written (`--flow` with `-w`).
  var selectedPackets: Set<UInt64> = []
  /// What the selected sockets amount to, with `--flow`.
  private(set) var selectedCounts = ReassemblyCounts()

  init(_ configuration: RunConfiguration, socketsPerShard: Int, emitter: RecordEmitter) {
    self.emitter = emitter
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

  func prefetch(shard: Int, index: Int) { slots[shard].prefetch(index &* linkCount) }

  func attached(_ socket: SocketView, packet: PacketInfo) -> SocketInterest {
    let info = socket.info
    var interest: Interest = []
    let selected = isSelected?(info) ?? true
    let base = socket.index &* linkCount
    for link in 0..<linkCount {
      let slot = selected ? links[link].attach(to: info, packet, self) : .empty
      interest.formUnion(slot.interest)
      // Places of sockets that have gone are used again.
      if base &+ link < slots[socket.shard].count {
        slots[socket.shard][base &+ link] = slot
      } else {
        slots[socket.shard].append(slot)
      }
    }
    var wanted = SocketInterest(rawValue: interest.rawValue)
    if isSelected != nil && selected {
      // The packets to be written, and the end, when it is counted.
      wanted.formUnion([.packets, .events])
      selectedCounts.add(info.transport)
    }
    return wanted
  }

  /// What all links together want of a socket.
  private func interest(in socket: SocketView) -> SocketInterest {
    var all: Interest = []
    for link in 0..<linkCount {
      all.formUnion(slots[socket.shard][socket.index * linkCount + link].interest)
    }
    return SocketInterest(rawValue: all.rawValue)
  }

  func data(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest? {
    begin(socket, packet)
    let wanted: Interest = direction == .out ? .dataOut : .dataIn
    // Bytes are bytes: no alignment and no invalid pattern.
    let chunk = unsafe Chunk(
      bytes._unsafeView(as: UInt8.self), direction: direction, offset: offset)
    var changed = false
    let base = socket.index &* linkCount
    for link in 0..<linkCount {
      guard slots[socket.shard][base &+ link].interest.contains(wanted) else { continue }
      contexts[0].link = link
      do {
        let verdict = try slots[socket.shard][base &+ link].data(chunk, &contexts[0])
        if case .allow = verdict { continue }
        if carryOut(verdict, link, socket) { changed = true }
      } catch {
        fail(link, socket, error)
        changed = true
      }
    }
    return changed ? remainingInterest(in: socket) : nil
  }

  func event(_ event: SocketEvent, of socket: SocketView, packet: PacketInfo) {
    begin(socket, packet)
    if case .detached = event, isSelected != nil { selectedCounts.add(socket.info) }
    for link in 0..<linkCount {
      let place = socket.index * linkCount + link
      guard slots[socket.shard][place].interest.contains(.events) else { continue }
      contexts[0].link = link
      do {
        try slots[socket.shard][place].event(event, &contexts[0])
      } catch {
        fail(link, socket, error)
      }
      if case .detached = event { slots[socket.shard][place] = .empty }
    }
  }

  func packet(_ packet: PacketInfo, of socket: SocketView) {
    selectedPackets.insert(packet.ordinal)
  }

  func weird(_ name: Weird, packet: PacketInfo) { weirds[name, default: 0] += 1 }

  @inline(__always)
  private func begin(_ socket: SocketView, _ packet: PacketInfo) {
    emitter.socket = socket
    emitter.packet = packet
    contexts[0].packet = packet
  }

  /// Carries out a verdict other than `allow`; `true` when the link wants nothing more.
  @inline(never)
  private func carryOut(_ verdict: Verdict, _ link: Int, _ socket: SocketView) -> Bool {
    if case .bypass = verdict {
      slots[socket.shard][socket.index * linkCount + link] = .empty
      return true
    }
    reports[link].refused[verdict.name, default: 0] += 1
    return false
  }

  /// An analyzer threw: the socket goes on without it.
  @inline(never)
  private func fail(_ link: Int, _ socket: SocketView, _ error: any Error) {
    reports[link].failures += 1
    if reports[link].firstFailure == nil { reports[link].firstFailure = "\(error)" }
    slots[socket.shard][socket.index * linkCount + link] = .empty
  }

  private func remainingInterest(in socket: SocketView) -> SocketInterest {
    var remaining = interest(in: socket)
    // The packets to be written, and the end, when it is counted.
    if isSelected != nil { remaining.formUnion([.packets, .events]) }
    return remaining
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
