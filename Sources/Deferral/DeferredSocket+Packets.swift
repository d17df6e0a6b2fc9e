import Analysis
package import Injection
package import Sockets

// What becomes of the packets that the bytes came with.
extension DeferredSocket {
  /// What becomes of a packet: `nil` when that is not known yet.
  ///
  /// - Parameters:
  ///   - datagram: what its fragments were put together to.
  ///   - position: where it stands among all packets that may be written.
  package func outcome(
    of packet: CapturedPacket, datagram: [UInt8]? = nil, at position: UInt64
  ) -> PacketOutcome? {
    if isDropped {
      if stage.configuration.isDryRun { return .written }
      return packets?.element.fateBehindEnd(of: packet, datagram: datagram) ?? .leftOut
    }
    guard packets != nil else { return .written }
    var outcome: PacketOutcome?
    if let (known, reason) = packets?.element.take(
      packet, datagram: datagram, at: position, mayGo: !isWaiting)
    {
      if let reason {
        stage.counts.unseen.add(reason)
        lastUnseen = packet.info.ordinal
      }
      outcome = known
    }
    if outcome == nil, !isWaiting {
      // It may be the one until which another was to wait.
      packets?.element.settle(by: packet.info.ordinal) { decide($0, $1, $2) }
    }
    if outcome == nil, !isMarked { stage.undecided.add(self, at: position) }
    return outcome
  }

  /// It is known what becomes of a packet.
  func decide(_ ordinal: UInt64, _ outcome: PacketOutcome, _ reason: UnseenReason?) {
    if let reason { stage.counts.unseen.add(reason) }
    fates.decide(packet: ordinal, outcome)
  }

  /// Something of the text of the packet that was asked about last is no stream data.
  package func noteUntaken(_ text: UntakenText, _ reason: UnseenReason, _ ordinal: UInt64) {
    guard !isDropped, packets != nil else { return }
    guard packets?.element.noteUntaken(text, reason, ordinal) == false else { return }
    // It spoke of nothing that is open, and so it has repeated what was shown.
    if lastUnseen == ordinal { return }
    lastUnseen = ordinal
    stage.counts.unseen.add(reason)
    if text != .some, stage.configuration.dropsUnseen {
      fates.decide(packet: ordinal, .leftOut)
    }
  }

  /// The packet that was asked about last brings nothing.
  package func refuse(_ ordinal: UInt64) {
    packets?.element.refuse(ordinal)
    if !isWaiting { packets?.element.settle(by: ordinal) { decide($0, $1, $2) } }
  }

  /// The place of the oldest packet whose fate is open, and its direction.
  var oldestOpen: (position: UInt64, direction: Direction)? { packets?.element.oldest }

  func giveUpOldest() {
    packets?.element.takeOldest { decide($0, $1, $2) }
    if !isWaiting { packets?.element.settle { decide($0, $1, $2) } }
  }

  /// Whether somebody may decide about a direction.
  func isDecided(_ direction: Direction) -> Bool {
    nodes.indices.contains { nodes[$0].wants(direction) && !nodes[$0].isObserving }
  }

  /// Bytes have passed every link: what was changed about them is known, and their packets may go.
  func release(_ bytes: Span<UInt8>, _ stretch: Stretch, _ cause: Cause) {
    guard packets != nil else { return }
    followLengths(bytes, stretch)
    let end =
      Int64(truncatingIfNeeded: stretch.source) &+ Int64(stretch.sourceCount(of: bytes.count))
    if !stretch.parts.isEmpty {
      noteEdits(bytes, stretch, cause)
      countKeptEdits(packets?.element.keptBytes ?? 0)
      countForDeparture()
    }
    release(stretch.direction, to: end, cause)
  }

  private func noteEdits(_ bytes: Span<UInt8>, _ stretch: Stretch, _ cause: Cause) {
    var place = Int64(truncatingIfNeeded: stretch.source)
    var start = 0
    let parts = stretch.parts
    for (index, part) in parts.enumerated() {
      let end = start + part.count
      // What is put in behind the last byte leaves with it: it takes its place, and repeats it.
      var kept = part.sourceCount
      if case .kept(let count) = part {
        let takesPlace = index == parts.count - 2 && parts[index + 1].isInsertion
        kept = takesPlace ? count - 1 : count
      } else if case .replaced(let removed, _) = part {
        let joins = index > 0 && index == parts.count - 1 && part.isInsertion
        let content = bytes.extracting((joins ? start - 1 : start)..<end)
        packets?.element.edit(
          stretch.direction, at: place, removing: Int64(joins ? 1 : removed),
          inserting: [UInt8](copying: content),
          readyAt: stretch.isInjected ? cause.packet.ordinal : .max)
        if joins { kept = 1 }
      }
      place &+= Int64(kept)
      start = end
    }
  }

  @inline(__always)
  func followsLengths(_ direction: Direction) -> Bool {
    lengths.count > 0 && lengths[direction.index].isFollowed
  }

  private func followLengths(_ bytes: Span<UInt8>, _ stretch: Stretch) {
    let index = stretch.direction.index
    guard followsLengths(stretch.direction) else { return }
    if stretch.parts.isEmpty {
      lengths[index].pass(bytes)
      return
    }
    var start = 0
    for part in stretch.parts {
      let bytes = bytes.extracting(start..<(start + part.count))
      start += part.count
      if case .replaced(let removed, _) = part {
        if lengths[index].pass(bytes, inPlaceOf: removed) { stage.counts.lengthChanges += 1 }
      } else {
        lengths[index].pass(bytes)
      }
    }
  }

  /// All bytes of a direction before an offset have passed every link.
  func release(_ direction: Direction, to offset: Int64, _ cause: Cause) {
    packets?.element.release(direction, to: offset, cause: cause.packet.ordinal) {
      decide($0, $1, $2)
    }
  }

  /// The data of the packet at hand was allowed by all: it goes, where it waited for nothing else.
  @inline(__always)
  func releaseAtHand(_ chunk: borrowing Chunk, _ ordinal: UInt64) {
    let end = Int64(truncatingIfNeeded: chunk.endOffset)
    if followsLengths(chunk.direction) { lengths[chunk.direction.index].pass(chunk.bytes) }
    if packets?.element.releaseAtHand(ordinal, chunk.direction, to: end) == true {
      fates.decide(packet: ordinal, .written)
    } else {
      release(chunk.direction, to: end, liveCause)
    }
  }

  /// Tells the stage what is kept of edits now.
  func countKeptEdits(_ bytes: Int) {
    if bytes == keptEdits { return }
    stage.countKeptEdits(self, from: keptEdits, to: bytes)
    keptEdits = bytes
  }

  /// At the end of a stretch.
  func forgetAcknowledgedEdits() {
    // What waits for nothing more has gone already where answers came late; what it acknowledges counts.
    if !isWaiting { packets?.element.settle { decide($0, $1, $2) } }
    for direction in Direction.allCases { packets?.element.forgetAcknowledged(direction) }
    countKeptEdits(packets?.element.keptBytes ?? 0)
  }

  /// Says what the stage keeps of the socket when the socket is removed.
  ///
  /// - Parameter ends: by `Direction.index`, the offsets behind all that was seen of the streams.
  package func depart(ends: [2 of Int64]) -> DepartureMemo {
    if stage.configuration.isDryRun { return .none }
    if isDropped {
      if isCounted { stage.uncountDeparture(ofShard: shard) }
      isCounted = false
      return .dropped
    }
    guard let streams = packets?.element.settled(at: ends), packets?.element.hasEdits == true
    else { return .none }
    countForDeparture()
    return stage.keep(Departure(isDropped: false, streams: streams))
  }

  /// It will have to be kept in mind when it has gone.
  func countForDeparture() {
    if isCounted || isDatagrams { return }
    isCounted = true
    stage.countDeparture(ofShard: shard)
  }

  func releasePackets() {
    stage.undecided.remove(self)
    packets?.element.takeAll { decide($0, $1, $2) }
    stage.counts.packetsBeyondWindow += packets?.element.beyondWindow ?? 0
  }

  /// Nobody decides about some directions any more: their packets need not wait.
  func releaseUndecided() {
    guard packets != nil else { return }
    for direction in Direction.allCases where !isDecided(direction) {
      packets?.element.open(direction)
    }
    if !isWaiting { packets?.element.settle { decide($0, $1, $2) } }
  }
}
