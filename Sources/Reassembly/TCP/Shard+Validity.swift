import Sockets
import Wire

// What a host looks at before it takes the text of a segment (RFC 9293 §3.10.7.4), in this order: the
// checksum (when the segment is found), flags, acknowledgement, timestamp (RFC 7323 §5), window,
// signature. The text of a segment that fails is no stream data; but as a capture may lack what would
// show it to be right, it is kept in doubt until its receiver acknowledges it or not.
extension Shard {
  /// What a receiver makes of a segment that has no SYN and no RST.
  enum Judgment {
    case good
    /// It should not be taken, for the reason that is named.
    case doubtful(Weird, Doubts.Kind)
    /// It follows in order past the window, and its receiver was not heard since.
    case pastWindow
    /// Nobody takes it, whatever the capture may lack.
    case refused(Weird)
    /// Nothing of it is used: it carries nothing that could be taken, and its acknowledgement is wrong
    /// or out of date.
    case unused
  }

  /// Whether nothing speaks against an in-order segment of an open connection, as far as a glance
  /// tells. What does not pass is looked at again by ``judge``.
  @inline(__always)
  mutating func passesAtAGlance(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction,
    isFirstTimestampEnough: Bool = false
  ) -> Bool {
    let peer = direction.reversed.index
    // It acknowledges what was sent, and no less than the last one.
    let last = socket.element.positions[peer].acknowledged.rawValue
    let acknowledged = segment.element.acknowledgment.rawValue &- last
    if acknowledged > socket.element.positions[peer].next.rawValue &- last { return false }
    let length = segment.element.captured
    let end = segment.element.sequence + length
    if end.isAfter(socket.element.edges[direction.index]) { return false }
    if length > Int(socket.element.offers[peer].maximumSegmentSize), !segment.element.isAggregate {
      return false
    }
    if segment.element.hasTimestamp {
      let recent = socket.element.timestamps[direction.index]
      let isKnown = socket.element.checks.contains(.timestamps(direction))
      // The first one after a SYN that offers them has nothing to be held against.
      if !isKnown {
        return isFirstTimestampEnough
          || socket.element.offers[direction.index].options.contains(.timestamps)
      }
      if Int32(bitPattern: segment.element.timestamp &- recent) < 0 { return false }
    }
    return true
  }

  /// Whether its flags make sense together. A segment without ACK is dropped by all that are not just
  /// opening.
  mutating func acceptsFlags(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    let flags = segment.element.flags
    if flags.isContradictory {
      note(.badFlags, segment, of: socket, direction)
      return false
    }
    if flags.isDisjoint(with: [.ack, .syn, .rst]) {
      let hasText = segment.element.length > 0 && !flags.contains(.fin)
      note(hasText ? .dataWithoutACK : .badFlags, segment, of: socket, direction)
      return false
    }
    return true
  }

  /// - Parameters:
  ///   - hasText: whether it brings text or a FIN that was not there before.
  ///   - far: which of its numbers are far from where the streams are.
  mutating func judge(
    _ segment: DissectionReference, _ examined: ExaminedSegment, hasText: Bool, far: FarNumbers,
    _ socket: SocketReference, _ direction: Direction
  ) -> Judgment {
    if hasText, far.contains(.acknowledgment),
      let kind = doubt(ofAnswer: socket, to: direction.reversed)
    {
      return .doubtful(.badACK, far.contains(.sequence) ? .unlikely : kind)
    }
    if let fault = misacknowledges(segment, far, socket, direction) {
      // Of what was sent and not captured a pure acknowledgement is the only evidence, and of a
      // connection whose start was not captured more may be missing.
      if fault == .perhapsUnseen, !hasText || socket.element.flags.contains(.midstream) {
        return .good
      }
      if hasText {
        switch fault {
        case .perhapsUnseen: return .doubtful(.badACK, .likely)
        case .tooOld: return .doubtful(.badACK, .unlikely)
        case .neverSent: return .refused(.badACK)
        }
      }
      return fault == .tooOld ? .unused : .refused(.badACK)
    }
    if isOutdated(examined, socket, direction) {
      return hasText ? .doubtful(.pawsReject, .unlikely) : .unused
    }
    guard hasText, isStarted(socket, direction) else { return .good }
    if far.isDisjoint(with: .sequence), isPastWindow(segment, socket, direction),
      goesOnPastWindow(segment, socket, direction)
    {
      return .pastWindow
    }
    if far.contains(.sequence) || !isWithinWindow(segment.element.sequence, socket, direction) {
      return .doubtful(segment.element.length > 0 ? .outOfWindow : .finOutOfWindow, .unlikely)
    }
    if let weird = windowFault(segment, socket, direction) {
      return .doubtful(weird, .unlikely)
    }
    if socket.element.checks.contains(.signed) != (examined.options.signature != nil) {
      let isSigned = examined.options.signature != nil
      return .doubtful(isSigned ? .authOptionUnexpected : .authOptionMissing, .unlikely)
    }
    return .good
  }

  private enum AcknowledgmentFault {
    /// Of what was not seen to be sent, but might have been: the receiver has announced to take it.
    case perhapsUnseen
    /// Of what nobody would have sent.
    case neverSent
    /// Older than any that may still be on its way (RFC 5961 §5).
    case tooOld
  }

  /// What is wrong with an acknowledgement; `nil` for one that may be right.
  private mutating func misacknowledges(
    _ segment: DissectionReference, _ far: FarNumbers, _ socket: SocketReference,
    _ direction: Direction
  ) -> AcknowledgmentFault? {
    let stream = direction.reversed
    guard isStarted(socket, stream), socket.element.packets[stream.index] > 0 else { return nil }
    let acknowledged = segment.element.acknowledgment
    if liesBeforeStart(acknowledged, socket, stream) { return .tooOld }
    if far.contains(.acknowledgment) { return .neverSent }
    if isUnseen(acknowledged, socket, stream) {
      return isWithinWindow(acknowledged, socket, stream) ? .perhapsUnseen : .neverSent
    }
    let last = socket.element.positions[stream.index].acknowledged
    let largestWindow = 1 << (16 &+ Int(socket.element.shifts[direction.index]))
    return last.distance(from: acknowledged) > largestWindow ? .tooOld : nil
  }

  /// Whether an acknowledgement is of less than the SYN: it was never right, however large the window.
  private mutating func liesBeforeStart(
    _ number: SequenceNumber, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    let position = socket.element.positions[stream.index]
    let state = socket.element.histories[stream.index].state
    guard state.contains(.synKnown), position.offset < 1 << 30 else { return false }
    let end = Int(position.offset) &+ (state.contains(.finReported) ? 1 : 0)
    return number.distance(from: position.next) &+ end < -1
  }

  /// Whether a number lies behind all that was captured of a stream. Of one that is not far before what
  /// is next in order that is known without a look at what waits.
  @inline(__always)
  mutating func isUnseen(
    _ number: SequenceNumber, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    let next = socket.element.positions[stream.index].next
    return next.rawValue &- number.rawValue >= 1 << 30 && number.isAfter(sentEdge(socket, stream))
  }

  /// The end of all that was captured of a stream, be it in order or not (SND.NXT).
  mutating func sentEdge(_ socket: SocketReference, _ stream: Direction) -> SequenceNumber {
    let position = socket.element.positions[stream.index]
    let history = socket.element.histories[stream.index]
    var end = position.offset
    if history.queue.tail != 0 { end = max(end, queue.segment(history.queue.tail).end) }
    if !history.state.isFINSettled { end = max(end, history.finOffset &+ 1) }
    if let details = socket.element.details {
      for kind in Doubts.Kind.allCases {
        let doubts = details.element.doubts[stream, kind]
        var last = doubts.finEnd
        if !doubts.list.isEmpty { last = max(last, queue.segment(doubts.list.tail).end) }
        // What is kept from elsewhere in the sequence space is not yet known to be sent.
        if last < position.offset &+ 1 << 30 { end = max(end, last) }
      }
    }
    return position.next + Int(truncatingIfNeeded: end &- position.offset)
  }

  /// Whether a number of a stream is not beyond the window of its receiver.
  private mutating func isWithinWindow(
    _ number: SequenceNumber, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    guard socket.element.checks.contains(.edge(stream)) else { return true }
    return !number.isAfter(socket.element.edges[stream.index])
  }

  /// Whether all of a segment lies at the end of the window or beyond.
  private mutating func isPastWindow(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    let sequence = segment.element.sequence
    if !isWithinWindow(sequence, socket, direction) { return true }
    return segment.element.length > 0 && textWithinWindow(segment, sequence, socket, direction) == 0
  }

  /// How much of the text lies in the window of its receiver.
  mutating func textWithinWindow(
    _ segment: DissectionReference, _ sequence: SequenceNumber, _ socket: SocketReference,
    _ direction: Direction
  ) -> Int {
    let length = segment.element.length
    guard socket.element.checks.contains(.edge(direction)) else { return length }
    return min(max(socket.element.edges[direction.index].distance(from: sequence), 0), length)
  }

  /// Text that begins at the end of the window: one byte in order is how a closed window is probed.
  private mutating func windowFault(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Weird? {
    let length = segment.element.length
    guard length > 0,
      textWithinWindow(segment, segment.element.sequence, socket, direction) == 0
    else { return nil }
    let isNext = segment.element.sequence == socket.element.positions[direction.index].next
    return length == 1 && isNext ? .zeroWindowProbe : .outOfWindow
  }

  /// PAWS (RFC 7323 §5): a timestamp that is older than the last one, unless that is so old itself
  /// that the clock may have gone round. Who does without the check at a TSval of 0, and who tolerates
  /// a tick, is told from the receiver's policy.
  private mutating func isOutdated(
    _ examined: ExaminedSegment, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    guard let timestamp = examined.options.timestamp,
      socket.element.checks.contains(.timestamps(direction))
    else { return false }
    let age = Int32(bitPattern: timestamp &- socket.element.timestamps[direction.index])
    if age >= 0 { return false }
    let wholeDay: Int64 = 86_400_000_000_000
    if examined.silence > 24 &* wholeDay { return false }
    let policy = configuration.tcpPolicy.policy(for: socket.element.receiver(of: direction))
    if timestamp == 0, policy.acceptsZeroTimestamps { return false }
    return age < -policy.timestampTolerance
  }

  /// Of a segment that passed at a glance.
  @inline(__always)
  mutating func takeTimestamp(
    of segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    if segment.element.hasTimestamp,
      segment.element.sequence == socket.element.positions[direction.index].next
    {
      socket.element.timestamps[direction.index] = segment.element.timestamp
      socket.element.checks.insert(.timestamps(direction))
    }
  }

  /// TS.Recent moves on with segments at the left edge (RFC 7323 §4.3).
  mutating func takeTimestamp(
    _ examined: ExaminedSegment, _ segment: DissectionReference,
    _ socket: SocketReference, _ direction: Direction
  ) {
    guard let timestamp = examined.options.timestamp else { return }
    let isKnown = socket.element.checks.contains(.timestamps(direction))
    if isKnown {
      let next = socket.element.positions[direction.index].next
      guard !segment.element.sequence.isAfter(next) else { return }
      let age = Int32(bitPattern: timestamp &- socket.element.timestamps[direction.index])
      let wholeDay: Int64 = 86_400_000_000_000
      guard age > 0 || examined.silence > 24 &* wholeDay else { return }
    }
    socket.element.checks.insert(.timestamps(direction))
    socket.element.timestamps[direction.index] = timestamp
  }

  /// What is odd about a header, though a host takes the segment.
  mutating func noteOddities(
    _ segment: DissectionReference, _ examined: ExaminedSegment,
    _ socket: SocketReference, _ direction: Direction
  ) {
    let options = examined.options
    if options.isMalformed { note(.badOption, segment, of: socket, direction) }
    if examined.reservedBits != 0 {
      note(
        WeirdNote(.reservedBits, direction, value: UInt64(examined.reservedBits)),
        of: socket)
    }
    if options.hasSACK, !agreesOnSACK(socket) {
      note(.optionMisplaced, segment, of: socket, direction)
    }
    let most = Int(socket.element.offers[direction.reversed.index].maximumSegmentSize)
    if segment.element.length > most, !segment.element.isAggregate {
      note(.segmentSizeExceeded, segment, of: socket, direction)
    }
    if segment.element.flags.contains(.syn) { noteOffer(segment, options, socket, direction) }
    if options.hasMultipath {
      let isOffer = segment.element.flags.contains(.syn)
      details(of: socket)?.element.multipath.insert(isOffer ? .offer(direction) : .use)
    }
    if let signature = options.signature, !socket.element.checks.contains(.signed) {
      // Of a connection whose start was not seen nobody knows better.
      let isFirst = !isStarted(socket, direction) && !isStarted(socket, direction.reversed)
      let begins = segment.element.flags.contains(.syn) || socket.element.flags.contains(.midstream)
      if isFirst, begins, !segment.element.flags.contains(.rst) {
        socket.element.checks.insert(.signed)
        details(of: socket)?.element.signature = signature
        note(WeirdNote(.authFlow, direction, value: UInt64(signature)), of: socket)
      }
    }
  }

  mutating func agreesOnSACK(_ socket: SocketReference) -> Bool {
    Direction.allCases.allSatisfy {
      !socket.element.histories[$0.index].state.contains(.synSeen)
        || socket.element.offers[$0.index].options.contains(.sackPermitted)
    }
  }

  private mutating func noteOffer(
    _ segment: DissectionReference, _ options: SegmentOptions, _ socket: SocketReference,
    _ direction: Direction
  ) {
    if segment.element.offer.options.contains(.excessiveScale) {
      note(.windowScaleBad, segment, of: socket, direction)
    }
    if let token = options.joinedToken {
      note(WeirdNote(.multipathJoin, direction, value: UInt64(token)), of: socket)
    }
  }
}

extension TCPFlags {
  /// SYN with FIN or RST.
  var isContradictory: Bool { contains(.syn) && !isDisjoint(with: [.fin, .rst]) }
}

extension TCPPolicy {
  /// Whether a TSval of 0 passes whatever came before.
  var acceptsZeroTimestamps: Bool {
    switch self {
    case .oldLinux, .windows, .windows2k3, .vista, .solaris: true
    default: false
    }
  }

  /// By how much a TSval may be too old.
  var timestampTolerance: Int32 {
    switch self {
    case .linux, .oldLinux: 1
    default: 0
    }
  }
}
