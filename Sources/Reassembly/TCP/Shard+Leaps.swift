import Sockets
import Wire

/// Signs that a stream goes on far from where this capture has followed it: numbers that lie beyond the
/// window, or further back than anybody would repeat, of its sender and of its receiver.
struct Leap: BitwiseCopyable {
  /// A number and the stream offset that it stands for.
  struct Place: BitwiseCopyable {
    var number = SequenceNumber(0)
    var offset: UInt64 = 0
  }

  /// Packets with such numbers, one after the other, with none in between from where the stream was.
  private(set) var packets: UInt32 = 0
  /// How many of them in a row went on from each other, by who sent them.
  private var sent: UInt32 = 0
  private var acknowledged: UInt32 = 0
  /// Whether the last one seemed to lie behind the stream.
  private var seemsBehind = false
  /// Where the last one was.
  private var latest = Place()
  /// The last text, and the last acknowledgement.
  private var text: Place?
  private var acknowledgment: Place?
  /// Where the window ends that came with it.
  private var latestEdge = SequenceNumber(0)
  /// Where both ends were last seen to agree.
  private var agreed: Place?
  /// The stream offset up to which they do.
  private(set) var reach: UInt64 = 0
  /// The last acknowledgement that was agreed to, and where the window of the receiver ends.
  private(set) var lastAcknowledgment: SequenceNumber?
  private(set) var edge = SequenceNumber(0)
  /// What the sender acknowledges of the other stream.
  var answer: SequenceNumber?

  /// In so many packets the ends would have spoken up at the old place.
  private static var patience: UInt32 { 8 }
  /// So many of one end alone do, where the other one is not heard.
  private static var longPatience: UInt32 { 64 }

  /// Whether both ends agree.
  var isAgreed: Bool { agreed != nil }
  /// Whether it lies ahead, as far as that is known without the word of both ends.
  var isAhead: Bool { isAgreed || (packets > 0 && !seemsBehind) }
  /// Whether the last acknowledgements went on from each other.
  var isAcknowledgedAgain: Bool { acknowledged > 1 }
  var latestAcknowledgment: SequenceNumber? { acknowledgment?.number }
  var isReady: Bool { isAgreed && packets >= Self.patience }

  /// The offset that a number stands for: from the last one, if it goes on from there, else ahead of
  /// where the ends agreed, or else of where the stream was. However far that is, it is no whole lap
  /// of the sequence space.
  func offset(of number: SequenceNumber, _ position: StreamPosition, window: Int) -> UInt64 {
    if goesOn(number, window) {
      return latest.offset &+ UInt64(bitPattern: Int64(number.distance(from: latest.number)))
    }
    let base = agreed ?? Place(number: position.next, offset: position.offset)
    return base.offset &+ UInt64(number.rawValue &- base.number.rawValue)
  }

  private func goesOn(_ number: SequenceNumber, _ window: Int) -> Bool {
    packets > 0 && number.distance(from: latest.number) >= -window
  }

  /// Takes note of the number of a segment, and of the number behind it.
  mutating func add(
    sent number: SequenceNumber, length: Int, _ position: StreamPosition, window: Int,
    isAlone: Bool
  ) {
    let place = move(to: number, position, window)
    sent &+= 1
    text = Place(number: number, offset: place.offset &+ UInt64(length))
    let isHeardNowhere =
      (isAlone && sent >= Self.patience / 2)
      || (acknowledged == 0 && packets >= Self.longPatience)
    if isNear(acknowledgment, number, window) || isLongRun || isHeardNowhere { agree(on: place) }
  }

  mutating func add(
    acknowledged number: SequenceNumber, edge: SequenceNumber, _ position: StreamPosition,
    window: Int
  ) {
    let place = move(to: number, position, window)
    acknowledged &+= 1
    acknowledgment = place
    latestEdge = edge
    if isNear(text, number, window) || isLongRun { agree(on: place) }
  }

  private mutating func move(
    to number: SequenceNumber, _ position: StreamPosition, _ window: Int
  ) -> Place {
    seemsBehind = number.isBefore(position.next)
    let place = Place(number: number, offset: offset(of: number, position, window: window))
    if !goesOn(number, window) { (sent, acknowledged) = (0, 0) }
    packets &+= 1
    latest = place
    return place
  }

  /// Whether packets of both ends have gone on from each other for so long that it does not matter how
  /// far each is from the other: most of them are missing.
  private var isLongRun: Bool {
    sent >= Self.patience / 2 && acknowledged >= Self.patience / 2
  }

  private func isNear(_ other: Place?, _ number: SequenceNumber, _ window: Int) -> Bool {
    guard let other else { return false }
    return abs(number.distance(from: other.number)) <= window
  }

  /// When nothing comes any more: what a receiver has acknowledged again and again it has.
  mutating func close() {
    guard !isAgreed, acknowledged >= Self.patience, let acknowledgment else { return }
    agree(on: acknowledgment)
    reach = max(reach, acknowledgment.offset)
  }

  private mutating func agree(on place: Place) {
    agreed = place
    if let text { reach = max(reach, text.offset) }
    guard let acknowledgment else { return }
    lastAcknowledgment = acknowledgment.number
    edge = latestEdge
  }
}

/// Which numbers of a segment are far from where the streams are.
struct FarNumbers: OptionSet {
  var rawValue: UInt8
  static let sequence = Self(rawValue: 1)
  static let acknowledgment = Self(rawValue: 2)
}

// A capture that lacks more than a window (a burst that was too fast, a sample) shows numbers that no
// receiver would take, and acknowledgements of what nobody was seen to send. One alone may come from
// anybody. Where the text of one end and the acknowledgements of the other agree, and nothing comes from
// the old place any more, the stream goes on there, and what is missing is a gap.
extension Shard {
  /// Looks at both numbers of a segment that is no SYN and no reset, and follows the streams where their
  /// ends agree that they are. Which of them are far off after that is the result.
  mutating func followLeaps(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> FarNumbers {
    var far = farNumbers(segment, socket, direction)
    if far.isEmpty, !isLeaping(socket) { return far }
    guard let details = details(of: socket) else { return far }
    let peer = direction.reversed
    if far.contains(.sequence) {
      let length = segment.element.length &+ (segment.element.flags.contains(.fin) ? 1 : 0)
      details.element.leaps[direction.index].add(
        sent: segment.element.sequence, length: length, socket.element.positions[direction.index],
        window: reachOfRepetition(socket, direction),
        isAlone: socket.element.packets[peer.index] == 0)
      if !far.contains(.acknowledgment) {
        details.element.leaps[direction.index].answer = segment.element.acknowledgment
      }
    } else {
      details.element.leaps[direction.index] = Leap()
    }
    if far.contains(.acknowledgment) {
      let window = Int(segment.element.window) << Int(socket.element.shifts[direction.index])
      details.element.leaps[peer.index].add(
        acknowledged: segment.element.acknowledgment,
        edge: segment.element.acknowledgment + window, socket.element.positions[peer.index],
        window: reachOfRepetition(socket, peer))
    } else {
      details.element.leaps[peer.index] = Leap()
    }
    for stream in Direction.allCases where details.element.leaps[stream.index].isReady {
      // The text at hand is not kept yet: it is looked at where the stream is then.
      let isItsOwn = stream == direction && far.contains(.sequence)
      leap(socket, stream, before: isItsOwn ? segment.element.sequence : nil)
      far = farNumbers(segment, socket, direction)
    }
    return far
  }

  /// Whether a stream may have gone on elsewhere: then every segment is looked at closely.
  @inline(__always)
  mutating func isLeaping(_ socket: SocketReference) -> Bool {
    guard let details = socket.element.details else { return false }
    return (details.element.leaps[0].packets | details.element.leaps[1].packets) != 0
  }

  /// How likely text is to be taken that acknowledges what is far off. An acknowledgement that goes on
  /// from another one is more than a forged one.
  mutating func doubt(ofAnswer socket: SocketReference, to stream: Direction) -> Doubts.Kind? {
    guard let details = socket.element.details, details.element.leaps[stream.index].isAhead else {
      return nil
    }
    return details.element.leaps[stream.index].isAcknowledgedAgain ? .likely : .unlikely
  }

  /// Whether a reset stands where the receiver has acknowledged to be, far from where this capture has
  /// followed the stream.
  mutating func endsLeap(
    _ sequence: SequenceNumber, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    guard let details = socket.element.details else { return false }
    let leap = details.element.leaps[stream.index]
    return leap.isAcknowledgedAgain && leap.latestAcknowledgment == sequence
  }

  /// Whether something was already seen of a stream elsewhere, or may have been lost ahead of it.
  mutating func mayLeap(_ socket: SocketReference, _ stream: Direction) -> Bool {
    guard let details = socket.element.details else { return false }
    return details.element.leaps[stream.index].isAhead
  }

  mutating func hasAgreedOnLeap(_ socket: SocketReference, _ stream: Direction) -> Bool {
    guard let details = socket.element.details else { return false }
    return details.element.leaps[stream.index].isAgreed
  }

  /// At the end of a connection: what both ends agree on is so, however few packets say it.
  mutating func settleLeaps(_ socket: SocketReference) {
    guard isLeaping(socket), let details = socket.element.details else { return }
    for stream in Direction.allCases {
      details.element.leaps[stream.index].close()
      if details.element.leaps[stream.index].isAgreed { leap(socket, stream) }
      details.element.leaps[stream.index] = Leap()
    }
  }

  /// How far text ahead of a stream, or far behind it, stands from what is next in order.
  mutating func distance(
    ofFar segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Int {
    let position = socket.element.positions[direction.index]
    guard let details = socket.element.details else {
      return segment.element.sequence.distance(from: position.next)
    }
    let offset = details.element.leaps[direction.index].offset(
      of: segment.element.sequence, position, window: reachOfRepetition(socket, direction))
    return Int(truncatingIfNeeded: offset &- position.offset)
  }

  /// As far as a receiver can ever have opened its window, as it is scaled.
  mutating func largestWindow(_ socket: SocketReference, _ stream: Direction) -> Int {
    1 << (16 &+ Int(socket.element.shifts[stream.reversed.index]))
  }

  /// How far back a number may be that is on its way still, and how near to each other what both ends
  /// say is: that is a window, and no network has more than so much of a larger one on its way.
  mutating func reachOfRepetition(_ socket: SocketReference, _ stream: Direction) -> Int {
    min(largestWindow(socket, stream), 1 << 26)
  }

  private mutating func farNumbers(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> FarNumbers {
    var far: FarNumbers = []
    let sequence = segment.element.sequence
    if isFar(sequence, margin: 0, socket, direction),
      !continues(sequence, socket, direction)
    {
      far.insert(.sequence)
    }
    let peer = direction.reversed
    let acknowledgment = segment.element.acknowledgment
    guard segment.element.flags.contains(.ack), socket.element.packets[peer.index] > 0 else {
      return far
    }
    // What was seen to be sent just past the window is acknowledged there: the capture may lack the
    // packet that opened it.
    let isSent = !acknowledgment.isAfter(sentEdge(socket, peer))
    let margin = isSent ? Self.nearWindow : 0
    if isFar(acknowledgment, margin: margin, socket, peer) { far.insert(.acknowledgment) }
    return far
  }

  /// Whether a number follows what was sent in order, be it past the window.
  private mutating func continues(
    _ number: SequenceNumber, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    let position = socket.element.positions[stream.index]
    let ahead = number.distance(from: position.next)
    return ahead >= 0 && position.offset &+ UInt64(ahead) <= sureEnd(socket, stream)
  }

  /// Whether a number lies beyond the window and a margin, or further back than what may be on its way.
  private mutating func isFar(
    _ number: SequenceNumber, margin: Int, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    let position = socket.element.positions[stream.index]
    guard isStarted(socket, stream),
      !socket.element.histories[stream.index].state.contains(.finReported)
    else { return false }
    let ahead = number.distance(from: position.next)
    if ahead > 0 {
      guard socket.element.checks.contains(.edge(stream)) else { return false }
      // A window may reach further on from an acknowledgement that is far ahead itself.
      return number.distance(from: socket.element.edges[stream.index]) > margin
        || ahead > 1 << 30
    }
    return isLapAhead(number, socket, stream)
  }

  /// Whether a number seems to lie further back than anybody would repeat, and rather lies ahead.
  @inline(__always)
  mutating func isLapAhead(
    _ number: SequenceNumber, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    let position = socket.element.positions[stream.index]
    return position.acknowledged.distance(from: number) > reachOfRepetition(socket, stream)
      && isRatherAhead(by: position.next.distance(from: number), socket, stream)
  }

  /// Whether a number that seems to lie far back rather lies a lap ahead. It does where the stream has
  /// not been there, or where hardly anything of it was captured: else it is a copy of what was.
  private mutating func isRatherAhead(
    by distance: Int, _ socket: SocketReference, _ stream: Direction
  ) -> Bool {
    if distance < 0 { return false }
    let offset = socket.element.positions[stream.index].offset
    return UInt64(distance) > offset
      || socket.element.histories[stream.index].gapBytes >= offset &- offset / 8
  }

  /// A stream goes on where both ends agree that it is.
  private mutating func leap(
    _ socket: SocketReference, _ stream: Direction, before limit: SequenceNumber? = nil
  ) {
    guard let details = socket.element.details else { return }
    let leap = details.element.leaps[stream.index]
    details.element.leaps[stream.index] = Leap()
    let position = socket.element.positions[stream.index]
    var end = leap.reach
    if let limit {
      let window = reachOfRepetition(socket, stream)
      end = min(end, leap.offset(of: limit, position, window: window))
    }
    guard end > position.offset else { return }
    note(
      WeirdNote(
        .lossBeyondWindow, stream, offset: position.offset, length: end &- position.offset),
      of: socket)
    if let answer = leap.answer, !isUnseen(answer, socket, stream.reversed) {
      socket.element.positions[stream.reversed.index].noteAcknowledged(answer)
      confirmDoubts(socket, stream.reversed)
    }
    if let acknowledgment = leap.lastAcknowledgment {
      socket.element.positions[stream.index].acknowledged = acknowledgment
      socket.element.edges[stream.index] = leap.edge
      socket.element.checks.insert(.edge(stream))
    }
    for kind in Doubts.Kind.allCases { confirmFIN(before: end, kind, socket, stream) }
    let history = socket.element.histories[stream.index]
    if history.state.contains(.finSeen) { end = min(end, history.finOffset) }
    moveOn(to: end, socket, stream)
    if leap.lastAcknowledgment == nil {
      socket.element.positions[stream.index].acknowledged =
        socket.element.positions[stream.index].next
    }
    noteFINAcknowledged(socket, stream)
  }

  /// Delivers what is kept of a stream up to an offset, with gaps between.
  private mutating func moveOn(
    to end: UInt64, _ socket: SocketReference, _ stream: Direction
  ) {
    while socket.element.positions[stream.index].offset < end {
      let start = min(firstDoubt(socket, stream) ?? end, end)
      if start > socket.element.positions[stream.index].offset {
        passGap(until: start, socket, stream)
        // Nothing is behind a FIN.
        if socket.element.positions[stream.index].offset < start { return }
      }
      for kind in Doubts.Kind.allCases {
        takeDoubts(
          before: socket.element.positions[stream.index].offset &+ 1, kind, isWhole: true, socket,
          stream)
      }
    }
  }

  /// Gives up what is missing before an offset, in a stream that is looked at or not.
  mutating func passGap(
    until end: UInt64, _ socket: SocketReference, _ stream: Direction
  ) {
    if socket.element.flags.contains(.wantsData(stream)) {
      giveUp(until: end, socket, stream)
    } else {
      passHole(until: end, socket, stream)
      skip(to: end, socket, stream)
      reportFIN(socket, stream)
    }
  }

  /// Where the first text in doubt begins.
  private mutating func firstDoubt(_ socket: SocketReference, _ stream: Direction) -> UInt64? {
    guard let details = socket.element.details else { return nil }
    var first: UInt64?
    for kind in Doubts.Kind.allCases {
      let list = details.element.doubts[stream, kind].list
      if !list.isEmpty { first = min(first ?? .max, queue.segment(list.head).offset) }
    }
    return first
  }
}
