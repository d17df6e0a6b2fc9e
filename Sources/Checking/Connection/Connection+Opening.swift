import Sockets
import Wire

/// What a segment is to a connection between its ends.
enum Succession {
  /// It belongs to it.
  case none
  /// It begins another one.
  case begins
  /// It confirms an earlier SYN, which began another one.
  case began(Segment)
}

extension Connection {
  /// So long after its last packet a connection may have ended unseen.
  private static var patience: Int64 { 120 * 1_000_000_000 }

  func succession(by segment: Segment) -> Succession {
    let isIdle = segment.time.since(lastPacket.timestamp) >= Self.patience
    // Another one whose SYN is not in the capture.
    guard segment.opens else { return isOver && isIdle ? .begins : .none }
    let direction = direction(of: segment)
    if let (syn, sender) = pendingSYN, segment.acknowledges, sender != direction,
      segment.view.acknowledgment == syn.view.sequence + 1
    {
      pendingSYN = nil
      return .began(syn)
    }
    guard isOtherSYN(segment, direction) else { return .none }
    return isOver || isIdle || (!isUnderWay && !segment.acknowledges) ? .begins : .none
  }

  private func isOtherSYN(_ segment: Segment, _ direction: Direction) -> Bool {
    let side = sides[direction.index]
    guard side.isOpen else { return isOver }
    let offset = side.offset(of: segment.view.sequence + 1)
    // One that was refused may be tried again.
    if side.hasSYN, offset == 0 {
      return !segment.acknowledges && sides[direction.reversed.index].isReset
    }
    // A SYN that the capture has behind what follows it is that of the stream.
    return side.hasSYN || offset > side.start || side.start - offset > 1 << 16
  }

  /// Whether both ends have said that they are done, or one has given up.
  private var isOver: Bool {
    sides[0].isReset || sides[1].isReset || (sides[0].fin != nil && sides[1].fin != nil)
  }

  /// Whether more was seen than SYNs.
  private var isUnderWay: Bool {
    sides.contains { $0.high > 0 } || sides.allSatisfy { $0.isOpen && !$0.hasSYN }
      || sides.contains { ($0.acknowledged ?? -1) >= 0 }
  }

  /// Whether it answers a SYN as a host does that still has an earlier connection between the same ports
  /// (RFC 9293 §3.5.1): it acknowledges another stream. A reset follows, and the SYN again.
  func isOfEarlier(_ segment: Segment, _ direction: Direction) -> Bool {
    let peer = sides[direction.reversed.index]
    guard !sides[direction.index].isOpen, peer.hasSYN, peer.high == 0, segment.acknowledges else {
      return false
    }
    return peer.offset(of: segment.view.acknowledgment) != 0
  }

  /// Takes a SYN; `false` when it is none of the connection's own.
  func opens(_ segment: Segment, _ direction: Direction) -> Bool {
    let index = direction.index
    if sides[index].isOpen, isOtherSYN(segment, direction) {
      if segment.acknowledges {
        note(.synInside, segment)
      } else if pendingSYN == nil {
        pendingSYN = (segment, direction)
      }
      return false
    }
    if !sides[index].isOpen {
      sides[index].open(at: segment.view.sequence + 1)
    } else if !sides[index].hasSYN {
      // Seen late: the stream begins where it says.
      sides[index].start = sides[index].offset(of: segment.view.sequence + 1)
    } else if segment.length == 0 {
      note(.retransmission, segment)
    }
    sides[index].hasSYN = true
    sides[index].maximumSegmentSize = segment.options.maximumSegmentSize
    sides[index].windowScale = segment.options.windowScale
    sides[index].permitsSACK = segment.options.permitsSACK
    if let timestamps = segment.options.timestamps {
      sides[index].hasTimestamps = true
      sides[index].clock.restart(timestamps.value, segment.time)
    }
    return true
  }

  /// Whether the SYNs of both ends were seen, so that it is known what was agreed on.
  var isNegotiated: Bool { sides[0].hasSYN && sides[1].hasSYN }

  /// The shift of a sender's windows (RFC 7323 §2.2); `nil` where it is not known.
  func windowShift(of direction: Direction) -> UInt8? {
    guard isNegotiated else { return nil }
    guard sides[direction.reversed.index].windowScale != nil else { return 0 }
    return sides[direction.index].windowScale ?? 0
  }
}
