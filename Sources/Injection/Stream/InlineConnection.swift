package import Sockets
import Wire

/// A connection whose segments go through and whose streams are changed on the way, without an end of
/// it knowing.
///
/// Segments of one side go in, and those for both sides come out. It has no clock and no timers: what
/// gets lost is repeated by the two ends, whose timers run as long as they lack an acknowledgement;
/// and none is ever given for bytes that the other end does not have.
package struct InlineConnection {
  /// Says what becomes of a chunk. Each byte is shown once.
  package typealias Decider = (Direction, StreamChunk) -> StreamDecision

  /// A segment that leaves.
  package struct Departure: Hashable, Sendable {
    package var direction: Direction
    package var segment: StreamSegment
    /// Whether it is the one that came in, numbers and all.
    package var isAsReceived = false
  }

  /// What the sender of a direction has said that outlives its segments.
  struct Speaker {
    var maximumSegmentSize: Int?
    var windowScale: UInt8?
    var permitsSACK = false
    /// The newest TSval that it has sent, and what came with it.
    var timestamps: StreamSegment.Timestamps?
    /// The newest TSval of its that has left.
    var timestampLeft: UInt32?
    /// Whether its last segment echoed congestion (RFC 3168 §6.1.3).
    var echoesCongestion = false
    var isSeen = false
    /// The longest of its segments.
    var largestPayload = 0
  }

  var streams: [InlineStream]
  var speakers = [Speaker(), Speaker()]
  private let decider: Decider
  /// Both openings were seen, or both directions.
  private var isKnown = false
  /// Nothing is looked into: data came with the SYN.
  private(set) package var isBypassed = false
  /// Of each direction, a reset behind data that is not decided.
  var pendingResets: [StreamSegment?] = [nil, nil]
  /// Nothing goes through any more.
  var ending: Ending?

  /// - Parameters:
  ///   - directions: those whose data is to be decided.
  ///   - budget: bytes that are held of one direction at most: undecided, beyond a hole, or sent and
  ///     not acknowledged.
  package init(
    analyzing directions: Set<Direction> = Set(Direction.allCases), budget: Int = 4 << 20,
    decider: @escaping Decider
  ) {
    streams = Direction.allCases.map {
      InlineStream(isAnalyzed: directions.contains($0), budget: budget)
    }
    self.decider = decider
  }

  package func counts(_ direction: Direction) -> InlineCounts { streams[direction.index].counts }

  /// Bytes that are held of a direction.
  package func heldBytes(_ direction: Direction) -> Int {
    streams[direction.index].heldBytes + streams[direction.index].log.count
  }

  // MARK: What comes in

  /// Takes a segment of a direction; what leaves because of it, in its order.
  package mutating func receive(_ segment: StreamSegment, _ direction: Direction) -> [Departure] {
    if let ending { return answer(segment, direction, after: ending) }
    if isBypassed { return [Departure(direction: direction, segment: segment, isAsReceived: true)] }
    listen(to: segment, direction)
    if segment.flags.contains(.syn) { return open(segment, direction) }
    begin(segment, direction)
    guard isKnown else { return passBeforeKnown(segment, direction) }
    if segment.flags.contains(.rst) { return takeReset(segment, direction) }
    var departures: [Departure] = []
    let heard = acknowledge(segment, direction)
    if isKeepAlive(segment, direction) {
      departures.append(keepAlive(segment, direction, heard))
    } else if !segment.payload.isEmpty || segment.flags.contains(.fin) {
      departures += takeData(segment, direction, heard)
    } else if heard?.isFalseDuplicate != true {
      departures.append(pureAcknowledgment(segment, direction, heard))
    }
    return departures + owedDuplicates(direction.reversed) + goOn(direction.reversed)
  }

  /// Says what becomes of a chunk that was held.
  package mutating func decide(
    _ decision: StreamDecision, of direction: Direction, at offset: Int64
  ) -> [Departure] {
    let stretches = streams[direction.index].decide(decision, at: offset)
    var departures = stretches.flatMap { send($0, direction, heard: nil) }
    departures += goOn(direction)
    departures += acknowledgeRemoved(direction)
    return departures + settleReset(direction)
  }

  private mutating func takeData(
    _ segment: StreamSegment, _ direction: Direction, _ heard: InlineStream.Heard?
  ) -> [Departure] {
    let taking = streams[direction.index].take(segment) { decider(direction, $0) }
    var departures = taking.stretches.flatMap { send($0, direction, heard: heard) }
    departures += goOn(direction)
    if departures.isEmpty, let heard, heard.isNews {
      departures.append(pureAcknowledgment(segment, direction, heard))
    }
    if taking.isBeyondHole { departures += acknowledgeBeyondHole(direction) }
    if taking.needsAnswer {
      departures.append(madeAcknowledgment(of: direction))
      if streams[direction.index].window == 0 { departures.append(madeProbe(direction)) }
    } else {
      departures += acknowledgeRemoved(direction)
    }
    return departures
  }

  /// What the receiver of a direction now has room for, and what its sender is to hear again.
  private mutating func goOn(_ direction: Direction) -> [Departure] {
    var departures: [Departure] = []
    if let more = streams[direction.index].sendMore() {
      departures += send(left: more, direction, heard: nil)
    }
    if let repeated = streams[direction.index].repeatForSender(limit: segmentation(direction).limit)
    {
      departures += send(left: repeated, direction, heard: nil)
    }
    return departures
  }

  // MARK: Opening

  private mutating func listen(to segment: StreamSegment, _ direction: Direction) {
    let index = direction.index
    speakers[index].isSeen = true
    speakers[index].largestPayload = max(speakers[index].largestPayload, segment.payload.count)
    speakers[index].echoesCongestion =
      segment.flags.contains(.ece) && !segment.flags.contains(.syn)
    guard let timestamps = segment.timestamps else {
      if segment.flags.isDisjoint(with: [.syn, .rst]) { speakers[index].timestamps = nil }
      return
    }
    if let newest = speakers[index].timestamps,
      Int32(bitPattern: timestamps.value &- newest.value) < 0
    {
      return
    }
    speakers[index].timestamps = timestamps
  }

  private mutating func open(_ segment: StreamSegment, _ direction: Direction) -> [Departure] {
    let (own, other) = (direction.index, direction.reversed.index)
    if !segment.payload.isEmpty { isBypassed = true }
    if !isKnown {
      speakers[own].maximumSegmentSize = segment.maximumSegmentSize.map(Int.init)
      speakers[own].windowScale = segment.windowScale
      speakers[own].permitsSACK = segment.permitsSACK
      streams[own].numbering = StreamNumbering(origin: segment.sequence + 1)
      streams[other].reach = max(streams[other].reach, Int64(segment.window))
      streams[other].edge = max(streams[other].edge, Int64(segment.window))
      streams[other].window = segment.window
      isKnown = streams[own].numbering != nil && streams[other].numbering != nil
      if isKnown {
        agreeOnScales()
        agreeOnTimestamps()
      }
    }
    return [pass(segment, direction)]
  }

  private mutating func begin(_ segment: StreamSegment, _ direction: Direction) {
    guard !isKnown else { return }
    let (own, other) = (direction.index, direction.reversed.index)
    if streams[own].numbering == nil {
      streams[own].numbering = StreamNumbering(origin: segment.sequence)
    }
    if streams[other].numbering == nil, segment.flags.contains(.ack) {
      streams[other].numbering = StreamNumbering(origin: segment.acknowledgment)
    }
    guard speakers[own].isSeen, speakers[other].isSeen, streams[other].numbering != nil else {
      return
    }
    streams[own].beginHere()
    streams[other].beginHere()
    isKnown = true
  }

  private mutating func passBeforeKnown(
    _ segment: StreamSegment, _ direction: Direction
  ) -> [Departure] {
    if let numbering = streams[direction.index].numbering {
      let start = numbering.offset(segment.sequence, near: streams[direction.index].sent)
      let reaching = start &+ Int64(segment.payload.count)
      streams[direction.index].sent = max(streams[direction.index].sent, reaching)
    }
    return [pass(segment, direction)]
  }

  private mutating func pass(_ segment: StreamSegment, _ direction: Direction) -> Departure {
    noteLeft(segment.timestamps, direction)
    return Departure(direction: direction, segment: segment, isAsReceived: true)
  }

  // MARK: What an end says of the other direction

  /// The shifts of windows: both have to have offered one
  /// (RFC 7323 §2.2).
  private mutating func agreeOnScales() {
    guard let out = speakers[0].windowScale, let back = speakers[1].windowScale else { return }
    for (index, shift) in [(0, Int(min(back, 14))), (1, Int(min(out, 14)))] {
      streams[index].scale = shift
      // In a SYN it stood without the shift.
      streams[index].window >>= UInt16(shift)
    }
  }

  /// Who had them in its SYN has them no more where the other has not (RFC 7323 §3.2).
  private mutating func agreeOnTimestamps() {
    guard speakers.contains(where: { $0.timestamps == nil }) else { return }
    for index in speakers.indices {
      speakers[index].timestamps = nil
      speakers[index].timestampLeft = nil
    }
  }

  var permitsSACK: Bool { speakers.allSatisfy(\.permitsSACK) }

  mutating func acknowledge(
    _ segment: StreamSegment, _ direction: Direction
  ) -> InlineStream.Heard? {
    guard segment.flags.contains(.ack) else { return nil }
    return streams[direction.reversed.index].acknowledge(
      segment, takesBlocks: permitsSACK)
  }
}
