import Buffers
import Sockets
import Wire

/// One of the 64 parts of the flow table, with all that its sockets need. Nothing is shared between
/// shards, so that any number of workers comes to the same result.
///
/// Its methods are `mutating` even where they only look: to lend a struct of this size to a method
/// that may not change it, Swift copies it first.
struct Shard: ~Copyable {
  // What every packet needs comes first, side by side: all shards together fill the nearest cache.
  /// The packet that whatever happens is caused by.
  var packet = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
  let handler: any SocketHandler
  var table = HashIndex()
  var sockets: ReservedArray<SocketObject>
  var journal: DeliveryJournal
  let configuration: ReassemblyConfiguration

  let number: Int
  let hash: FlowHash
  /// What the packet came out of.
  var tunnel: Tunnel?
  private var details: DetailStore
  var wheel = TimerWheel()
  private(set) var evictions: EvictionOrder
  /// Made when the first connection goes: most shards of a short run never need it.
  var departed: DepartedSockets?
  var queue: SegmentQueue
  /// The text of the segment at hand, where that lies in its frame, and how far before it its IP header
  /// begins.
  var textAtHand: (bytes: LentBytes, headers: Int)?
  /// Whether text that comes out of a queue lies in a frame that stays.
  var isTextLent = false
  var counts = ReassemblyCounts()
  /// Index + 1 of the first free object below `sockets.count`.
  private var firstFree: UInt32 = 0

  init(number: Int, configuration: ReassemblyConfiguration, handler: any SocketHandler) {
    self.number = number
    self.configuration = configuration
    self.handler = handler
    hash = FlowHash(seed: configuration.hashSeed)
    sockets = ReservedArray(capacity: configuration.socketsPerShard)
    evictions = EvictionOrder(capacity: configuration.socketsPerShard)
    details = DetailStore(capacity: configuration.detailsPerShard)
    journal = DeliveryJournal(
      capacity: configuration.journalEntriesPerShard,
      reach: configuration.journalBytesPerShard, framesStay: configuration.framesStay,
      looks: configuration.lateLooks)
    queue = SegmentQueue(
      budget: configuration.queuedBytesPerShard, looks: configuration.lateLooks)
  }

  @inline(__always)
  func find(_ dissection: DissectionReference) -> SocketReference? {
    let key = dissection.element.key
    let hash = dissection.element.tableHash
    let index: Int?
    if key.isWide {
      let wide = dissection.element.wide
      index = table.find(hash) { sockets[$0].key == key && sockets[$0].wide == wide }
    } else {
      index = table.find(hash) { sockets[$0].key == key }
    }
    guard let index else { return nil }
    return sockets.reference(to: index)
  }

  @inline(__always)
  func view(_ socket: SocketReference) -> SocketView {
    SocketView(socket)
  }

  /// Asks for all of a socket, and what the handler keeps of it.
  mutating func prefetch(_ index: Int) {
    for line in 0..<5 { sockets.prefetch(index, offset: 64 &* line) }
    if handler.keepsMore { handler.prefetch(shard: number, index: index) }
  }

  /// Makes a socket for the first packet of a conversation and reports it.
  ///
  /// - Parameter resumed: the connection that it goes on from, of which the handler keeps something.
  mutating func open(
    _ dissection: DissectionReference, flags: SocketFlags,
    resuming resumed: DepartedSockets.Entry? = nil
  ) -> SocketReference {
    if firstFree == 0 && sockets.isFull { evict() }
    let index: Int
    if firstFree != 0 {
      index = Int(firstFree) - 1
      firstFree = sockets[index].nextFree
      let place = SocketPlace(shard: number, index: index)
      sockets[index] = SocketObject(dissection, at: place, packet: packet, flags: flags)
    } else {
      index = sockets.count
      let place = SocketPlace(shard: number, index: index)
      sockets.append(SocketObject(dissection, at: place, packet: packet, flags: flags))
    }
    let socket = sockets.reference(to: index)
    if let tunnel { keep(tunnel, of: socket) }
    if let resumed { resume(socket, from: resumed) }
    table.insert(index, under: dissection.element.tableHash)
    evictions.add(index)
    schedule(socket)
    if flags.contains(.udp) { counts.udpSockets += 1 } else { counts.tcpSockets += 1 }
    let interest = handler.attached(view(socket), packet: packet, resuming: resumed?.memo ?? .none)
    setInterest(interest, of: socket)
    report(.attached, of: socket)
    return socket
  }

  @inline(never)
  private mutating func keep(_ tunnel: Tunnel, of socket: SocketReference) {
    details(of: socket)?.element.tunnel = tunnel
  }

  mutating func makeDetails() -> DetailStore.Reference? { details.make() }

  mutating func setInterest(_ interest: SocketInterest, of socket: SocketReference) {
    var flags = socket.element.flags
    flags.subtract([.wantsDataOut, .wantsDataIn, .wantsEvents, .wantsPackets])
    if interest.contains(.dataOut) { flags.insert(.wantsDataOut) }
    if interest.contains(.dataIn) { flags.insert(.wantsDataIn) }
    if interest.contains(.events) { flags.insert(.wantsEvents) }
    if interest.contains(.packets) { flags.insert(.wantsPackets) }
    socket.element.flags = flags
  }

  @inline(__always)
  mutating func report(
    _ event: SocketEvent, of socket: SocketReference
  ) {
    guard socket.element.flags.contains(.wantsEvents) else { return }
    if let interest = handler.event(event, of: view(socket), packet: packet) {
      setInterest(interest, of: socket)
    }
  }

  /// The flow budget is reached: one socket goes for the one that comes.
  private mutating func evict() {
    noteStray(.flowBudgetReached)
    counts.evicted += 1
    let victim = sockets.reference(to: evictions.victim(of: sockets))
    recordOnce(.partial, of: victim, .out)
    remove(victim, reason: .evicted)
    prefetchVictims()
  }

  /// Who goes next has been silent for long, and has left the caches.
  private mutating func prefetchVictims() {
    if let coming = evictions.candidate(behind: 1) { prefetch(coming) }
    // Its lines were asked for when the last one went.
    if let next = evictions.candidate(behind: 0) {
      table.prefetch(hash.tableHash(sockets[next].key))
    }
  }

  mutating func noteEnd(of socket: SocketReference) {
    evictions.noteEnd(
      of: socket.index, packets: socket.element.packets[0] &+ socket.element.packets[1])
  }

  /// The last of a socket: its end, where that was not reported, and `detached`.
  mutating func remove(
    _ socket: SocketReference, reason: DisconnectReason
  ) {
    let hasTimedOut =
      reason == .timeout && socket.element.flags.contains(.connected)
      && socket.element.flags.isDisjoint(with: [.ended, .udp])
      && socket.element.checks.isDisjoint(with: .anyReset)
    // Nothing came after a reset that would speak against it.
    let isReset = !socket.element.checks.isDisjoint(with: .anyReset)
    end(socket, reason: isReset ? .reset : reason, isGoing: true)
    addUp(socket)
    report(.detached, of: socket)
    if reason != .endOfInput, reason != .superseded {
      keepInMind(departing: socket, hasTimedOut: hasTimedOut)
    }
    handler.detached(view(socket), packet: packet)
    // At the end of the input the table goes as a whole.
    if reason != .endOfInput {
      table.remove(socket.index, under: hash.tableHash(socket.element.key))
      evictions.remove(socket.index)
    }
    if let details = socket.element.details {
      self.details.release(details)
      socket.element.details = nil
    }
    socket.element.flags = .free
    socket.element.timerSlot = .max
    socket.element.nextFree = firstFree
    firstFree = UInt32(socket.index + 1)
  }

  private mutating func addUp(_ socket: SocketReference, _ direction: Direction) {
    let gapBytes = socket.element.histories[direction.index].gapBytes
    counts.gaps &+= UInt64(socket.element.histories[direction.index].gaps)
    counts.gapBytes &+= gapBytes
    let removed = removedUrgentBytes(socket, direction)
    counts.streamBytes &+= socket.element.positions[direction.index].offset &- gapBytes &- removed
  }

  private mutating func addUp(_ socket: SocketReference) {
    addUp(socket, .out)
    addUp(socket, .in)
  }

  /// Appends the places of all sockets, each with the number of its first packet.
  mutating func appendBirths(to births: inout [SocketBirth]) {
    for index in 0..<sockets.count where !sockets[index].flags.contains(.free) {
      let birth = SocketBirth(
        ordinal: sockets[index].firstPacket.ordinal, place: sockets[index].place)
      births.append(birth)
    }
  }
}

/// What a reassembler has counted.
public struct ReassemblyCounts: Hashable, Sendable {
  public var tcpSockets: UInt64 = 0
  public var udpSockets: UInt64 = 0
  /// Bytes delivered in order.
  public var streamBytes: UInt64 = 0
  public var gaps: UInt64 = 0
  public var gapBytes: UInt64 = 0
  public var evicted: UInt64 = 0
  /// Bytes of segments that a host would not take, and that were not taken.
  public var refusedBytes: UInt64 = 0
  public var badChecksums: UInt64 = 0
  public var offloadedChecksums: UInt64 = 0
  public var truncatedPackets: UInt64 = 0
  public var malformedPackets: UInt64 = 0
  public var fragments: UInt64 = 0
  public var otherPackets: UInt64 = 0
  public var otherProtocols: UInt64 = 0

  public init() {}

  public static func += (left: inout Self, right: Self) {
    left.tcpSockets += right.tcpSockets
    left.udpSockets += right.udpSockets
    left.streamBytes += right.streamBytes
    left.gaps += right.gaps
    left.gapBytes += right.gapBytes
    left.evicted += right.evicted
    left.refusedBytes &+= right.refusedBytes
    left.badChecksums += right.badChecksums
    left.offloadedChecksums += right.offloadedChecksums
    left.truncatedPackets += right.truncatedPackets
    left.malformedPackets += right.malformedPackets
    left.fragments += right.fragments
    left.otherPackets += right.otherPackets
    left.otherProtocols += right.otherProtocols
  }
}
