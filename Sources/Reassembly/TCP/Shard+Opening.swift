import Sockets
import Wire

/// SYNs of a socket besides those that its streams begin with: until the answer, or the acknowledgement
/// of the answer, chooses one of them nobody knows which of them arrived.
struct OtherSYNs: BitwiseCopyable {
  struct SYN: BitwiseCopyable {
    var sequence = SequenceNumber(0)
    var offer = TCPOffer()
    var sender = Direction.out
  }

  private var slots: [4 of SYN] = InlineArray(repeating: SYN())
  private var count = 0

  var isEmpty: Bool { count == 0 }

  /// Notes one; of more than four the oldest is forgotten.
  mutating func add(_ syn: SYN) {
    guard find(syn.sequence, syn.sender) == nil else { return }
    slots[count & 3] = syn
    count = count < 7 ? count &+ 1 : 4
  }

  func find(_ sequence: SequenceNumber, _ sender: Direction) -> SYN? {
    for index in 0..<min(count, 4)
    where slots[index].sequence == sequence && slots[index].sender == sender {
      return slots[index]
    }
    return nil
  }
}

// How a connection opens (RFC 9293 §3.5).
extension Shard {
  /// Whether a SYN belongs to another connection between the same ports than the one at hand.
  mutating func beginsAnother(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    if contradictsRoles(segment, socket, direction) { return true }
    let history = socket.element.histories[direction.index]
    let isOver = isOver(socket)
    if history.state.contains(.synSeen) {
      // The same number again is a retransmission.
      if segment.element.sequence == history.initialSequence { return false }
      let isAnswer = segment.element.flags.contains(.ack)
      // An answer alone is no evidence that there is another connection after a reset.
      if isOver, !isAnswer || socket.element.checks.isDisjoint(with: .anyReset) { return true }
      return isAnswer
        ? answersOtherSYN(segment, socket, direction) : isOneSided(socket, direction)
    }
    if isOver { return true }
    if isStarted(socket, direction) {
      // A SYN that was overtaken by the data behind it belongs to them.
      let position = socket.element.positions[direction.index]
      let first = position.next + -Int(truncatingIfNeeded: position.offset)
      return segment.element.sequence + 1 != first
    }
    return false
  }

  /// Whether the ports are free for another connection: both ends have closed (RFC 9293 §3.6.1), or
  /// one of them has reset this one.
  private mutating func isOver(_ socket: SocketReference) -> Bool {
    socket.element.flags.contains(.ended) || socket.element.flags.contains(.closing)
      || !socket.element.checks.isDisjoint(with: .anyReset)
  }

  /// Whether an open connection is of no use to tell what a SYN is: nobody would be seen to answer.
  private mutating func isOneSided(_ socket: SocketReference, _ direction: Direction) -> Bool {
    socket.element.packets[direction.reversed.index] == 0
      && socket.element.positions[direction.index].offset > 0
  }

  /// Whether a SYN/ACK answers a SYN that did not fit the connection, so that its end must have been
  /// missed.
  private mutating func answersOtherSYN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    socket.element.histories[direction.reversed.index].state.contains(.synAcknowledged)
      && answeredSYN(segment, socket, direction) != nil
  }

  /// The SYN that did not fit the connection and that a SYN/ACK answers.
  mutating func answeredSYN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> OtherSYNs.SYN? {
    guard segment.element.flags.contains(.ack), let details = socket.element.details else {
      return nil
    }
    return details.element.otherSYNs.find(
      segment.element.acknowledgment + -1, direction.reversed)
  }

  /// Begins a stream with a SYN that came before its socket was there.
  mutating func begin(
    _ socket: SocketReference, with syn: OtherSYNs.SYN, _ direction: Direction
  ) {
    socket.element.histories[direction.index].state.formUnion([.synSeen, .synKnown, .started])
    socket.element.histories[direction.index].initialSequence = syn.sequence
    socket.element.positions[direction.index].next = syn.sequence + 1
    socket.element.positions[direction.index].acknowledged = syn.sequence
    socket.element.offers[direction.index] = syn.offer
    report(.connecting, of: socket)
  }

  /// Whether who began with an answer begins anew with a SYN, though nobody has answered yet: its
  /// first packet was to confuse (TCB reversal).
  mutating func contradictsRoles(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    direction == .in && !segment.element.flags.contains(.ack)
      && socket.element.count(of: .flipped, .out) > 0
      && !socket.element.histories[Direction.out.index].state.contains(.synSeen)
      && socket.element.positions[Direction.out.index].offset == 0
      && socket.element.positions[Direction.in.index].offset == 0
  }

  /// Whether it is known where in the sequence space this stream is.
  @inline(__always)
  mutating func isStarted(_ socket: SocketReference, _ direction: Direction) -> Bool {
    socket.element.histories[direction.index].state.contains(.started)
      || socket.element.positions[direction.index].offset > 0
  }

  mutating func receiveSYN(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    chooseSYN(segment, socket, direction)
    guard acceptsSYN(segment, socket, direction) else {
      if segment.element.length > 0 { reportRefusal(of: socket, .inSYN) }
      return finish(socket)
    }
    begin(segment, socket, direction)
    if segment.element.flags.contains(.ack) {
      receiveAcknowledgment(segment, socket, direction)
      takeUnscaledWindow(segment, socket, direction)
    }
    // Whether its text is taken only the answer tells (RFC 7413 §4.2.2).
    let text = frame.extracting(segment.element.text)
    if text.byteCount > 0 {
      if !segment.element.offer.options.contains(.fastOpen) {
        note(.synData, segment, of: socket, direction)
      }
      let first = segment.element.sequence + 1
      let next = socket.element.positions[direction.index].next
      if configuration.validity == .any {
        let ahead = Int64(first.distance(from: next))
        let start = socket.element.positions[direction.index].offset &+ UInt64(bitPattern: ahead)
        take(text, at: start, socket, direction)
        return finish(socket)
      }
      reportUntaken(.unlessAcknowledged, .inSYN, of: socket)
      keepDoubtful(text, first.distance(from: next), hasFIN: false, .unlikely, socket, direction)
    }
    finish(socket)
  }

  /// Whether a SYN is the one that its stream begins with. Others are kept in mind: which of several
  /// counts, the other end decides.
  private mutating func acceptsSYN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    let isAnswer = segment.element.flags.contains(.ack)
    let own = socket.element.histories[direction.index]
    let peer = socket.element.histories[direction.reversed.index]
    if isAnswer, direction == .out, !peer.state.contains(.synSeen) {
      // An originator has nothing to answer yet.
      if own.state.contains(.synSeen) {
        note(.roleAmbiguous, segment, of: socket, direction)
        return false
      }
    }
    if own.state.contains(.synSeen), segment.element.sequence != own.initialSequence {
      let isOpening =
        !own.state.contains(.synAcknowledged)
        && socket.element.positions[direction.index].offset == 0
      let name: Weird = isAnswer ? .multipleSYNACK : .multipleSYN
      note(isOpening ? name : .synInEstablished, segment, of: socket, direction)
      let other = OtherSYNs.SYN(
        sequence: segment.element.sequence, offer: segment.element.offer, sender: direction)
      details(of: socket)?.element.otherSYNs.add(other)
      return false
    }
    if isAnswer, peer.state.contains(.synSeen),
      socket.element.positions[direction.reversed.index].offset == 0,
      !acknowledgesSYN(segment, socket, direction)
    {
      note(.badACK, segment, of: socket, direction)
      return false
    }
    return true
  }

  /// Whether a SYN/ACK acknowledges the SYN, and no more than came with it.
  private mutating func acknowledgesSYN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    let peer = direction.reversed
    let acknowledged = segment.element.acknowledgment
    return acknowledged.isAfter(socket.element.histories[peer.index].initialSequence)
      && !isUnseen(acknowledged, socket, peer)
  }

  /// Where several SYNs came, the acknowledgement chooses among them.
  @inline(__always)
  mutating func chooseSYN(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    if mayChooseSYN(socket) { chooseAmongSYNs(segment, socket, direction) }
  }

  /// Whether there was more than one SYN.
  @inline(__always)
  mutating func mayChooseSYN(_ socket: SocketReference) -> Bool {
    guard let details = socket.element.details else { return false }
    return !details.element.otherSYNs.isEmpty
  }

  @inline(never)
  private mutating func chooseAmongSYNs(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    let stream = direction.reversed
    // What lies in the socket is looked at before the details are waited for.
    guard segment.element.flags.contains(.ack),
      !socket.element.histories[stream.index].state.contains(.synAcknowledged),
      socket.element.positions[stream.index].offset == 0,
      let details = socket.element.details, !details.element.otherSYNs.isEmpty,
      let chosen = details.element.otherSYNs.find(segment.element.acknowledgment + -1, stream)
    else { return }
    discardQueue(socket, stream)
    discardDoubts(socket, stream)
    socket.element.histories[stream.index].initialSequence = chosen.sequence
    socket.element.positions[stream.index].next = chosen.sequence + 1
    socket.element.positions[stream.index].acknowledged = chosen.sequence
    socket.element.offers[stream.index] = chosen.offer
    socket.element.checks.subtract([.timestamps(stream), .edge(stream)])
    settleScales(socket)
  }

  /// Begins a stream with its SYN.
  private mutating func begin(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    guard !socket.element.histories[direction.index].state.contains(.synSeen) else {
      lowerSegmentSize(segment.element.offer, of: socket, direction)
      return
    }
    let isFirst = !socket.element.histories[direction.reversed.index].state.contains(.synSeen)
    socket.element.histories[direction.index].state.formUnion([.synSeen, .synKnown])
    socket.element.histories[direction.index].initialSequence = segment.element.sequence
    if !isStarted(socket, direction) {
      socket.element.histories[direction.index].state.insert(.started)
      socket.element.positions[direction.index].next = segment.element.sequence + 1
      socket.element.positions[direction.index].acknowledged = segment.element.sequence
    }
    socket.element.offers[direction.index] = segment.element.offer
    settleScales(socket)
    // The answer tells where the originator's stream begins, should its SYN not have been captured.
    let peer = direction.reversed
    if segment.element.flags.contains(.ack), !isStarted(socket, peer) {
      socket.element.histories[peer.index].state.formUnion([.started, .synKnown])
      socket.element.histories[peer.index].initialSequence = segment.element.acknowledgment + -1
      socket.element.positions[peer.index].next = segment.element.acknowledgment
      socket.element.positions[peer.index].acknowledged = segment.element.acknowledgment
    }
    openUnknownWindow(socket, direction)
    openUnknownWindow(socket, peer)
    if isFirst, !socket.element.flags.contains(.connected) {
      report(.connecting, of: socket)
    }
  }

  /// A SYN that is repeated may ask for smaller segments; which one arrived is not known.
  private mutating func lowerSegmentSize(
    _ offer: TCPOffer, of socket: SocketReference, _ direction: Direction
  ) {
    guard offer.options.contains(.maximumSegmentSize),
      offer.maximumSegmentSize < socket.element.offers[direction.index].maximumSegmentSize
    else { return }
    socket.element.offers[direction.index].maximumSegmentSize = offer.maximumSegmentSize
  }

  /// `connected`, once, and before anything that only an open connection has.
  mutating func reportConnected(
    _ socket: SocketReference
  ) {
    guard !socket.element.flags.contains(.connected) else { return }
    // Both ends go on: a reset before did not arrive.
    if !socket.element.checks.isDisjoint(with: .anyReset) { reopen(socket, .out) }
    socket.element.flags.insert(.connected)
    report(.connected(midstream: false), of: socket)
  }
}
