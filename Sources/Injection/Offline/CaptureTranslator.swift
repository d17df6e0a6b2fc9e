package import Sockets
import Wire

/// Makes of the packets of one conversation those that would have been captured had its edited streams
/// been sent: both ends acknowledged what was sent in the capture, so that all their numbers, the
/// acknowledgements too, go from S to R.
///
/// It is given the packets in their order, each when all is decided that it speaks of.
package struct CaptureTranslator {
  /// By `Direction.index`, as all below.
  private(set) var maps: [2 of SequenceMap] = [SequenceMap(), SequenceMap()]
  /// The offset of S behind all packets so far.
  private(set) var sent: [2 of Int64] = [0, 0]
  private var beforeText: [2 of NumberBeforeText] = [NumberBeforeText(), NumberBeforeText()]
  /// The text of all packets so far.
  private var text: [2 of SentRanges] = [SentRanges(), SentRanges()]
  /// The longest text of a packet so far.
  private var largest: [2 of UInt32] = [0, 0]
  /// What the last packets of each direction said: the acknowledgement in S and in R, the window as it
  /// is written and as it was captured.
  var said: [2 of Said] = [Said(), Said()]
  /// The most of its stream that each direction has had on the way so far, in S: sent and not
  /// acknowledged.
  private(set) var flight: [2 of Int64] = [0, 0]
  /// Packets whose text is beyond the window, as none can be announced that has room for it.
  package internal(set) var beyondWindow: UInt64 = 0
  /// The newest TSval of each direction that was written, and that of the packets that were left out.
  private(set) var stamps: [2 of UInt32?] = [nil, nil]
  private var lostStamps: [2 of UInt32?] = [nil, nil]
  /// Whether text was left out behind all that was written.
  private var hasLostText: [2 of Bool] = [false, false]
  /// Whether the flow is dropped: what has not been written by now is not spoken of.
  private var isEnding = false
  private let isDatagrams: Bool

  struct Said {
    var acknowledged = Int64.min
    var mapped = Int64.min
    /// The furthest acknowledgement, in R.
    var highest = Int64.min
    var window: UInt16 = 0
    var windowBefore: UInt16 = 0
    /// The right edge of the window, furthest so far, and that of the last packet: where a receiver has
    /// taken back a window, it is the last one that must not move back again.
    var furthest = Edge()
    var latest = Edge()
    /// As far as a sender may go that took every window: the furthest edge, that of a SYN too.
    var reach = Edge()
  }

  /// A right edge of a window, in S and in R.
  struct Edge {
    var before = Int64.min
    var mapped = Int64.min
  }

  package init(isDatagrams: Bool) { self.isDatagrams = isDatagrams }

  /// Of the packets of a connection that go on where they stopped.
  ///
  /// - Parameter settled: by `Direction.index`.
  package init(resuming settled: [2 of SettledStream]) {
    isDatagrams = false
    maps = [SequenceMap(settled[0]), SequenceMap(settled[1])]
    for direction in Direction.allCases {
      let stream = settled[direction.reversed.index]
      if stream.edge == .min { continue }
      noteEdge(Edge(before: stream.edge, mapped: stream.mappedEdge), of: direction.index)
    }
  }

  /// What is left to be known of the streams when all their packets are written.
  ///
  /// - Parameter ends: by `Direction.index`, the offsets behind all that was seen.
  package func settled(at ends: [2 of Int64]) -> [2 of SettledStream] {
    var streams: [2 of SettledStream] = [
      maps[0].settled(at: ends[0]), maps[1].settled(at: ends[1]),
    ]
    for index in 0..<2 {
      let edge = said[1 - index].furthest
      if edge.before == .min { continue }
      streams[index].edge = edge.before &- ends[index]
      streams[index].mappedEdge = edge.mapped &- ends[index]
    }
    return streams
  }

  /// Whether no packet has to be changed.
  package var isIdentity: Bool { maps[0].isIdentity && maps[1].isIdentity }

  /// What is kept of edits, in bytes, with something for each of them.
  package var keptBytes: Int {
    maps[0].contentBytes + maps[1].contentBytes + Self.spliceCost * (maps[0].count + maps[1].count)
      + SequenceMap.placeCost * (maps[0].placeCount + maps[1].placeCount)
  }

  /// What a place that was changed counts for, besides the bytes that were put in.
  private static var spliceCost: Int { 128 }

  /// What a direction may keep of edits: bytes that were put in, and places.
  package static var byteLimit: Int { 1 << 20 }
  package static var spliceLimit: Int { 1 << 14 }

  /// Whether another edit finds room. Of what is acknowledged less is kept, for who repeats it all the
  /// same.
  package mutating func hasRoom(for bytes: Int, _ direction: Direction) -> Bool {
    let index = direction.index
    if maps[index].count >= Self.spliceLimit / 16
      || maps[index].contentBytes + bytes > Self.byteLimit / 16
    {
      forgetAcknowledged(direction)
    }
    return maps[index].count < Self.spliceLimit
      && maps[index].contentBytes + bytes <= Self.byteLimit
  }

  /// A range of S is changed; edits of a direction come in order.
  ///
  /// - Parameter readyAt: from which packet on what is put in may leave with an acknowledgement alone.
  package mutating func edit(
    _ direction: Direction, at place: Int64, removing removed: Int64, inserting content: [UInt8],
    readyAt: UInt64 = .max
  ) {
    maps[direction.index].append(
      at: place, removing: removed, inserting: content, readyAt: readyAt)
  }

  // MARK: Packets

  /// - Parameters:
  ///   - part: the part of its text that it is to have; `nil` for all of it.
  ///   - hasDecidedText: whether all of its text is decided; else nobody took it, or it was waited for
  ///     in vain.
  ///   - isDecided: the same of what it acknowledges.
  package mutating func translate(
    _ packet: CapturedPacket, only part: Range<Int64>? = nil, hasDecidedText: Bool,
    isDecided: Bool
  ) -> PacketOutcome {
    if Self.isOfAnotherConnection(packet) { return .written }
    if packet.traits.contains(.beforeText) { noteBeforeText(packet) }
    let outcome = outcome(
      of: packet, only: part, hasDecidedText: hasDecidedText, isDecided: isDecided)
    if hasDecidedText { note(packet) }
    if case .leftOut = outcome { noteLeftOut(packet) } else { noteTimestamp(of: packet) }
    return outcome
  }

  /// The text of a packet does not go: what it acknowledges still does, as what goes the other way may
  /// need its window.
  package mutating func translateWithoutText(_ packet: CapturedPacket) -> PacketOutcome {
    let end = sent[packet.direction.index]
    return translate(packet, only: end..<end, hasDecidedText: false, isDecided: true)
  }

  private mutating func outcome(
    of packet: CapturedPacket, only part: Range<Int64>?, hasDecidedText: Bool, isDecided: Bool
  ) -> PacketOutcome {
    if let part, packet.traits.contains(.tcp), !packet.isTruncated {
      return translateSegment(packet, only: part, hasDecidedText: hasDecidedText, isDecided)
    }
    if isIdentity, !speaksBehindEnd(packet), newestEcho(for: packet) == nil,
      !isResetBehindLost(packet)
    {
      noteSaid(packet)
      return .written
    }
    return isDatagrams
      ? translateDatagram(packet)
      : translateSegment(packet, hasDecidedText: hasDecidedText, isDecided)
  }

  /// Whether a packet is no part of this connection: a SYN that does not stand where this one began. The
  /// connection that it may open has numbers of its own.
  package static func isOfAnotherConnection(_ packet: CapturedPacket) -> Bool {
    packet.flags.contains(.syn) && packet.textStart != 0
  }

  /// Notes a packet that goes as it is, with its text.
  package mutating func noteUnchanged(_ packet: CapturedPacket) {
    if Self.isOfAnotherConnection(packet) { return }
    if packet.traits.contains(.beforeText) { noteBeforeText(packet) }
    note(packet)
    noteTimestamp(of: packet)
    noteSaid(packet)
  }

  private mutating func noteBeforeText(_ packet: CapturedPacket) {
    let index = packet.direction.index
    if let offset = beforeText[index].note(packet) { sent[index] = offset }
  }

  private mutating func noteTimestamp(of packet: CapturedPacket) {
    guard packet.traits.contains(.hasTimestamp), !packet.traits.contains(.isCorrupt) else { return }
    stamps[packet.direction.index] = Self.newest(
      packet.timestamp, stamps[packet.direction.index])
  }

  /// A packet is not written: what it said was not said.
  package mutating func noteLeftOut(_ packet: CapturedPacket) {
    if packet.traits.contains(.beforeText) { noteBeforeText(packet) }
    if packet.length > 0, packet.textEnd > sent[packet.direction.index] {
      hasLostText[packet.direction.index] = true
    }
    guard packet.traits.contains(.hasTimestamp), !packet.traits.contains(.isCorrupt) else { return }
    lostStamps[packet.direction.index] = Self.newest(
      packet.timestamp, lostStamps[packet.direction.index])
  }

  private static func newest(_ value: UInt32, _ other: UInt32?) -> UInt32 {
    guard let other, Int32(bitPattern: value &- other) < 0 else { return value }
    return other
  }

  /// The newest TSval of the other end that a packet may echo (RFC 7323 §4.3), where a newer one was left
  /// out; else `nil`.
  private func newestEcho(for packet: CapturedPacket) -> UInt32? {
    let peer = packet.direction.reversed.index
    guard let lost = lostStamps[peer], let written = stamps[peer],
      packet.traits.isSuperset(of: [.hasTimestamp, .acknowledges]),
      !packet.traits.contains(.isCorrupt), Self.newest(lost, written) != written
    else { return nil }
    return written
  }

  private mutating func note(_ packet: CapturedPacket) {
    if packet.traits.contains(.isCorrupt) { return }
    sent[packet.direction.index] = max(sent[packet.direction.index], packet.end)
    if packet.length > 0 {
      text[packet.direction.index].insert(packet.textStart..<packet.textEnd)
      let acknowledged = said[packet.direction.reversed.index].acknowledged
      if acknowledged > .min {
        flight[packet.direction.index] = max(
          flight[packet.direction.index], packet.textEnd &- acknowledged)
      }
    }
    largest[packet.direction.index] = max(largest[packet.direction.index], packet.length)
  }

  private mutating func translateDatagram(_ packet: CapturedPacket) -> PacketOutcome {
    let own = packet.direction.index
    let range = packet.offset..<packet.offset &+ Int64(packet.length)
    defer { maps[own].forget(before: range.upperBound) }
    guard maps[own].touches(range), !packet.traits.contains(.isCorrupt) else { return .written }
    guard let runs = packet.isTruncated ? capturedRuns(of: packet) : maps[own].runs(of: range),
      !runs.isEmpty
    else { return .leftOut }
    var rewrite = PacketRewrite(packet)
    rewrite.text = PacketRewrite.Text(runs: runs, limit: .max)
    return .rewritten(rewrite)
  }

  private mutating func translateSegment(
    _ packet: CapturedPacket, only part: Range<Int64>? = nil, hasDecidedText: Bool,
    _ isDecided: Bool
  ) -> PacketOutcome {
    var numbers = Renumbering(packet)
    var text: PacketRewrite.Text?
    let own = packet.direction.index
    // What was changed before the floor is not known any more: its receiver has it. Text behind that may
    // be new.
    let floor = maps[own].floor
    let isOld = packet.length > 0 && packet.textStart < floor
    if isOld, packet.textEnd <= floor, !packet.flags.contains(.fin) { return .leftOut }
    let start = isOld ? min(floor, packet.textEnd) : packet.textStart
    let range = start..<packet.textEnd
    var isEmptied = false
    var sequence: Int64
    let isProbe = isProbe(packet)
    if let part, part.lowerBound >= floor {
      let runs = maps[own].runs(of: part)
      sequence = maps[own].mapped(part.lowerBound)
      text = newText(of: packet, part, runs)
      isEmptied = part.isEmpty && packet.length > 0
      text?.isCutShort = part.upperBound < packet.textEnd
    } else if isProbe && !maps[own].touches(range) {
      sequence = maps[own].mapped(start &+ 1) &- 1
    } else if packet.traits.contains(.isCorrupt) {
      sequence = maps[own].mapped(packet.offset)
    } else if packet.isTruncated, maps[own].touches(range) {
      guard !isOld, let runs = capturedRuns(of: packet) else { return .leftOut }
      sequence = maps[own].mapped(packet.offset)
      text = PacketRewrite.Text(runs: runs, limit: .max)
    } else if isOld || maps[own].touches(range, includesEnd: packet.flags.contains(.fin)) {
      let runs = maps[own].runs(of: range, includesEnd: packet.flags.contains(.fin))
      sequence = maps[own].mapped(start) &- (packet.flags.contains(.syn) ? 1 : 0)
      isEmptied = runs.isEmpty && packet.length > 0
      if isEmptied && isProbe {
        // An end that only asks whether the other is there still does.
        sequence = maps[own].mapped(start &+ 1) &- 1
      }
      if packet.length > 0 || !runs.isEmpty { text = newText(of: packet, range, runs) }
    } else if hasPending(packet) {
      // Nothing else takes it along.
      sequence = maps[own].mapped(packet.offset)
      let bytes = maps[own].takePending(at: packet.offset, by: packet.info.ordinal)
      text = PacketRewrite.Text(runs: [.replaced(bytes)], limit: limit(packet))
    } else if isBehindUnseen(packet), !hasDecidedText {
      // Where that is going to be is not known. What is known was its number a moment ago.
      sequence = maps[own].mapped(sent[own])
      // It stood behind text that is not going to come, and says the same as what stands in front of that.
      isEmptied = isEnding
    } else if isResetBehindLost(packet) {
      sequence = maps[own].mapped(sent[own])
    } else {
      let bound = hasDecidedText ? max(sent[own], packet.offset) : sent[own]
      sequence = self.map(packet.offset, of: own, within: bound)
    }
    numbers.sequenceDelta = UInt32(truncatingIfNeeded: sequence &- packet.offset)
    if packet.traits.contains(.acknowledges) {
      let isNews = mapAcknowledgment(of: packet, isDecided, isEmptied: isEmptied, &numbers)
      let isBare = isEmptied || packet.length == 0 && text == nil
      if isBare, !isProbe, !isNews, packet.flags.isDisjoint(with: .unique) { return .leftOut }
    } else if isEmptied, !isProbe, packet.flags.isDisjoint(with: .unique) {
      return .leftOut
    }
    let update = windowUpdate(for: packet, text, at: sequence)
    let newestEcho = newestEcho(for: packet)
    if text == nil, update == nil, newestEcho == nil, packet.blockCount == 0,
      !packet.flags.contains(.urg)
    {
      return numbers.changesNothing(of: packet) ? .written : .renumbered(numbers)
    }
    var rewrite = PacketRewrite(packet, numbers)
    rewrite.text = text
    rewrite.windowUpdate = update
    rewrite.newestEcho = newestEcho
    if packet.flags.contains(.urg) {
      rewrite.urgentDistance = mappedUrgentPointer(of: packet) &- sequence
    }
    rewrite.blocks = mappedBlocks(of: packet, isDecided)
    return rewrite.changesNothing ? .written : .rewritten(rewrite)
  }

  /// What stands for the captured text of a packet that the capture cut; `nil` where the packet would
  /// need another length, as the rest of its text is not there.
  private func capturedRuns(of packet: CapturedPacket) -> [SequenceMap.Run]? {
    let map = maps[packet.direction.index]
    let runs = map.runs(of: packet.textStart..<packet.textStart &+ Int64(packet.captured))
    let length = map.mapped(packet.textEnd) &- map.mapped(packet.textStart)
    guard length == Int64(packet.length), runs.reduce(0, { $0 + $1.count }) == packet.captured
    else { return nil }
    return runs
  }

  private func newText(
    of packet: CapturedPacket, _ range: Range<Int64>, _ runs: [SequenceMap.Run]
  ) -> PacketRewrite.Text {
    let own = packet.direction.index
    return PacketRewrite.Text(
      runs: runs, limit: limit(packet),
      isRepetition: text[own].contains(range) && !packet.flags.contains(.fin))
  }

  /// Whether a packet without text stands where bytes were put in that wait for one to leave with.
  private func hasPending(_ packet: CapturedPacket) -> Bool {
    let index = packet.direction.index
    return packet.length == 0 && packet.flags.isDisjoint(with: .unique)
      && packet.flags.contains(.ack) && packet.offset == sent[index]
      && !packet.traits.contains(.isCorrupt)
      && maps[index].hasPending(at: packet.offset, by: packet.info.ordinal)
  }

  /// Whether a packet that takes no place in its stream stands behind text that was not seen.
  private func isBehindUnseen(_ packet: CapturedPacket) -> Bool {
    let index = packet.direction.index
    return packet.length == 0 && packet.flags.isDisjoint(with: .unique)
      && packet.offset > sent[index]
      && (isEnding || !maps[index].isIdentity(before: sent[index]))
      && !packet.traits.contains(.isCorrupt)
  }

  /// Whether a reset stands behind text that was left out: its receiver would not take it there
  /// (RFC 5961 §3.2).
  private func isResetBehindLost(_ packet: CapturedPacket) -> Bool {
    packet.flags.contains(.rst) && packet.length == 0 && hasLostText[packet.direction.index]
      && packet.offset > sent[packet.direction.index] && !packet.traits.contains(.isCorrupt)
  }

  /// Asks whether the other end is there: it repeats the last byte, or a byte in its place, or stands
  /// in front of what comes next (RFC 9293 §3.8.4).
  private func isProbe(_ packet: CapturedPacket) -> Bool {
    packet.length <= 1 && packet.flags.isDisjoint(with: .unique)
      && packet.textStart == sent[packet.direction.index] &- 1
  }

  /// How much text finds room in a packet: as much as there was, or as the receiver said that it takes,
  /// less the options (RFC 9293 §3.7.1).
  private func limit(_ packet: CapturedPacket) -> Int {
    // Text cannot follow a SYN in another packet before the connection is open.
    if packet.flags.contains(.syn) { return .max }
    if packet.segmentSize > 0 {
      let room = Int(packet.segmentSize) &- (Int(packet.headerLength) &- 20)
      return max(Int(packet.length), room, 1)
    }
    return max(Int(max(packet.length, largest[packet.direction.index])), 536)
  }

  private func mappedUrgentPointer(of packet: CapturedPacket) -> Int64 {
    let index = packet.direction.index
    let mark = packet.offset &+ Int64(packet.urgentPointer)
    return map(mark, of: index, within: max(sent[index], packet.textEnd))
  }

  // MARK: Quotes

  /// An ICMP error that quotes a packet: the numbers in the quote become those of the edited streams.
  ///
  /// - Parameter dropsText: whether the text in the quote goes.
  package func translateQuote(_ packet: CapturedPacket, dropsText: Bool) -> PacketOutcome {
    var rewrite = PacketRewrite(packet)
    if packet.traits.contains(.tcp) {
      let own = packet.direction.index
      let sequence = map(packet.offset, of: own, within: max(sent[own], packet.offset))
      rewrite.numbers.sequenceDelta = UInt32(truncatingIfNeeded: sequence &- packet.offset)
    }
    if packet.traits.contains(.acknowledges) {
      let peer = packet.direction.reversed.index
      let acknowledged = map(packet.acknowledged, of: peer, within: sent[peer])
      rewrite.numbers.acknowledgmentDelta = UInt32(
        truncatingIfNeeded: acknowledged &- packet.acknowledged)
    }
    rewrite.quote = PacketRewrite.Quote(losesText: dropsText && packet.captured > 0)
    let isSame =
      rewrite.numbers.sequenceDelta == 0 && rewrite.numbers.acknowledgmentDelta == 0
      && rewrite.quote?.losesText == false
    return isSame ? .written : .rewritten(rewrite)
  }

  // MARK: Flows that are dropped

  /// The flow is dropped: of its packets some are left out from now on, and what others say of these
  /// has to be left out as well.
  package mutating func end() { isEnding = true }

  /// How far a direction may be spoken of.
  private func horizon(_ direction: Direction) -> Int64 {
    isEnding ? sent[direction.index] : .max
  }

  /// The resets to both ends that a packet gives rise to, which does not go itself: each has exactly
  /// the number that its receiver expects next, as others would only be challenged (RFC 5961 §3.2).
  package mutating func resets(with packet: CapturedPacket) -> [PacketRewrite.Reset] {
    guard packet.traits.contains(.tcp) else { return [] }
    if packet.traits.contains(.beforeText) { noteBeforeText(packet) }
    let own = packet.direction.index
    let peer = packet.direction.reversed.index
    let hasBegun = sent[own] > 0 || !packet.flags.contains(.syn)
    let next = maps[own].mapped(hasBegun ? sent[own] : packet.end) &- packet.offset
    guard packet.traits.contains(.acknowledges) else {
      return [
        PacketRewrite.Reset(
          isForward: false, sequenceDistance: 0, acknowledgmentDistance: next)
      ]
    }
    let nextOfPeer = maps[peer].mapped(sent[peer]) &- packet.acknowledged
    return [
      PacketRewrite.Reset(
        isForward: true, sequenceDistance: next, acknowledgmentDistance: nextOfPeer),
      PacketRewrite.Reset(
        isForward: false, sequenceDistance: nextOfPeer, acknowledgmentDistance: next),
    ]
  }

  /// Whether a packet that no receiver took has text behind all that was written.
  package func isCorruptBehindEnd(_ packet: CapturedPacket) -> Bool {
    packet.traits.contains(.isCorrupt) && packet.textEnd > sent[packet.direction.index]
  }

  private func speaksBehindEnd(_ packet: CapturedPacket) -> Bool {
    guard isEnding, packet.traits.contains(.acknowledges) else { return false }
    return packet.blockCount > 0 || packet.acknowledged > horizon(packet.direction.reversed)
      || packet.offset > sent[packet.direction.index]
  }

  // MARK: What is said of the other direction

  /// Whether it tells the other end anything; not so an acknowledgement that was one of bytes that are
  /// gone.
  private mutating func mapAcknowledgment(
    of packet: CapturedPacket, _ isDecided: Bool, isEmptied: Bool, _ numbers: inout Renumbering
  ) -> Bool {
    let bound = bound(of: packet, isDecided)
    let peer = packet.direction.reversed.index
    let acknowledged = map(
      min(packet.acknowledged, horizon(packet.direction.reversed)), of: peer, within: bound)
    numbers.acknowledgmentDelta = UInt32(
      truncatingIfNeeded: acknowledged &- packet.acknowledged)
    mapWindow(of: packet, acknowledged, within: bound, &numbers)
    let index = packet.direction.index
    let isNews =
      acknowledged != said[index].mapped || numbers.window != said[index].window
      // A SACK block is news.
      || packet.blockCount > 0
      // The same again without text asks for what is missing; with text it says nothing.
      || packet.acknowledged == said[index].acknowledged
        && packet.window == said[index].windowBefore && !isEmptied
    if packet.traits.contains(.isCorrupt) { return true }
    said[index].acknowledged = packet.acknowledged
    said[index].mapped = acknowledged
    said[index].highest = max(said[index].highest, acknowledged)
    said[index].window = numbers.window
    said[index].windowBefore = packet.window
    return isNews
  }

  /// Up to where the numbers are known that a packet says of the other direction: of what comes later
  /// nothing is known yet, as what has been decided of it depends on the moment.
  private func bound(of packet: CapturedPacket, _ isDecided: Bool) -> Int64 {
    let peer = packet.direction.reversed.index
    return isDecided ? max(sent[peer], packet.acknowledged) : sent[peer]
  }

  func map(_ offset: Int64, of direction: Int, within bound: Int64) -> Int64 {
    let inside = min(offset, bound)
    return maps[direction].mapped(inside) &+ (offset &- inside)
  }

  /// Maps the right edge of the window, which never moves back (RFC 9293 §3.8.6.2.1) by more than it did
  /// before.
  private mutating func mapWindow(
    of packet: CapturedPacket, _ acknowledged: Int64, within bound: Int64,
    _ numbers: inout Renumbering
  ) {
    if packet.flags.contains(.syn) { noteReach(of: packet, acknowledged) }
    guard packet.traits.contains(.hasKnownShift), packet.flags.isDisjoint(with: [.syn, .rst])
    else { return }
    let shift = Int64(packet.windowShift)
    let edge = packet.acknowledged &+ Int64(packet.window) << shift
    var mappedEdge = map(edge, of: packet.direction.reversed.index, within: bound)
    let index = packet.direction.index
    // The edge moves back by less than a unit where the acknowledgement does not move by whole units.
    let (furthest, latest) = (said[index].furthest, said[index].latest)
    if edge > furthest.before &- (1 << shift) {
      mappedEdge = max(mappedEdge, furthest.mapped &- max(furthest.before &- edge, 0))
    }
    if latest.before > .min {
      mappedEdge = max(mappedEdge, latest.mapped &- max(latest.before &- edge, 0))
    }
    let window = max(mappedEdge &- acknowledged, 0)
    // What does not divide is rounded up, as rounding down would take back.
    let scaled = min((window &+ (1 << shift &- 1)) >> shift, 0xFFFF)
    numbers.window = UInt16(truncatingIfNeeded: scaled)
    if packet.traits.contains(.isCorrupt) { return }
    noteEdge(Edge(before: edge, mapped: acknowledged &+ scaled << shift), of: index)
  }

  mutating func noteEdge(_ edge: Edge, of index: Int) {
    said[index].latest = edge
    said[index].reach.extend(to: edge)
    if edge.before >= said[index].furthest.before {
      said[index].furthest.before = edge.before
      said[index].furthest.mapped = max(said[index].furthest.mapped, edge.mapped)
    }
  }

  /// Notes what a packet says that is written as it is.
  private mutating func noteSaid(_ packet: CapturedPacket) {
    guard packet.traits.contains(.acknowledges), !packet.traits.contains(.isCorrupt) else { return }
    let index = packet.direction.index
    said[index].acknowledged = packet.acknowledged
    said[index].mapped = packet.acknowledged
    said[index].highest = max(said[index].highest, packet.acknowledged)
    said[index].window = packet.window
    said[index].windowBefore = packet.window
    if packet.flags.contains(.syn) { noteReach(of: packet, packet.acknowledged) }
    guard packet.traits.contains(.hasKnownShift) else { return }
    let edge = packet.acknowledged &+ Int64(packet.window) << Int64(packet.windowShift)
    noteEdge(Edge(before: edge, mapped: edge), of: index)
  }

  private func mappedBlocks(
    of packet: CapturedPacket, _ isDecided: Bool
  ) -> [PacketRewrite.SACKChange]? {
    guard packet.blockCount > 0, packet.traits.contains(.acknowledges) else { return nil }
    let peer = packet.direction.reversed.index
    let bound = bound(of: packet, isDecided)
    let horizon = horizon(packet.direction.reversed)
    return (0..<Int(packet.blockCount)).map { index in
      let left = packet.acknowledged &+ Int64(packet.blocks[index].left)
      let right = packet.acknowledged &+ Int64(packet.blocks[index].right)
      let mappedLeft = map(min(left, horizon), of: peer, within: bound)
      let mappedRight = map(min(right, horizon), of: peer, within: bound)
      // Of what was not seen it is not known where it is going to be.
      let isKnown = right <= bound || maps[peer].isIdentity(before: bound)
      return PacketRewrite.SACKChange(
        left: UInt32(truncatingIfNeeded: mappedLeft &- left),
        right: UInt32(truncatingIfNeeded: mappedRight &- right),
        isKept: isKnown && mappedLeft < mappedRight || left >= right)
    }
  }

  /// Forgets what both ends have done with: what is acknowledged is rarely sent again.
  package mutating func forgetAcknowledged(_ direction: Direction) {
    let acknowledged = said[direction.reversed.index].acknowledged
    guard acknowledged > .min else { return }
    maps[direction.index].forget(before: min(acknowledged, sent[direction.index]))
  }
}

extension TCPFlags {
  /// What is said once, whatever else a segment says.
  static var unique: TCPFlags { [.syn, .fin, .rst] }
}
