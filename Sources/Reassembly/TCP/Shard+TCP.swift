import Buffers
import Sockets
import Wire

extension Shard {
  /// Takes a TCP segment, whose text lies in `frame`.
  @inline(__always)
  mutating func receiveTCP(_ segment: DissectionReference, in frame: RawSpan) {
    let found = find(segment)
    if configuration.checksums != .none, !acceptsChecksum(segment, of: found) {
      countRefused(segment, of: found)
      return
    }
    guard let socket = found else {
      receiveFirst(segment, frame)
      return
    }
    let direction = socket.element.direction(isReversed: segment.element.isReversed)
    // The fast path: an open connection, nothing queued, the next segment in order.
    if socket.element.flags.contains(.plain), segment.element.flags.isDisjoint(with: .control),
      segment.element.sequence == socket.element.positions[direction.index].next,
      segment.element.isOrdinary, passesAtAGlance(segment, socket, direction)
    {
      count(segment, of: socket, direction)
      if segment.element.hasTimestamp {
        socket.element.timestamps[direction.index] = segment.element.timestamp
        socket.element.checks.insert(.timestamps(direction))
      }
      socket.element.positions[direction.reversed.index].acknowledged =
        segment.element.acknowledgment
      takeWindow(segment, socket, direction)
      if segment.element.captured > 0 {
        if socket.element.lacking[direction.index].contains(.data) {
          recordFirst(.data, of: socket, direction)
        }
        let text = frame.extracting(segment.element.text)
        if socket.element.flags.contains(.wantsData(direction)) {
          keepInMind(
            text, at: socket.element.positions[direction.index].offset,
            headers: Self.headers(of: segment), inFrame: !segment.element.kind.isWhole, socket,
            direction)
        }
        deliver(text, of: socket, direction)
      } else if socket.element.lacking[direction.index].contains(.acknowledgment) {
        recordFirst(.acknowledgment, of: socket, direction)
      }
      return
    }
    receiveSlowly(segment, frame, socket, direction)
  }

  @inline(__always)
  mutating func count(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction
  ) {
    socket.element.tcpFlags[direction.index] |= segment.element.flags.rawValue
    if packet.timestamp > socket.element.lastSeen { socket.element.lastSeen = packet.timestamp }
    countPacket(segment, of: socket, direction)
    if socket.element.flags.contains(.wantsPackets) { reportPacket(segment, of: socket, direction) }
  }

  /// Counts what came over the wire, whether or not anybody would have taken it.
  @inline(__always)
  mutating func countPacket(
    _ segment: DissectionReference, of socket: SocketReference, _ direction: Direction
  ) {
    socket.element.packets[direction.index] &+= 1
    socket.element.traffic.add(
      frame: segment.element.frameLength, ip: segment.element.ipLength, direction)
  }

  /// Hands bytes that are next in order to whoever wants them.
  @inline(__always)
  mutating func deliver(
    _ bytes: RawSpan, behind removed: UInt32 = 0, of socket: SocketReference, _ direction: Direction
  ) {
    let offset = socket.element.positions[direction.index].offset
    socket.element.positions[direction.index].offset = offset &+ UInt64(bytes.byteCount)
    socket.element.positions[direction.index].next += bytes.byteCount
    guard socket.element.flags.contains(.wantsData(direction)) else { return }
    if let interest = handler.data(
      bytes, direction, at: offset &- UInt64(removed), of: view(socket), packet: packet)
    {
      setInterest(interest, of: socket)
    }
  }

  /// The first segment of a conversation that is not in the table.
  ///
  /// - Parameter syn: the SYN that it answers, where that was taken for one of the connection before.
  @inline(never)
  private mutating func receiveFirst(
    _ segment: DissectionReference, _ frame: RawSpan, answering syn: OtherSYNs.SYN? = nil
  ) {
    var flags: SocketFlags = []
    let isOpening = segment.element.flags.contains(.syn)
    var earlier: DepartedSockets.Entry?
    if let place = findDeparted(segment) {
      if isOpening {
        forget(place)
      } else {
        let (isTaken, resumed) = receiveLate(segment, place)
        if isTaken { return }
        earlier = resumed
      }
    } else if !isOpening, leavesOut(segment, isCorrupt: false) {
      return
    }
    let resumed = earlier?.memo == DepartureMemo.none ? nil : earlier
    if !isOpening {
      guard configuration.midstream || resumed != nil else {
        noteStray(.midstreamIgnored)
        if segment.element.length > 0 { handler.untaken(.all, .midstream, packet, of: nil) }
        return
      }
      flags.insert(.midstream)
    }
    // A SYN with ACK is an answer: who it goes to began the connection.
    let isAnswer = segment.element.flags.isSuperset(of: [.syn, .ack])
    let isFromSecond = segment.element.isReversed != isAnswer
    if resumed?.traits.contains(.originatorIsSecond) ?? isFromSecond {
      flags.insert(.originatorIsSecond)
    }
    let socket = open(segment, flags: flags, resuming: resumed)
    if isAnswer, syn == nil { record(.flipped, of: socket, .out) }
    let direction = socket.element.direction(isReversed: segment.element.isReversed)
    if let syn { begin(socket, with: syn, direction.reversed) }
    if !isOpening {
      socket.element.flags.insert(.connected)
      report(.connected(midstream: true), of: socket)
      if let flowID = earlier?.flowID, flowID != 0 {
        note(WeirdNote(.resumedAfterTimeout, direction, value: flowID), of: socket)
      }
      if segment.element.flags.contains(.rst) {
        note(WeirdNote(.strayReset, direction), of: socket)
      } else if segment.element.flags.contains(.fin) {
        note(WeirdNote(.finWithoutSession, direction), of: socket)
      }
    }
    receiveSlowly(segment, frame, socket, direction)
  }

  /// Everything that is not simply the next segment in order.
  @inline(never)
  private mutating func receiveSlowly(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    let flags = segment.element.flags
    if flags.contains(.syn), !flags.isContradictory, beginsAnother(segment, socket, direction) {
      if contradictsRoles(segment, socket, direction) {
        note(.roleAmbiguous, segment, of: socket, direction)
      }
      let syn = answeredSYN(segment, socket, direction)
      remove(socket, reason: .superseded)
      receiveFirst(segment, frame, answering: syn)
      return
    }
    // The numbers of this segment, too, are those of the SYN that it chooses.
    if flags.isSuperset(of: [.syn, .ack]) { chooseSYN(segment, socket, direction) }
    if let details = socket.element.details { details.prefetch() }
    let silence = packet.timestamp.nanoseconds &- socket.element.lastSeen.nanoseconds
    record(segment, frame, of: socket, direction)
    count(segment, of: socket, direction)
    // What fragments were put together to does not stay.
    let hasText = segment.element.captured > 0 && !segment.element.kind.isWhole
    if hasText {
      textAtHand = unsafe (
        LentBytes(frame.extracting(segment.element.text)), Self.headers(of: segment)
      )
    }
    // Beyond this call nobody asks for it any more.
    defer { if hasText { textAtHand = nil } }
    if direction == .in { socket.element.flags.insert(.answered) }
    if isOrdinary(segment, socket, direction) {
      takeTimestamp(of: segment, socket, direction)
      takeGood(segment, frame, socket, direction)
      finish(socket)
    } else if flags.contains(.syn), segment.element.isOrdinary, !flags.isContradictory,
      !socket.element.flags.contains(.ended)
    {
      receiveSYN(segment, frame, socket, direction)
    } else {
      examine(segment, frame, silence, socket, direction)
    }
  }

  /// Whether nothing is to be looked at about a segment that brings new text, or none, in order or not.
  @inline(__always)
  private mutating func isOrdinary(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    segment.element.isOrdinaryOrSelective
      && segment.element.flags.isDisjoint(with: [.syn, .rst, .urg])
      && (segment.element.isOrdinary || agreesOnSACK(socket))
      && !socket.element.flags.contains(.ended)
      && socket.element.checks.isDisjoint(with: .offFastPath)
      && isStarted(socket, direction)
      && !segment.element.sequence.isBefore(socket.element.positions[direction.index].next)
      && passesAtAGlance(segment, socket, direction, isFirstTimestampEnough: true)
      && !socket.element.positions[direction.reversed.index].isAcknowledgedBeyond
      && (socket.element.details == nil || !isToBeJudged(socket))
  }

  /// Whether what a glance does not tell may matter: that there was more than one SYN, or that a stream
  /// may have gone on elsewhere.
  @inline(__always)
  private mutating func isToBeJudged(_ socket: SocketReference) -> Bool {
    mayChooseSYN(socket) || isLeaping(socket)
  }

  /// What is out of the ordinary in its header, or in its place in the connection.
  @inline(never)
  private mutating func examine(
    _ segment: DissectionReference, _ frame: RawSpan, _ silence: Int64, _ socket: SocketReference,
    _ direction: Direction
  ) {
    let examined: ExaminedSegment
    if segment.element.isOrdinaryOrSelective, segment.element.flags.isDisjoint(with: [.syn, .urg]) {
      examined = ExaminedSegment(ordinary: segment, silence: silence)
    } else {
      let bytes = frame.extracting(segment.element.transportOffset..<segment.element.end)
      guard let header = try? TCPSegment(validating: bytes) else { return }
      examined = ExaminedSegment(header, silence: silence)
    }
    noteOddities(segment, examined, socket, direction)
    guard acceptsFlags(segment, socket, direction) else {
      if takesInvalid(segment, socket) {
        receiveInvalid(segment, frame, socket, direction)
        finish(socket)
        return
      }
      counts.refusedBytes &+= UInt64(segment.element.length)
      reportRefusal(of: socket, segment.element.length > 0 ? .badFlags : nil)
      return
    }
    let flags = segment.element.flags
    if socket.element.flags.contains(.ended) {
      let hasNews =
        segment.element.length > 0 && !flags.contains(.rst) && isNew(segment, socket, direction)
      reportRefusal(of: socket, hasNews ? .behindEnd : nil)
      receiveAfterEnd(segment, socket, direction)
    } else if flags.contains(.rst) {
      receiveReset(segment, examined, socket, direction)
    } else if flags.contains(.syn) {
      receiveSYN(segment, frame, socket, direction)
    } else {
      receive(segment, examined, frame, socket, direction)
    }
  }

  /// What was sent after the end is counted, though nobody took it.
  private mutating func receiveAfterEnd(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    guard !segment.element.flags.contains(.rst), segment.element.length > 0,
      isNew(segment, socket, direction)
    else { return }
    note(.dataAfterEnd, segment, of: socket, direction)
    socket.element.positions[direction.index].acknowledged =
      segment.element.sequence + segment.element.length
  }

  /// A segment of a connection that is open, or opening, and that is no SYN.
  private mutating func receive(
    _ segment: DissectionReference, _ examined: ExaminedSegment, _ frame: RawSpan,
    _ socket: SocketReference, _ direction: Direction
  ) {
    chooseSYN(segment, socket, direction)
    let far = followLeaps(segment, socket, direction)
    let isRepetition = !far.contains(.sequence) && isRepetition(segment, socket, direction)
    if isRepetition { noteRepetition(segment, frame, socket, direction) }
    let hasText = segment.element.length > 0 || segment.element.flags.contains(.fin)
    switch judge(
      segment, examined, hasText: hasText && !isRepetition, far: far, socket, direction)
    {
    case .unused: break
    case .refused(let weird) where takesInvalid(segment, socket),
      .doubtful(let weird, _) where takesInvalid(segment, socket):
      note(weird, segment, of: socket, direction)
      receiveInvalid(segment, frame, socket, direction)
    case .pastWindow where takesInvalid(segment, socket):
      note(.outOfWindow, segment, of: socket, direction)
      receiveInvalid(segment, frame, socket, direction)
    case .pastWindow: receivePastWindow(segment, frame, droppingFirst: 0, socket, direction)
    case .refused(let weird):
      note(weird, segment, of: socket, direction)
      counts.refusedBytes &+= UInt64(segment.element.length)
      reportRefusal(of: socket, segment.element.length > 0 ? weird.unseenReason : nil)
    case .doubtful(let weird, let kind):
      receiveDoubtful(
        segment, weird, kind, frame, isFar: far.contains(.sequence), socket, direction)
    case .good:
      takeTimestamp(examined, segment, socket, direction)
      noteUrgent(segment, examined, frame, socket, direction)
      takeGood(segment, frame, socket, direction)
    }
    finish(socket)
  }

  /// Whether what no host would take is stream data nevertheless.
  private mutating func takesInvalid(
    _ segment: DissectionReference, _ socket: SocketReference
  ) -> Bool {
    configuration.validity == .any && !segment.element.flags.isContradictory
      && (segment.element.length > 0 || segment.element.flags.contains(.fin))
  }

  /// Text that counts by its numbers alone. What the segment says of the other direction does not.
  private mutating func receiveInvalid(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    receiveText(
      segment, frame, first: segment.element.length,
      hasFIN: segment.element.flags.contains(.fin), socket, direction)
  }

  /// A segment that its receiver takes.
  @inline(__always)
  private mutating func takeGood(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    let offset = socket.element.positions[direction.reversed.index].offset
    let wasUnheard = isUnheard(socket, direction.reversed)
    receiveAcknowledgment(segment, socket, direction)
    takeWindow(segment, socket, direction)
    if wasUnheard { hear(socket, direction.reversed, since: offset) }
    if segment.element.length > 0 || segment.element.flags.contains(.fin)
      || !isStarted(socket, direction)
    {
      receiveGood(segment, frame, socket, direction)
    }
  }

  /// Text that its receiver takes, but for what lies beyond the window.
  private mutating func receiveGood(
    _ segment: DissectionReference, _ frame: RawSpan, _ socket: SocketReference,
    _ direction: Direction
  ) {
    if configuration.validity == .any {
      receiveText(
        segment, frame, first: segment.element.length,
        hasFIN: segment.element.flags.contains(.fin), socket, direction)
      return
    }
    if !socket.element.checks.isDisjoint(with: .anyReset),
      waitsAfterReset(segment, frame, socket, direction)
    {
      return
    }
    let inside = textWithinWindow(segment, segment.element.sequence, socket, direction)
    if isStarted(socket, direction), inside < segment.element.length {
      if goesOnPastWindow(segment, socket, direction) {
        receiveText(segment, frame, first: inside, hasFIN: false, socket, direction)
        receivePastWindow(segment, frame, droppingFirst: inside, socket, direction)
        return
      }
      note(.outOfWindow, segment, of: socket, direction)
      receiveText(segment, frame, first: inside, hasFIN: false, socket, direction)
      reportUntaken(.unlessAcknowledged, .outOfWindow, of: socket)
      let text = frame.extracting(segment.element.text)
      if inside < text.byteCount {
        let sequence = segment.element.sequence + inside
        keepDoubtful(
          text.extracting(droppingFirst: inside),
          sequence.distance(from: socket.element.positions[direction.index].next),
          hasFIN: segment.element.flags.contains(.fin), .unlikely, socket, direction)
      }
      return
    }
    receiveText(
      segment, frame, first: segment.element.length,
      hasFIN: segment.element.flags.contains(.fin), socket, direction)
  }

  mutating func receiveDoubtful(
    _ segment: DissectionReference, _ weird: Weird, _ kind: Doubts.Kind, _ frame: RawSpan,
    isFar: Bool = false, _ socket: SocketReference, _ direction: Direction
  ) {
    // Where both ends have agreed already, nothing is odd about it.
    if !isFar || !hasAgreedOnLeap(socket, direction) { note(weird, segment, of: socket, direction) }
    if segment.element.length > 0 {
      reportUntaken(.unlessAcknowledged, weird.unseenReason, of: socket)
    }
    let ahead =
      isFar
      ? distance(ofFar: segment, socket, direction)
      : segment.element.sequence.distance(from: socket.element.positions[direction.index].next)
    keepDoubtful(
      frame.extracting(segment.element.text), ahead,
      hasFIN: segment.element.flags.contains(.fin), kind, socket, direction)
  }

  /// Whether any of the text lies ahead of what was delivered.
  private mutating func isNew(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  )
    -> Bool
  {
    (segment.element.sequence + segment.element.length).isAfter(
      socket.element.positions[direction.index].next)
  }

  /// After a segment on the slow path: holes, and whether the connection has ended.
  mutating func finish(_ socket: SocketReference) {
    if socket.element.flags.contains(.waiting) { skipAcknowledgedHoles(socket) }
    settle(socket)
  }

  /// Did the connection end, and may the next segment be fast?
  mutating func settle(
    _ socket: SocketReference
  ) {
    let out = socket.element.histories[Direction.out.index].state
    let `in` = socket.element.histories[Direction.in.index].state
    if out.intersection(`in`).contains(.finAcknowledged) {
      end(socket, reason: .fin)
      return
    }
    let isQueueEmpty =
      socket.element.histories[Direction.out.index].queue.isEmpty
      && socket.element.histories[Direction.in.index].queue.isEmpty
    let isOpen = !out.union(`in`).contains(.finSeen)
    if isQueueEmpty && (isOpen || out.isFINSettled && `in`.isFINSettled) {
      socket.element.flags.remove(.waiting)
    }
    if isQueueEmpty && isOpen && socket.element.flags.contains(.connected),
      socket.element.checks.isDisjoint(with: .offFastPath), !hasDoubts(socket),
      !isLeaping(socket), !socket.element.positions[0].isAcknowledgedBeyond,
      !socket.element.positions[1].isAcknowledgedBeyond
    {
      openUnknownWindow(socket, .out)
      openUnknownWindow(socket, .in)
      socket.element.flags.insert(.plain)
    } else {
      socket.element.flags.remove(.plain)
    }
  }
}

extension Weird {
  /// Why the text of a segment that has it is no stream data.
  fileprivate var unseenReason: UnseenReason {
    switch self {
    case .badFlags, .dataWithoutACK: .badFlags
    case .badACK: .badAcknowledgment
    case .pawsReject: .outdatedTimestamp
    case .authOptionMissing, .authOptionUnexpected: .signature
    case .dataAfterEnd: .behindEnd
    case .dataAfterFIN: .behindFIN
    default: .outOfWindow
    }
  }
}
