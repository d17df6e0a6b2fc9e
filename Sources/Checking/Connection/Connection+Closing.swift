import Sockets
import Wire

extension Connection {
  /// A reset is taken at RCV.NXT alone (RFC 5961 §3.2). Where that is, is known to lie between what the
  /// receiver has acknowledged and what was sent.
  func judgeReset(_ segment: Segment, _ direction: Direction) {
    let side = sides[direction.index]
    if pendingSYN?.direction == direction {
      // The sender knows nothing of the connection, and makes its peer forget it (RFC 9293 §3.5.1).
      pendingSYN = nil
      note(.portReused, segment)
    }
    guard side.isOpen else {
      sides[direction.index].isReset = true
      return
    }
    let offset = side.offset(of: segment.view.sequence)
    if offset != 0, side.hasSYN, side.high == 0, !sides[direction.reversed.index].isOpen {
      note(.earlierConnection, segment)
    } else if offset > side.high {
      note(.resetBeyond, segment, [.init("offset", offset), .init("seen", side.high)])
    } else if offset < side.acknowledged ?? side.start {
      note(.resetOld, segment, [.init("offset", offset)])
    } else {
      sides[direction.index].isReset = true
    }
  }
}
