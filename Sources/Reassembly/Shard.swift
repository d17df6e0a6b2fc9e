import Buffers
import Sockets
import Wire

/// One of the 64 parts of the flow table, with all that its sockets need. Nothing is shared between
/// shards, so that any number of workers comes to the same result.
///
/// Its methods are `mutating` even where they only look: to lend a struct of this size to a method
/// that may not change it, Swift copies it first.
struct Shard: ~Copyable {
  let number: Int
  let configuration: ReassemblyConfiguration
  let hash: FlowHash
  var table = HashIndex()
  var sockets: ReservedArray<SocketObject>
  var wheel = TimerWheel()
  var queue: SegmentQueue
  var counts = ReassemblyCounts()
  /// Index + 1 of the first free object below `sockets.count`.
  private var firstFree: UInt32 = 0
  private var socketsMade: UInt64 = 0

  init(number: Int, configuration: ReassemblyConfiguration) {
    self.number = number
    self.configuration = configuration
    hash = FlowHash(seed: configuration.hashSeed)
    sockets = ReservedArray(capacity: configuration.socketsPerShard)
    queue = SegmentQueue(budget: configuration.queuedBytesPerShard)
  }

  @inline(__always)
  func find(_ dissection: borrowing Dissection) -> Int? {
    let key = dissection.key
    let hash = dissection.tableHash
    guard key.isIPv6 else { return table.find(hash) { sockets[$0].key == key } }
    let wide = dissection.wide
    return table.find(hash) { sockets[$0].key == key && sockets[$0].wide == wide }
  }

  func view(_ index: Int) -> SocketView {
    SocketView(reference: sockets.reference(to: index), shard: number, index: index)
  }

  /// Makes a socket for the first packet of a conversation and reports it.
  mutating func open(
    _ dissection: borrowing Dissection, flags: SocketFlags, packet: PacketInfo,
    to handler: any SocketHandler
  ) -> Int {
    if firstFree == 0 && sockets.isFull { evict(packet: packet, to: handler) }
    let index: Int
    if firstFree != 0 {
      index = Int(firstFree) - 1
      firstFree = sockets[index].nextFree
      sockets[index] = SocketObject(dissection, packet: packet, flags: flags)
    } else {
      index = sockets.count
      sockets.append(SocketObject(dissection, packet: packet, flags: flags))
    }
    sockets[index].sequence = socketsMade << 6 | UInt64(number)
    socketsMade &+= 1
    table.insert(index, under: dissection.tableHash)
    schedule(index)
    if flags.contains(.udp) { counts.udpSockets += 1 } else { counts.tcpSockets += 1 }
    setInterest(handler.attached(view(index), packet: packet), of: index)
    report(.attached, of: index, packet: packet, to: handler)
    return index
  }

  mutating func setInterest(_ interest: SocketInterest, of index: Int) {
    var flags = sockets[index].flags
    flags.subtract([.wantsDataOut, .wantsDataIn, .wantsEvents, .wantsPackets])
    if interest.contains(.dataOut) { flags.insert(.wantsDataOut) }
    if interest.contains(.dataIn) { flags.insert(.wantsDataIn) }
    if interest.contains(.events) { flags.insert(.wantsEvents) }
    if interest.contains(.packets) { flags.insert(.wantsPackets) }
    sockets[index].flags = flags
  }

  @inline(__always)
  mutating func report(
    _ event: SocketEvent, of index: Int, packet: PacketInfo, to handler: any SocketHandler
  ) {
    if sockets[index].flags.contains(.wantsEvents) {
      handler.event(event, of: view(index), packet: packet)
    }
  }

  /// The flow budget is reached: who would be the next to time out goes first.
  private mutating func evict(packet: PacketInfo, to handler: any SocketHandler) {
    handler.weird(.flowBudgetReached, packet: packet)
    counts.evicted += 1
    // Where a socket stands in the wheel may be out of date: it is put right before it is believed.
    for attempt in 1...16 {
      guard let victim = wheel.popNearest(in: sockets) else { return }
      let slot = sockets[victim].timerSlot
      schedule(victim)
      guard sockets[victim].timerSlot == slot || attempt == 16 else { continue }
      remove(victim, reason: .evicted, packet: packet, to: handler)
      return
    }
  }

  /// The last of a socket: its end, where that was not reported, and `detached`.
  mutating func remove(
    _ index: Int, reason: DisconnectReason, packet: PacketInfo, to handler: any SocketHandler
  ) {
    end(index, reason: reason, packet: packet, to: handler)
    addUp(index)
    report(.detached, of: index, packet: packet, to: handler)
    // At the end of the input the table goes as a whole.
    if reason != .endOfInput {
      let hash = hash.hash(sockets[index].key)
      table.remove(index, under: UInt32(truncatingIfNeeded: hash))
    }
    sockets[index].flags = .free
    sockets[index].timerSlot = .max
    sockets[index].nextFree = firstFree
    firstFree = UInt32(index + 1)
  }

  private mutating func addUp(_ index: Int, _ direction: Direction) {
    let gapBytes = sockets[index].histories[direction.index].gapBytes
    counts.gaps &+= UInt64(sockets[index].histories[direction.index].gaps)
    counts.gapBytes &+= gapBytes
    counts.streamBytes &+= sockets[index].positions[direction.index].offset &- gapBytes
  }

  private mutating func addUp(_ index: Int) {
    addUp(index, .out)
    addUp(index, .in)
  }

  /// Appends the places of all sockets, each with the number of its first packet.
  mutating func appendPlaces(to places: inout [SocketPlace]) {
    for index in 0..<sockets.count where !sockets[index].flags.contains(.free) {
      places.append(
        SocketPlace(
          ordinal: sockets[index].firstPacket.ordinal, shard: UInt32(number), index: UInt32(index)))
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
  public var badChecksums: UInt64 = 0
  public var offloadedChecksums: UInt64 = 0
  public var truncatedPackets: UInt64 = 0
  public var malformedPackets: UInt64 = 0
  public var fragments: UInt64 = 0
  public var otherPackets: UInt64 = 0
  public var otherProtocols: UInt64 = 0

  public init() {}

  static func += (left: inout Self, right: Self) {
    left.tcpSockets += right.tcpSockets
    left.udpSockets += right.udpSockets
    left.streamBytes += right.streamBytes
    left.gaps += right.gaps
    left.gapBytes += right.gapBytes
    left.evicted += right.evicted
    left.badChecksums += right.badChecksums
    left.offloadedChecksums += right.offloadedChecksums
    left.truncatedPackets += right.truncatedPackets
    left.malformedPackets += right.malformedPackets
    left.fragments += right.fragments
    left.otherPackets += right.otherPackets
    left.otherProtocols += right.otherProtocols
  }
}
