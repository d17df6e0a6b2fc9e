import Analysis
package import Sockets

// What becomes of the packets that the bytes came with.
extension DeferredSocket {
  /// What becomes of a packet whose text ends at an offset of its stream: `nil` when that is not known
  /// yet.
  package func fate(
    ofPacket ordinal: UInt64, _ direction: Direction, textEnd: UInt64, hasText: Bool
  ) -> Bool? {
    if isDropped { return stage.configuration.isDryRun }
    let end = hasText && isDecided(direction) ? textEnd : 0
    let goes =
      packets?.goes(
        ordinal, at: stage.spoolPosition, direction, textEnd: end, mayGo: !isWaiting) ?? true
    if goes { return true }
    if !isMarked { stage.undecided.add(self, at: stage.spoolPosition) }
    return nil
  }

  /// The place of the oldest packet whose fate is open, and its direction.
  var oldestOpen: (position: UInt64, direction: Direction)? { packets?.oldest }

  func giveUpOldest(_ direction: Direction) {
    if let ordinal = packets?.takeOldest(direction) {
      host.decide(packet: ordinal, isWritten: true)
    }
  }

  /// Whether somebody may decide about a direction.
  func isDecided(_ direction: Direction) -> Bool {
    nodes.contains { $0.wants(direction) && !$0.isObserving }
  }

  /// All bytes of a direction before an offset have passed every link.
  func release(_ direction: Direction, to offset: UInt64, _ cause: Cause) {
    packets?.release(direction, to: offset, cause: cause.packet.ordinal) {
      host.decide(packet: $0, isWritten: true)
    }
  }

  func releasePackets() {
    stage.undecided.remove(self)
    packets?.takeAll { host.decide(packet: $0, isWritten: true) }
  }
}
