import Sockets
import Wire

// What is acknowledged before it was seen: the capture has the bytes late, or it lacks them, or they were
// never sent.
extension Connection {
  /// So much later at most comes, in the capture, what had to be there before: 100 ms.
  static var reordering: Int64 { 100_000_000 }
  /// Acknowledgements that wait.
  private static var claimLimit: Int { 16 }

  /// The receiver says that it has what was not seen yet.
  func claim(_ offset: Int64, _ segment: Segment, _ sender: Direction, isSACK: Bool = false) {
    let index = sender.index
    let claim = StreamSide.Claim(
      offset: offset, packet: segment.packet, isSACK: isSACK, seen: sides[index].high)
    if ledger.options.isInOrder { return refuse(claim, of: sender) }
    if sides[index].claims.contains(where: { $0.offset == offset && $0.isSACK == isSACK }) {
      return
    }
    if sides[index].claims.count >= Self.claimLimit {
      refuse(sides[index].claims.removeFirst(), of: sender)
    }
    sides[index].claims.append(claim)
  }

  /// - Parameter jump: where the segment begins, when it left a hole.
  func settleClaims(_ segment: Segment, _ direction: Direction, jump: Int64?) {
    let index = direction.index
    if sides[index].claims.isEmpty { return }
    let high = sides[index].high
    var left: [StreamSide.Claim] = []
    for claim in sides[index].claims {
      if claim.offset > high {
        left.append(claim)
      } else if let jump, claim.offset <= jump {
        // The hole answers for it.
        acknowledge(upTo: claim, direction)
      } else if claim.offset == high || claim.offset == sides[index].fin,
        segment.time.since(claim.packet.timestamp) <= Self.reordering
      {
        note(.captureReordered, claim.packet, direction.reversed)
        acknowledge(upTo: claim, direction)
      } else {
        // Hosts acknowledge whole segments: that nothing ends there is no reordering.
        refuse(claim, of: direction)
      }
    }
    sides[index].claims = left
  }

  private func acknowledge(upTo claim: StreamSide.Claim, _ direction: Direction) {
    guard !claim.isSACK else { return }
    let acknowledged = sides[direction.index].acknowledged ?? claim.offset
    sides[direction.index].acknowledged = max(acknowledged, claim.offset)
    sides[direction.index].holes.acknowledge(Int64.min..<claim.offset)
  }

  func refuse(_ claim: StreamSide.Claim, of direction: Direction) {
    note(
      claim.isSACK ? .sackUnseen : .ackUnseen, claim.packet, direction.reversed,
      [.init(claim.isSACK ? "edge" : "acknowledgment", claim.offset), .init("seen", claim.seen)])
  }
}
