import Sockets
import Wire

// What happened to a connection, in the letters of its history.
extension Shard {
  /// Takes down a segment off the fast path, before it is counted and anything is done about it.
  @inline(__always)
  mutating func record(
    _ segment: DissectionReference, _ frame: RawSpan, of socket: SocketReference,
    _ direction: Direction
  ) {
    let length = segment.element.length
    if !segment.element.flags.isDisjoint(with: [.syn, .fin, .rst]) {
      recordControl(segment, of: socket, direction)
    } else if !socket.element.lacking[direction.index].isEmpty {
      let letter: LackingLetters = length > 0 ? .data : .acknowledgment
      if socket.element.lacking[direction.index].contains(letter),
        length > 0 || segment.element.flags.contains(.ack)
      {
        recordFirst(letter, of: socket, direction)
      }
    }
    if segment.element.closesWindow { recordZeroWindow(segment, of: socket, direction) }
    if length > 0, !segment.element.flags.contains(.rst), isBehind(segment, socket, direction) {
      if isSamePacket(segment, frame, socket, direction) {
        note(.duplicateCapture, segment, of: socket, direction)
      } else {
        recordRetransmission(of: socket, direction)
      }
    }
  }

  /// `d` and `a` are recorded once for each direction, and not for a segment with SYN, FIN or RST.
  @inline(__always)
  mutating func recordFirst(
    _ letter: LackingLetters, of socket: SocketReference, _ direction: Direction
  ) {
    socket.element.lacking[direction.index].remove(letter)
    record(letter == .data ? .data : .acknowledgment, of: socket, direction)
  }

  /// A SYN, FIN or reset is recorded again only when it has another number than the last of them.
  @inline(__always)
  private mutating func recordControl(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction
  ) {
    let flags = segment.element.flags
    let control = flags.intersection([.syn, .fin, .rst])
    let seen = TCPFlags(rawValue: socket.element.tcpFlags[direction.index])
    if control != .syn {
      noteOver(socket, direction)
      recordPassedGaps(of: socket)
    }
    var number = segment.element.sequence
    let letter: ConnectionHistory.Letter
    switch control {
    case .syn: letter = flags.contains(.ack) ? .answer : .syn
    case .fin:
      letter = .fin
      number += segment.element.length
    case .rst: letter = .reset
    default:
      let isInconsistent = control.isSuperset(of: [.fin, .rst])
      recordOnce(isInconsistent ? .inconsistent : .multipleFlags, of: socket, direction)
      return
    }
    let last = socket.element.lastControls[direction.index]
    if !seen.isDisjoint(with: control), number == last { return }
    socket.element.lastControls[direction.index] = number
    record(letter, of: socket, direction)
  }

  /// A FIN or reset: the moment when both directions have had one is kept.
  @inline(__always)
  private mutating func noteOver(_ socket: SocketReference, _ direction: Direction) {
    if !socket.element.isOver(direction), socket.element.isOver(direction.reversed) {
      socket.element.closed = max(packet.timestamp, socket.element.lastSeen)
    }
  }

  /// Who has reset the connection has no window, and whose peer has closed needs none.
  @inline(never)
  private mutating func recordZeroWindow(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction
  ) {
    let own = TCPFlags(rawValue: socket.element.tcpFlags[direction.index])
    let peer = TCPFlags(rawValue: socket.element.tcpFlags[direction.reversed.index])
    guard !own.union(segment.element.flags).contains(.rst), !peer.contains(.fin),
      socket.element.histories[direction.index].zeroWindows < .max
    else { return }
    socket.element.histories[direction.index].zeroWindows += 1
    let times = socket.element.histories[direction.index].zeroWindows
    recordScaled(.zeroWindow, UInt32(times), of: socket, direction)
  }

  /// Whether text ends where text was seen already.
  @inline(__always)
  private mutating func isBehind(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    let hasSYN = segment.element.flags.contains(.syn)
    let end = segment.element.sequence + (segment.element.length &+ (hasSYN ? 1 : 0))
    let position = socket.element.positions[direction.index]
    if !end.isAfter(position.next) { return !isLapAhead(end, socket, direction) }
    let list = socket.element.histories[direction.index].queue
    if list.isEmpty { return false }
    let queued = queue.segment(list.tail).end &- position.offset
    return !end.isAfter(position.next + Int(truncatingIfNeeded: queued))
  }

  /// Text that was seen before, or was overtaken, or fills a hole of the capture: nothing tells these
  /// apart. What comes with or after a reset is no text.
  @inline(never)
  private mutating func recordRetransmission(
    of socket: SocketReference, _ direction: Direction
  ) {
    let flags = TCPFlags(rawValue: socket.element.tcpFlags[direction.index])
    guard isStarted(socket, direction), !flags.contains(.rst) else { return }
    socket.element.histories[direction.index].retransmissions &+= 1
    let times = socket.element.histories[direction.index].retransmissions
    recordScaled(.retransmission, times, of: socket, direction)
  }

  mutating func recordBadChecksum(of socket: SocketReference, _ direction: Direction) {
    guard let details = details(of: socket) else { return }
    details.element.badChecksums[direction.index] &+= 1
    recordScaled(
      .badChecksum, details.element.badChecksums[direction.index], of: socket, direction)
  }

  @inline(never)
  mutating func recordGap(of socket: SocketReference, _ direction: Direction) {
    if socket.element.flags.contains(.udp) { return }
    recordScaled(.gap, socket.element.histories[direction.index].gaps, of: socket, direction)
  }

  /// Near the end of a connection: what was passed over and did not come is a gap.
  @inline(__always)
  mutating func recordPassedGaps(of socket: SocketReference) {
    if socket.element.histories[0].gapBytes | socket.element.histories[1].gapBytes == 0 { return }
    recordPassedGap(of: socket, .out)
    recordPassedGap(of: socket, .in)
  }

  @inline(__always)
  private mutating func recordPassedGap(of socket: SocketReference, _ direction: Direction) {
    if socket.element.histories[direction.index].gapBytes > 0,
      socket.element.flags.isDisjoint(with: [.udp, .wantsData(direction)])
    {
      recordPassed(socket.element.histories[direction.index].gaps, of: socket, direction)
    }
  }

  /// A letter for the first of some gaps, the tenth, the hundredth …, as far as they are not there.
  @inline(never)
  private mutating func recordPassed(
    _ gaps: UInt32, of socket: SocketReference, _ direction: Direction
  ) {
    var missing = String(gaps).utf8.count &- socket.element.count(of: .gap, direction)
    while missing > 0 {
      record(.gap, of: socket, direction)
      missing &-= 1
    }
  }

  /// Letters for what may happen often stand for its first time, its tenth, its hundredth …
  @inline(never)
  private mutating func recordScaled(
    _ letter: ConnectionHistory.Letter, _ times: UInt32, of socket: SocketReference,
    _ direction: Direction
  ) {
    var rest = times
    while rest > 1, rest.isMultiple(of: 10) { rest /= 10 }
    if rest == 1 { record(letter, of: socket, direction) }
  }

  /// Adds a letter to a history, where there is room.
  @inline(__always)
  mutating func record(
    _ letter: ConnectionHistory.Letter, of socket: SocketReference, _ sender: Direction
  ) {
    if !socket.element.earlyHistory.append(letter, sender) {
      recordLate(letter, of: socket, sender)
    }
  }

  @inline(never)
  private mutating func recordLate(
    _ letter: ConnectionHistory.Letter, of socket: SocketReference, _ sender: Direction
  ) {
    _ = details(of: socket)?.element.lateHistory.append(letter, sender)
  }

  /// Adds a letter that is recorded once for each sender.
  mutating func recordOnce(
    _ letter: ConnectionHistory.Letter, of socket: SocketReference, _ sender: Direction
  ) {
    if socket.element.count(of: letter, sender) == 0 { record(letter, of: socket, sender) }
  }
}
