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
    var socket = SocketObject(dissection, packet: packet, flags: flags)
    socket.sequence = socketsMade << 6 | UInt64(number)
    socketsMade += 1
    let index: Int
    if firstFree != 0 {
      index = Int(firstFree) - 1
      firstFree = sockets[index].nextFree
      sockets[index] = socket
    } else {
      index = sockets.count
      sockets.append(socket)
    }
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
    for _ in 0..<16 {
      guard let victim = wheel.nearest() else { return }
      let slot = sockets[victim].timer.slot
      wheel.cancel(victim, in: sockets)
      schedule(victim)
      if sockets[victim].timer.slot == slot { break }
    }
    guard let victim = wheel.nearest() else { return }
    remove(victim, reason: .evicted, packet: packet, to: handler)
  }

  /// The last of a socket: its end, where that was not reported, and `detached`.
  mutating func remove(
    _ index: Int, reason: DisconnectReason, packet: PacketInfo, to handler: any SocketHandler
  ) {
    end(index, reason: reason, packet: packet, to: handler)
    addUp(index)
    report(.detached, of: index, packet: packet, to: handler)
    wheel.cancel(index, in: sockets)
    table.remove(index, under: UInt32(truncatingIfNeeded: sockets[index].hash))
    sockets[index].flags = .free
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

  /// Where a walk over the sockets in the order of their first packets stands.
  struct Cursor {
    var shard: Int
    var index: Int
    var ordinal: UInt64
    /// Places in the order of first packets, where places were used again; else empty.
    fileprivate var order: [UInt32] = []
    fileprivate var position = 0
  }

  /// A cursor at the oldest socket; `nil` when there is none.
  mutating func firstCursor() -> Cursor? {
    var cursor = Cursor(shard: number, index: 0, ordinal: 0)
    if socketsMade > UInt64(sockets.count) {
      cursor.order = (0..<UInt32(sockets.count)).filter {
        !sockets[Int($0)].flags.contains(.free)
      }.sorted {
        sockets[Int($0)].firstPacket.ordinal < sockets[Int($1)].firstPacket.ordinal
      }
    } else {
      cursor.order = []
    }
    cursor.position = -1
    return moveOn(&cursor) ? cursor : nil
  }

  /// Moves to the next socket; `false` at the end.
  mutating func moveOn(_ cursor: inout Cursor) -> Bool {
    repeat {
      cursor.position += 1
      if cursor.order.isEmpty {
        guard cursor.position < sockets.count else { return false }
        cursor.index = cursor.position
        sockets.prefetch(cursor.index + 1)
        sockets.prefetch(cursor.index + 1, offset: 64)
      } else {
        guard cursor.position < cursor.order.count else { return false }
        cursor.index = Int(cursor.order[cursor.position])
      }
    } while sockets[cursor.index].flags.contains(.free)
    cursor.ordinal = sockets[cursor.index].firstPacket.ordinal
    return true
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
