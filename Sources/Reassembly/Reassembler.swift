import Buffers
import Sockets
public import Wire

/// Turns frames into sockets: takes the layers off, puts fragments together, finds the socket, and
/// reports its events and bytes in the order of the packets.
///
/// Not for several threads. What it holds stays within the configuration's budget.
public final class Reassembler {
  /// Takes the layers off, here or ahead on another thread.
  public let dissector: Dissector
  private let handler: any SocketHandler
  private let handlerKeepsMore: Bool
  private let shards: ReservedArray<Shard>
  /// One: for a datagram that was put together.
  private let dissections: ReservedArray<Dissection>
  private var defragmenter: Defragmenter
  private var clock = PacketClock()
  private var lastPacket = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
  private var ownCounts = ReassemblyCounts()
  /// Packets of link types that cannot be decoded.
  public private(set) var unsupportedLinkTypes: [LinkType: UInt64] = [:]

  /// Frames that go through the passes together: enough to hide the latency of memory.
  private static let stride = 32

  /// - Parameter handler: told of the sockets.
  public init(_ configuration: ReassemblyConfiguration, to handler: any SocketHandler) {
    self.handler = handler
    handlerKeepsMore = handler.keepsMore
    dissector = Dissector(configuration)
    var shards = ReservedArray<Shard>(capacity: ReassemblyConfiguration.shardCount)
    for number in 0..<ReassemblyConfiguration.shardCount {
      shards.append(Shard(number: number, configuration: configuration, handler: handler))
    }
    self.shards = shards
    var dissections = ReservedArray<Dissection>(capacity: 1)
    dissections.append(Dissection())
    self.dissections = dissections
    defragmenter = Defragmenter(budget: configuration.fragmentBytes)
  }

  public var counts: ReassemblyCounts {
    var sum = ownCounts
    for number in 0..<shards.count { sum += shards[number].counts }
    return sum
  }

  /// Bytes that wait for others, of streams and of datagrams, overhead included.
  public var heldBytes: Int {
    var sum = defragmenter.heldBytes
    for number in 0..<shards.count { sum += shards[number].queue.usedBytes }
    return sum
  }

  /// Takes a batch of frames that the dissector has seen. A look-up in a large table is a wait for
  /// memory; so all table slots are asked for first, then all sockets, and only then they are used.
  public func process(_ batch: borrowing PacketBatch) {
    var start = 0
    while start < batch.frames.count {
      let end = min(start + Self.stride, batch.frames.count)
      for index in start..<end {
        let dissection = batch.dissections.reference(to: index)
        shards[dissection.element.shard].table.prefetch(dissection.element.tableHash)
      }
      if isTableLarge {
        for index in start..<end { prefetchSocket(batch.dissections.reference(to: index)) }
      }
      for index in start..<end {
        // What another thread has written is not in this core's caches yet.
        batch.dissections.prefetch(index &+ Self.stride)
        batch.frames.prefetch(index &+ Self.stride)
        process(batch.frames, index, batch.dissections.reference(to: index))
      }
      start = end
    }
  }

  /// Whether the sockets outgrow the nearer caches. One shard stands for all.
  private var isTableLarge: Bool { shards[0].sockets.count > 32 }

  @inline(__always)
  private func prefetchSocket(_ dissection: DissectionReference) {
    let shard = dissection.element.shard
    guard let candidate = shards[shard].table.firstCandidate(dissection.element.tableHash) else {
      return
    }
    shards[shard].sockets.prefetch(candidate)
    shards[shard].sockets.prefetch(candidate, offset: 64)
    if handlerKeepsMore { handler.prefetch(shard: shard, index: candidate) }
    // A SYN, FIN or reset will want the rest.
    if !dissection.element.flags.isDisjoint(with: .control) {
      shards[shard].sockets.prefetch(candidate, offset: 128)
      shards[shard].sockets.prefetch(candidate, offset: 192)
    }
  }

  @inline(__always)
  private func process(
    _ frames: borrowing FrameBatch, _ index: Int, _ dissection: DissectionReference
  ) {
    let packet = PacketInfo(ordinal: frames[index].ordinal, timestamp: frames[index].timestamp)
    lastPacket = packet
    if clock.isDue(packet.timestamp) { advance(packet) }
    if dissection.element.missing > 0 { ownCounts.truncatedPackets += 1 }
    switch dissection.element.kind {
    case .tcp:
      shards[dissection.element.shard].packet = packet
      shards[dissection.element.shard].receiveTCP(dissection, in: frames[index].bytes)
    case .udp:
      shards[dissection.element.shard].packet = packet
      shards[dissection.element.shard].receiveUDP(dissection, in: frames[index].bytes)
    default:
      processOther(frames[index], dissection, packet)
    }
  }

  @inline(never)
  private func processOther(
    _ frame: Frame, _ dissection: DissectionReference, _ packet: PacketInfo
  ) {
    switch dissection.element.kind {
    case .tcp, .udp: break
    case .fragment: processFragment(frame, dissection, packet)
    case .otherProtocol: ownCounts.otherProtocols += 1
    case .notIP: ownCounts.otherPackets += 1
    case .malformed: ownCounts.malformedPackets += 1
    case .malformedTCP: countMalformed(.malformedTCP, packet)
    case .malformedUDP: countMalformed(.malformedUDP, packet)
    case .unsupportedLinkType: unsupportedLinkTypes[frame.linkType, default: 0] += 1
    case .badHeaderChecksum:
      ownCounts.badChecksums += 1
      handler.weird(.badHeaderChecksum, packet: packet)
    }
  }

  private func countMalformed(_ weird: Weird, _ packet: PacketInfo) {
    ownCounts.malformedPackets += 1
    handler.weird(weird, packet: packet)
  }

  private func processFragment(
    _ frame: Frame, _ dissection: DissectionReference, _ packet: PacketInfo
  ) {
    ownCounts.fragments += 1
    // A part of a fragment makes nothing whole, and where it ended is not known.
    if dissection.element.missing > 0 { return }
    guard let fragment = Fragment(frame.bytes, dissection.element) else {
      ownCounts.malformedPackets += 1
      return
    }
    let outcome = defragmenter.add(
      fragment, frameLength: frame.originalLength, at: frame.timestamp, clock: clock.second,
      weird: { handler.weird($0, packet: packet) })
    guard case .complete(let datagram) = outcome else { return }
    let payload = unsafe datagram.payload.span.bytes
    let whole = dissections.reference(to: 0)
    whole.element = Dissection()
    whole.element.frameLength = datagram.frameLength
    whole.element.end = payload.byteCount
    whole.element.ipLength = payload.byteCount
    whole.element.vlans = dissection.element.vlans
    whole.element.isIPv6 = dissection.element.isIPv6
    dissector.dissectTransport(
      payload, source: datagram.key.source, destination: datagram.key.destination,
      datagram.protocol, &whole.element)
    let shard = whole.element.shard
    switch whole.element.kind {
    case .tcp:
      shards[shard].packet = packet
      shards[shard].receiveTCP(whole, in: payload)
    case .udp:
      shards[shard].packet = packet
      shards[shard].receiveUDP(whole, in: payload)
    case .otherProtocol: ownCounts.otherProtocols += 1
    case .malformedTCP: countMalformed(.malformedTCP, packet)
    case .malformedUDP: countMalformed(.malformedUDP, packet)
    default: ownCounts.malformedPackets += 1
    }
  }

  /// Packet time has come to another second.
  @inline(never)
  private func advance(_ packet: PacketInfo) {
    guard let second = clock.advance(to: packet.timestamp) else { return }
    for number in 0..<shards.count {
      shards[number].packet = packet
      shards[number].advance(to: second)
    }
  }

  /// Removes every socket in the order of their first packets.
  private func removeAll(_ afterSome: () throws -> Void) rethrows {
    var births: [SocketBirth] = []
    for number in 0..<shards.count {
      shards[number].packet = lastPacket
      shards[number].appendBirths(to: &births)
    }
    births.sortByOrdinal()
    for position in births.indices {
      if position &+ 8 < births.count { prefetch(births[position &+ 8].place) }
      let place = births[position].place
      let socket = shards[place.shard].sockets.reference(to: place.index)
      shards[place.shard].remove(socket, reason: .endOfInput)
      if position % 1024 == 1023 { try afterSome() }
    }
  }

  private func prefetch(_ place: SocketPlace) {
    for line in 0..<4 {
      shards[place.shard].sockets.prefetch(place.index, offset: 64 &* line)
    }
    if handlerKeepsMore { handler.prefetch(shard: place.shard, index: place.index) }
  }

  /// The end of the input: what is queued goes out, and every socket is detached; the packet that
  /// caused it is the last one. `afterSome` is called now and then, for a handler to write out what it
  /// has collected.
  public func finish(afterSome: () throws -> Void) rethrows {
    for _ in 0..<defragmenter.finish() { handler.weird(.fragmentTimeout, packet: lastPacket) }
    try removeAll(afterSome)
  }

  /// As above, for a handler that writes nothing.
  public func finish() { finish {} }
}
