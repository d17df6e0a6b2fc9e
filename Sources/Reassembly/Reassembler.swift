public import Buffers
import Sockets
public import Wire

/// Turns frames into sockets: takes the layers off, puts fragments together, finds the socket, and
/// reports its events and bytes in the order of the packets.
///
/// Not for several threads. What it holds stays within the configuration's budget.
public final class Reassembler {
  private let configuration: ReassemblyConfiguration
  private let dissector: Dissector
  private let shards: ReservedArray<Shard>
  private let dissections: ReservedArray<Dissection>
  private var defragmenter: Defragmenter
  private var clock = PacketClock()
  private var lastPacket = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
  private var ownCounts = ReassemblyCounts()
  /// Packets of link types that cannot be decoded.
  public private(set) var unsupportedLinkTypes: [LinkType: UInt64] = [:]

  /// Frames that go through the passes together: enough to hide the latency of memory.
  private static let stride = 32

  public init(_ configuration: ReassemblyConfiguration) {
    self.configuration = configuration
    dissector = Dissector(
      hash: FlowHash(seed: configuration.hashSeed),
      verifiesHeaderChecksums: configuration.checksums != .none)
    var shards = ReservedArray<Shard>(capacity: ReassemblyConfiguration.shardCount)
    for number in 0..<ReassemblyConfiguration.shardCount {
      shards.append(Shard(number: number, configuration: configuration))
    }
    self.shards = shards
    var dissections = ReservedArray<Dissection>(capacity: Self.stride)
    for _ in 0..<Self.stride { dissections.append(Dissection()) }
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

  /// Takes a batch of frames. A look-up in a large table is a wait for memory; so all frames are
  /// dissected first, then all table slots and sockets asked for, and only then used.
  public func process(_ batch: borrowing FrameBatch, to handler: any SocketHandler) {
    var start = 0
    while start < batch.count {
      let count = min(Self.stride, batch.count - start)
      for offset in 0..<count {
        let frame = batch[start &+ offset]
        dissector.dissect(frame.bytes, linkType: frame.linkType, &dissections[offset])
        if dissections[offset].missing > 0 { limitMissing(offset, frame) }
        let shard = dissections[offset].shard
        shards[shard].table.prefetch(dissections[offset].tableHash)
      }
      if isTableLarge {
        for offset in 0..<count { prefetchSocket(offset, handler) }
      }
      for offset in 0..<count {
        process(batch, start &+ offset, dissections[offset], handler)
      }
      start += count
    }
  }

  /// Only what the capture cut off is missing. An IP length beyond a frame that is whole is a lie.
  @inline(never)
  private func limitMissing(_ offset: Int, _ frame: Frame) {
    let cut = max(frame.originalLength &- frame.capturedLength, 0)
    dissections[offset].missing = min(dissections[offset].missing, cut)
  }

  /// Whether the sockets outgrow the nearer caches. One shard stands for all.
  private var isTableLarge: Bool { shards[0].sockets.count > 32 }

  @inline(__always)
  private func prefetchSocket(_ offset: Int, _ handler: any SocketHandler) {
    let shard = dissections[offset].shard
    guard
      let candidate = shards[shard].table.firstCandidate(dissections[offset].tableHash)
    else { return }
    shards[shard].sockets.prefetch(candidate)
    shards[shard].sockets.prefetch(candidate, offset: 64)
    handler.prefetch(shard: shard, index: candidate)
    // A SYN, FIN or reset will want the rest.
    if !dissections[offset].tcpFlags.isDisjoint(with: .control) {
      shards[shard].sockets.prefetch(candidate, offset: 128)
      shards[shard].sockets.prefetch(candidate, offset: 192)
    }
  }

  @inline(__always)
  private func process(
    _ batch: borrowing FrameBatch, _ index: Int, _ dissection: borrowing Dissection,
    _ handler: any SocketHandler
  ) {
    let frame = batch[index]
    let packet = PacketInfo(ordinal: frame.ordinal, timestamp: frame.timestamp)
    lastPacket = packet
    if clock.isDue(frame.timestamp) { advance(packet, handler) }
    if dissection.missing > 0 { ownCounts.truncatedPackets += 1 }
    switch dissection.kind {
    case .tcp:
      shards[dissection.shard].receiveTCP(
        frame.bytes.extracting(dissection.transportOffset..<dissection.end), dissection,
        frameLength: frame.originalLength, packet: packet, to: handler)
    case .udp:
      shards[dissection.shard].receiveUDP(
        frame.bytes.extracting(dissection.transportOffset..<dissection.end), dissection,
        frameLength: frame.originalLength, packet: packet, to: handler)
    default:
      processOther(frame, dissection, packet, handler)
    }
  }

  @inline(never)
  private func processOther(
    _ frame: Frame, _ dissection: borrowing Dissection, _ packet: PacketInfo,
    _ handler: any SocketHandler
  ) {
    switch dissection.kind {
    case .tcp, .udp: break
    case .fragment: processFragment(frame, dissection, packet, handler)
    case .otherProtocol: ownCounts.otherProtocols += 1
    case .notIP: ownCounts.otherPackets += 1
    case .malformed: ownCounts.malformedPackets += 1
    case .unsupportedLinkType: unsupportedLinkTypes[frame.linkType, default: 0] += 1
    case .badHeaderChecksum:
      ownCounts.badChecksums += 1
      handler.weird(.badHeaderChecksum, packet: packet)
    }
  }

  private func processFragment(
    _ frame: Frame, _ dissection: borrowing Dissection, _ packet: PacketInfo,
    _ handler: any SocketHandler
  ) {
    ownCounts.fragments += 1
    // A part of a fragment makes nothing whole, and where it ended is not known.
    if dissection.missing > 0 { return }
    guard let fragment = Fragment(frame.bytes, dissection) else {
      ownCounts.malformedPackets += 1
      return
    }
    let outcome = defragmenter.add(
      fragment, frameLength: frame.originalLength, at: frame.timestamp, clock: clock.second,
      weird: { handler.weird($0, packet: packet) })
    guard case .complete(let datagram) = outcome else { return }
    let payload = unsafe datagram.payload.span.bytes
    var whole = Dissection()
    whole.end = payload.byteCount
    whole.vlans = dissection.vlans
    whole.isIPv6 = dissection.isIPv6
    dissector.dissectTransport(
      payload, source: datagram.key.source, destination: datagram.key.destination,
      datagram.protocol, &whole)
    switch whole.kind {
    case .tcp:
      shards[whole.shard].receiveTCP(
        payload, whole, frameLength: datagram.frameLength, packet: packet, to: handler)
    case .udp:
      shards[whole.shard].receiveUDP(
        payload, whole, frameLength: datagram.frameLength, packet: packet, to: handler)
    case .otherProtocol: ownCounts.otherProtocols += 1
    default: ownCounts.malformedPackets += 1
    }
  }

  /// Packet time has come to another second.
  @inline(never)
  private func advance(_ packet: PacketInfo, _ handler: any SocketHandler) {
    guard let second = clock.advance(to: packet.timestamp) else { return }
    for number in 0..<shards.count {
      shards[number].advance(to: second, packet: packet, to: handler)
    }
  }

  /// Removes every socket in the order of their first packets.
  private func removeAll(
    _ packet: PacketInfo, _ handler: any SocketHandler, _ afterSome: () throws -> Void
  ) rethrows {
    var places: [SocketPlace] = []
    for number in 0..<shards.count { shards[number].appendPlaces(to: &places) }
    places.sortByOrdinal()
    for (position, place) in places.enumerated() {
      if position &+ 8 < places.count { prefetch(places[position &+ 8], handler) }
      shards[Int(place.shard)].remove(
        shards[Int(place.shard)].sockets.reference(to: Int(place.index)), reason: .endOfInput,
        packet: packet, to: handler)
      if position % 1024 == 1023 { try afterSome() }
    }
  }

  private func prefetch(_ place: SocketPlace, _ handler: any SocketHandler) {
    for line in 0..<4 {
      shards[Int(place.shard)].sockets.prefetch(Int(place.index), offset: 64 &* line)
    }
    handler.prefetch(shard: Int(place.shard), index: Int(place.index))
  }

  /// The end of the input: what is queued goes out, and every socket is detached; the packet that
  /// caused it is the last one. `afterSome` is
  /// called now and then, for a handler to write out what it has collected.
  public func finish(
    to handler: any SocketHandler, afterSome: () throws -> Void = {}
  ) rethrows {
    let packet = lastPacket
    for _ in 0..<defragmenter.finish() { handler.weird(.fragmentTimeout, packet: packet) }
    try removeAll(packet, handler, afterSome)
  }
}
