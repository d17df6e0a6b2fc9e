import Buffers
import Sockets
import Wire

// Connections that have gone, and packets that belong to them nevertheless.
extension Shard {
  /// Keeps in mind a connection whose socket is about to go.
  mutating func keepInMind(departing socket: SocketReference, hasTimedOut: Bool) {
    guard socket.element.flags.isDisjoint(with: .udp), socket.element.flags.contains(.connected)
    else { return }
    var entry = DepartedSockets.Entry(key: socket.element.key)
    if socket.element.key.isWide {
      entry.wide = hash.hash(socket.element.wide)
      entry.knownWide = DroppedFilter.hash.hash(socket.element.wide)
    }
    if hasTimedOut { entry.flowID = socket.info.flowID }
    if socket.element.flags.contains(.originatorIsSecond) {
      entry.traits.insert(.originatorIsSecond)
    }
    if socket.element.flags.contains(.wantsPackets) { entry.traits.insert(.wantsPackets) }
    if hasEnded(socket) { entry.traits.insert(.hasEnded) }
    if hasKnownShift(socket, .out), hasKnownShift(socket, .in) {
      entry.traits.insert(.hasKnownShifts)
      entry.shifts = socket.element.shifts
    }
    for direction in Direction.allCases {
      let offer = socket.element.offers[direction.index]
      if offer.options.contains(.maximumSegmentSize) {
        entry.segmentSizes[direction.index] = offer.maximumSegmentSize
      }
    }
    for direction in Direction.allCases where isStarted(socket, direction) {
      entry.traits.insert(.isStarted(direction))
      entry.next[direction.index] = socket.element.positions[direction.index].next
    }
    entry.memo = handler.departing(
      view(socket), ends: [reportedEnd(socket, .out), reportedEnd(socket, .in)])
    let departed = departedSockets()
    let tableHash = hash.tableHash(entry.key)
    if let place = departed.find(entry.key, entry.wide, tableHash) { forget(place) }
    if !departed.add(entry, under: tableHash, hashOf: { [hash] in hash.tableHash($0) }),
      entry.memo != .none
    {
      handler.forget(departed: entry.memo, shard: number)
    }
  }

  private mutating func departedSockets() -> DepartedSockets {
    if let departed { return departed }
    let made = DepartedSockets(
      looseLimit: configuration.departedPerShard,
      droppedLimit: configuration.droppedDeparturesPerShard,
      pinnedLimit: configuration.pinnedDeparturesPerShard,
      filterBytes: configuration.droppedFilterBytesPerShard)
    departed = made
    return made
  }

  private mutating func hasEnded(_ socket: SocketReference) -> Bool {
    if socket.element.flags.contains(.closing) { return true }
    return socket.element.endReason == .fin || socket.element.endReason == .reset
  }

  /// The place of a connection that has gone between the ends of a segment.
  mutating func findDeparted(_ segment: DissectionReference) -> Int? {
    guard let departed else { return nil }
    let key = segment.element.key
    let wide = key.isWide ? hash.hash(segment.element.wide) : 0
    return departed.find(key, wide, segment.element.tableHash)
  }

  /// Leaves out a segment that opens no connection, where one between its ends was dropped and is not kept
  /// in mind any more: nothing else is known of it.
  mutating func leavesOut(_ segment: DissectionReference, isCorrupt: Bool) -> Bool {
    guard let departed, departed.hasForgotten else { return false }
    let key = segment.element.key
    let wide = key.isWide ? DroppedFilter.hash.hash(segment.element.wide) : 0
    guard departed.mayHaveForgotten(key, wide) else { return false }
    noteStray(.departureBudgetReached)
    let direction: Direction = segment.element.isReversed ? .in : .out
    handler.packet(
      capturedPacket(segment, direction, isCorrupt: isCorrupt), ofDeparted: .dropped,
      shard: number)
    return true
  }

  /// Forgets a connection that has gone, and lets the handler forget it.
  mutating func forget(_ place: Int) {
    guard let departed else { return }
    let entry = departed.entry(place)
    departed.remove(place, under: hash.tableHash(entry.key))
    if entry.memo != .none { handler.forget(departed: entry.memo, shard: number) }
  }

  /// A segment that opens no connection comes between the ends of one that has gone. Takes it where it
  /// belongs to that connection as it was; else answers the entry that its socket goes on from.
  mutating func receiveLate(
    _ segment: DissectionReference, _ place: Int
  ) -> (isTaken: Bool, resumed: DepartedSockets.Entry?) {
    guard let departed else { return (false, nil) }
    let entry = departed.entry(place)
    if repeats(segment, entry) {
      noteStray(.lateRepetition)
      reportLate(segment, entry, isCorrupt: false)
      if segment.element.length > 0, entry.traits.contains(.wantsPackets) {
        handler.untaken(.all, .lateRepetition, packet, of: nil)
      }
      return (true, nil)
    }
    guard isNear(segment, entry) else { return (false, nil) }
    // What the handler keeps goes over to the new socket.
    departed.remove(place, under: segment.element.tableHash)
    return (false, entry)
  }

  /// How far behind the end of a stream a segment may begin that repeats it.
  private static var repetitionReach: Int { 1 << 24 }
  /// How far from the end of a stream one may begin that goes on with it.
  private static var resumptionReach: Int { 1 << 30 }

  /// Whether a connection that both ends have closed has said all of this already.
  private func repeats(
    _ segment: DissectionReference, _ entry: DepartedSockets.Entry
  ) -> Bool {
    guard entry.traits.contains(.hasEnded) else { return false }
    let direction = entry.direction(isReversed: segment.element.isReversed)
    let flags = segment.element.flags
    let end = segment.element.sequence + (segment.element.length &+ (flags.contains(.fin) ? 1 : 0))
    func isOld(_ number: SequenceNumber, _ stream: Direction) -> Bool {
      guard entry.traits.contains(.isStarted(stream)) else { return true }
      let ahead = number.distance(from: entry.next[stream.index])
      return ahead <= 0 && ahead > -Self.repetitionReach
    }
    return isOld(end, direction)
      && (!flags.contains(.ack) || isOld(segment.element.acknowledgment, direction.reversed))
  }

  private func isNear(_ segment: DissectionReference, _ entry: DepartedSockets.Entry) -> Bool {
    let direction = entry.direction(isReversed: segment.element.isReversed)
    guard entry.traits.contains(.isStarted(direction)) else { return true }
    let ahead = segment.element.sequence.distance(from: entry.next[direction.index])
    return abs(ahead) < Self.resumptionReach
  }

  /// A packet with a wrong checksum that belongs to no socket may belong to one that has gone.
  mutating func reportLateCorrupt(_ segment: DissectionReference) {
    guard segment.element.flags.isDisjoint(with: .syn) else { return }
    guard let place = findDeparted(segment) else {
      _ = leavesOut(segment, isCorrupt: true)
      return
    }
    if let departed { reportLate(segment, departed.entry(place), isCorrupt: true) }
  }

  /// Tells of a packet of a connection that has gone: its numbers are counted from the ends of the
  /// streams.
  private mutating func reportLate(
    _ segment: DissectionReference, _ entry: DepartedSockets.Entry, isCorrupt: Bool
  ) {
    guard entry.memo != .none || entry.traits.contains(.wantsPackets) else { return }
    let direction = entry.direction(isReversed: segment.element.isReversed)
    var packet = capturedPacket(segment, direction, isCorrupt: isCorrupt)
    packet.flags = segment.element.flags
    packet.window = segment.element.window
    packet.windowShift = entry.shifts[direction.index]
    if entry.traits.contains(.hasKnownShifts) { packet.traits.insert(.hasKnownShift) }
    packet.offset = Int64(segment.element.sequence.distance(from: entry.next[direction.index]))
    let peer = direction.reversed
    if segment.element.flags.contains(.ack), entry.traits.contains(.isStarted(peer)) {
      packet.traits.insert(.acknowledges)
      packet.acknowledged = Int64(
        segment.element.acknowledgment.distance(from: entry.next[peer.index]))
    }
    handler.packet(packet, ofDeparted: entry.memo, shard: number)
  }

  /// Puts a new socket where the one stood that it goes on from.
  mutating func resume(_ socket: SocketReference, from entry: DepartedSockets.Entry) {
    for direction in Direction.allCases where entry.traits.contains(.isStarted(direction)) {
      socket.element.histories[direction.index].state.insert(.started)
      socket.element.positions[direction.index].next = entry.next[direction.index]
      socket.element.positions[direction.index].acknowledged = entry.next[direction.index]
    }
    socket.element.shifts = entry.shifts
    for index in 0..<2 where entry.segmentSizes[index] > 0 {
      socket.element.offers[index].options.insert(.maximumSegmentSize)
      socket.element.offers[index].maximumSegmentSize = entry.segmentSizes[index]
    }
  }
}
