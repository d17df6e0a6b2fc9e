import Buffers
public import Sockets
import Wire

/// Turns the packets of its shards into sockets: finds the socket, and reports its events and bytes in
/// the order of the packets.
///
/// Not for several threads. What it holds stays within the configuration's budget.
public final class Reassembler {
  private let worker: Int
  /// Those of the 64 that are this worker's; the others stay empty.
  private let ownShards: Range<Int>
  private let handler: any SocketHandler
  private let handlerKeepsMore: Bool
  private let shards: ReservedArray<Shard>
  /// The packet that came last, whoever it was for.
  public private(set) var lastPacket = PacketInfo(
    ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
  /// At the end of the input: the sockets in the order in which they go, and how many have gone.
  private var left: [SocketBirth] = []
  private var gone = 0

  /// Frames that go through the passes together: enough to hide the latency of memory.
  private static let stride = 32

  /// - Parameters:
  ///   - worker: which of those that share the packets of a batch.
  ///   - handler: told of the sockets.
  public init(
    _ configuration: ReassemblyConfiguration, worker: Int = 0,
    of division: ShardDivision = ShardDivision(workers: 1), to handler: any SocketHandler
  ) {
    self.worker = worker
    ownShards = division.shards(of: worker)
    self.handler = handler
    handlerKeepsMore = handler.keepsMore
    var shards = ReservedArray<Shard>(capacity: ReassemblyConfiguration.shardCount)
    for number in 0..<ReassemblyConfiguration.shardCount {
      shards.append(Shard(number: number, configuration: configuration, handler: handler))
    }
    self.shards = shards
  }

  public var counts: ReassemblyCounts {
    var sum = ReassemblyCounts()
    for number in 0..<shards.count { sum += shards[number].counts }
    return sum
  }

  /// Bytes of streams that wait for others, overhead included.
  public var heldBytes: Int {
    var sum = 0
    for number in 0..<shards.count { sum += shards[number].queue.usedBytes }
    return sum
  }

  /// Looks at sockets to find who is to go, and at queued segments to find where bytes belong, so far.
  var steps: UInt64 {
    var sum: UInt64 = 0
    for number in 0..<shards.count {
      sum &+= shards[number].evictions.steps &+ shards[number].queue.steps
    }
    return sum
  }

  /// Takes the packets of a batch that are for its shards.
  public func process(_ batch: borrowing PacketBatch) {
    if batch.division.workers == 1 {
      process(batch, batch.allIndices)
    } else {
      process(batch, batch.share(of: worker))
    }
  }

  /// Asks for the first packets of the batch that comes next, if another thread has written it.
  public func prefetch(_ batch: borrowing PacketBatch) {
    let indices = batch.share(of: worker)
    for position in 0..<min(Self.stride, indices.count) {
      prefetchWritten(batch, indices, position)
    }
  }

  @inline(__always)
  private func process(_ batch: borrowing PacketBatch, _ indices: some PacketIndices) {
    var position = 0
    for tick in batch.ticks {
      process(batch, indices, &position, before: tick.index)
      advance(to: tick.second, with: batch.frames[tick.index])
    }
    process(batch, indices, &position, before: batch.frames.count)
    if let last = batch.lastPacket { lastPacket = last }
  }

  /// Takes packets as far as they come before a place of the batch. A look-up in a large table is a
  /// wait for memory; so all table slots are asked for first, then all sockets, and only then they are
  /// used.
  @inline(__always)
  private func process(
    _ batch: borrowing PacketBatch, _ indices: some PacketIndices, _ position: inout Int,
    before limit: Int
  ) {
    for ahead in position..<min(position &+ Self.stride, indices.count) {
      prefetchWritten(batch, indices, ahead)
    }
    while position < indices.count, indices.index(at: position) < limit {
      let start = position
      let most = min(start &+ Self.stride, indices.count)
      while position < most, indices.index(at: position) < limit {
        let dissection = batch.dissections.reference(to: indices.index(at: position))
        shards[dissection.element.shard].table.prefetch(dissection.element.tableHash)
        if !dissection.element.isOrdinary {
          // Its header will be looked at again.
          batch.frames.prefetch(
            bytesOf: indices.index(at: position), at: dissection.element.transportOffset)
        }
        position &+= 1
      }
      if isTableLarge {
        for place in start..<position {
          prefetchSocket(batch.dissections.reference(to: indices.index(at: place)))
        }
      }
      for place in start..<position {
        let index = indices.index(at: place)
        prefetchWritten(batch, indices, place &+ Self.stride)
        process(batch, index, batch.dissections.reference(to: index))
      }
    }
  }

  /// What another thread has written is not in this core's caches yet.
  @inline(__always)
  private func prefetchWritten(
    _ batch: borrowing PacketBatch, _ indices: some PacketIndices, _ position: Int
  ) {
    guard position < indices.count else { return }
    let index = indices.index(at: position)
    batch.dissections.prefetch(index)
    batch.dissections.prefetch(index, offset: 64)
    batch.frames.prefetch(index)
  }

  /// Whether the sockets outgrow the nearer caches. One shard stands for all.
  private var isTableLarge: Bool { shards[ownShards.lowerBound].sockets.count > 32 }

  @inline(__always)
  private func prefetchSocket(_ dissection: DissectionReference) {
    let shard = dissection.element.shard
    guard let candidate = shards[shard].table.firstCandidate(dissection.element.tableHash) else {
      return
    }
    shards[shard].sockets.prefetch(candidate)
    shards[shard].sockets.prefetch(candidate, offset: 64)
    shards[shard].sockets.prefetch(candidate, offset: 128)
    if handlerKeepsMore { handler.prefetch(shard: shard, index: candidate) }
    // A SYN, FIN or reset takes the slow path, and so does what it is answered with, and often what comes
    // where something waits for a hole to be filled.
    let waits = shards[shard].queue.usedBytes > 0
    if !dissection.element.flags.isDisjoint(with: .control) || dissection.element.captured == 0
      || waits
    {
      shards[shard].sockets.prefetch(candidate, offset: 192)
      if waits { shards[shard].sockets.prefetch(candidate, offset: 256) }
    }
  }

  @inline(__always)
  private func process(
    _ batch: borrowing PacketBatch, _ index: Int, _ dissection: DissectionReference
  ) {
    let frame = batch.frames.reference(to: index)
    let shard = dissection.element.shard
    shards[shard].packet = PacketInfo(
      ordinal: frame.element.ordinal, timestamp: frame.element.timestamp)
    switch dissection.element.kind {
    case .tcp: shards[shard].receiveTCP(dissection, in: frame.element.bytes)
    case .udp: shards[shard].receiveUDP(dissection, in: frame.element.bytes)
    case .wholeTCP, .wholeUDP, .innerTCP, .innerUDP: processOther(batch, index, dissection)
    case .icmpError, .pathMTU:
      shards[shard].receiveICMPError(dissection, in: frame.element.bytes)
    default: break
    }
  }

  /// A packet that came out of a tunnel, or a datagram that was put together from fragments, or both.
  @inline(never)
  private func processOther(
    _ batch: borrowing PacketBatch, _ index: Int, _ dissection: DissectionReference
  ) {
    let shard = dissection.element.shard
    shards[shard].tunnel = batch.tunnel(of: dissection)
    if dissection.element.kind.isWhole {
      let datagram = batch.datagrams[dissection.element.datagram]
      receive(dissection, in: unsafe datagram.span.bytes)
    } else {
      receive(dissection, in: batch.frames.reference(to: index).element.bytes)
    }
    shards[shard].tunnel = nil
  }

  private func receive(_ dissection: DissectionReference, in bytes: RawSpan) {
    if dissection.element.kind.isTCP {
      shards[dissection.element.shard].receiveTCP(dissection, in: bytes)
    } else {
      shards[dissection.element.shard].receiveUDP(dissection, in: bytes)
    }
  }

  /// Packet time has come to another second.
  @inline(never)
  private func advance(to second: Int64, with frame: Frame) {
    let packet = PacketInfo(ordinal: frame.ordinal, timestamp: frame.timestamp)
    for number in ownShards {
      shards[number].packet = packet
      shards[number].advance(to: second)
    }
  }

  /// Gives up the first hole of a direction, for want of room to wait for it; `false` where there is
  /// none.
  public func giveUpHole(
    of id: SocketID, _ direction: Direction, with packet: PacketInfo
  ) -> Bool {
    let place = SocketPlace(id)
    guard ownShards.contains(place.shard), place.index < shards[place.shard].sockets.count else {
      return false
    }
    let socket = shards[place.shard].sockets.reference(to: place.index)
    guard socket.element.id == id else { return false }
    shards[place.shard].packet = packet
    return shards[place.shard].giveUpHoleForRoom(socket, direction)
  }

  // MARK: The end of the input

  /// Gathers the sockets that are left, for `end(through:)`.
  public func beginEnd(with lastPacket: PacketInfo) {
    for number in ownShards {
      shards[number].packet = lastPacket
      shards[number].appendBirths(to: &left)
    }
    left.sortByOrdinal()
  }

  /// How many sockets are left.
  public var socketCount: Int {
    var sum = 0
    for number in ownShards { sum += shards[number].table.count }
    return sum
  }

  /// After `beginEnd`: which packet began the socket that goes after `count` others; `nil` when no
  /// more than these are left.
  public func birth(after count: Int) -> UInt64? {
    let index = gone + count
    return index < left.count ? left[index].ordinal : nil
  }

  /// After `beginEnd`: what is queued goes out, and the sockets that a packet up to `ordinal` began are
  /// detached, in the order of these packets. The packet that caused it is the last one.
  public func end(through ordinal: UInt64) {
    while gone < left.count, left[gone].ordinal <= ordinal {
      if gone &+ 8 < left.count {
        let coming = left[gone &+ 8].place
        shards[coming.shard].prefetch(coming.index)
      }
      let place = left[gone].place
      let socket = shards[place.shard].sockets.reference(to: place.index)
      shards[place.shard].remove(socket, reason: .endOfInput)
      gone &+= 1
    }
  }
}
