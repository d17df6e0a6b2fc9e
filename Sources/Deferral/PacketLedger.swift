import Injection
import Sockets

/// The packets of a socket in their order, from the oldest on of which it is not known yet what becomes
/// of it, and how far each direction is decided.
///
/// What is found out has to be the same whether an answer came at once or later. So a packet waits for
/// all that it speaks of, and for the packets before it; while answers are open it waits for them, be
/// it without text; and it goes with the packet that brought a decision about, or one after it, never
/// before.
struct PacketLedger: ~Copyable {
  private struct Entry {
    var packet: CapturedPacket
    /// Where it stands among all packets that may be written.
    var position: UInt64
    /// How far its own direction has to be decided, and the other one.
    var needed: Int64 = .min
    var neededOfPeer: Int64 = .min
    /// Where it speaks of what nobody has seen: by how many packets of the socket that has to have
    /// come; 0 where it does not.
    var limit: UInt64 = 0
    /// What its fragments were put together to.
    var datagram: [UInt8]?
    /// Why something of its text is no stream data, whether that is certain, and before which offset.
    var reason: UnseenReason?
    var isCertain = false
    var untakenBefore = Int64.min
    /// The packet with which that was over.
    var expiry = UInt64.max

    var isPartial: Bool { !packet.traits.contains(.isCorrupt) && packet.isTruncated }
  }

  /// What becomes of a packet, and why no analyzer was shown all of its text.
  typealias Decide = (_ ordinal: UInt64, _ outcome: PacketOutcome, _ reason: UnseenReason?) -> Void
  private typealias Decision = (outcome: PacketOutcome, reason: UnseenReason?)

  /// By `Direction.index`: all bytes before this offset are decided.
  private var decided: [2 of Int64] = [0, 0]
  /// Before this offset a packet was written that speaks of bytes which were not decided.
  private var committed: [2 of Int64] = [.min, .min]
  private var entries: [Entry] = []
  private var first = 0
  /// How many packets have come to wait, and the first of `entries` whose limit was not reached.
  private var taken: UInt64 = 0
  private var firstPatient = 0
  /// How many of `entries` lack a part of their text.
  private var partialCount = 0
  /// A packet that waits for nothing but its own text, which is about to be shown: most of them never
  /// come to be an entry.
  private var atHand: CapturedPacket?
  private var positionAtHand: UInt64 = 0
  private var translator: CaptureTranslator
  /// Whether both ends are still to be told that the flow was ended.
  private var owesResets = false

  /// Packets of the socket that may still bring what another one spoke of: captures that are merged from
  /// several queues show an acknowledgement before the data it speaks of.
  private static var patience: UInt64 { 1024 }

  /// By `Direction.index`: the furthest number of packets that came before any text, of connections that
  /// are seen from the middle on.
  private var beforeText: [2 of NumberBeforeText] = [NumberBeforeText(), NumberBeforeText()]

  private let isDatagrams: Bool
  private let dropsUnseen: Bool
  /// By `Direction.index`: whether somebody is shown its text, and where all that was shown ended; `.max`
  /// before that is known.
  private var isWatched: [2 of Bool] = [true, true]
  private var shownEnd: [2 of Int64] = [.max, .max]
  private var hasFIN: [2 of Bool] = [false, false]
  /// The gaps that analyzers were told of. A packet that waits or comes late may have text there.
  private var gaps: [2 of SkippedRanges] = [SkippedRanges(), SkippedRanges()]

  init(isDatagrams: Bool, dropsUnseen: Bool = false) {
    self.isDatagrams = isDatagrams
    self.dropsUnseen = dropsUnseen
    translator = CaptureTranslator(isDatagrams: isDatagrams)
  }

  /// Of a connection that goes on where it stopped.
  init(resuming streams: [2 of SettledStream], dropsUnseen: Bool) {
    isDatagrams = false
    self.dropsUnseen = dropsUnseen
    translator = CaptureTranslator(resuming: streams)
  }

  /// Whether anything was changed.
  var hasEdits: Bool { !translator.isIdentity }

  /// What is left to be known of the streams when all packets are written.
  func settled(at ends: [2 of Int64]) -> [2 of SettledStream] { translator.settled(at: ends) }

  /// Whether a packet goes, and as what; one that may not is kept.
  ///
  /// - Parameter mayGo: whether no answer is open.
  mutating func take(
    _ packet: CapturedPacket, datagram: [UInt8]?, at position: UInt64, mayGo: Bool
  ) -> (outcome: PacketOutcome, reason: UnseenReason?)? {
    keepPacketAtHand()
    if packet.traits.contains(.beforeText) { noteBeforeText(packet) }
    if mayGo, entries.isEmpty, isAboutText(packet) {
      atHand = packet
      positionAtHand = position
      return nil
    }
    var entry = Entry(packet: packet, position: position)
    entry.datagram = datagram
    if !packet.traits.contains(.isCorrupt) {
      entry.needed = packet.end
      if packet.traits.contains(.acknowledges) { entry.neededOfPeer = packet.acknowledged }
      if packet.traits.contains(.speaksOfUnseen) { entry.limit = taken &+ 1 &+ Self.patience }
    }
    if mayGo, entries.isEmpty, isSatisfied(entry, by: packet.info.ordinal) {
      return translate(entry)
    }
    append(entry)
    return nil
  }

  /// Packets without text say how far a stream is before its first text is seen, which may stand in front
  /// of that or behind it: that number was written, and what it speaks of cannot move any more.
  private mutating func noteBeforeText(_ packet: CapturedPacket) {
    let index = packet.direction.index
    if let offset = beforeText[index].note(packet) {
      committed[index] = max(committed[index], offset)
    }
  }

  private mutating func append(_ entry: Entry) {
    taken &+= 1
    // Limits ascend.
    firstPatient = max(firstPatient, first)
    while firstPatient < entries.count, entries[firstPatient].limit <= taken {
      if entries[firstPatient].limit > 0 {
        entries[firstPatient].expiry = entry.packet.info.ordinal
      }
      firstPatient += 1
    }
    entries.append(entry)
    if entry.isPartial { partialCount += 1 }
  }

  /// Takes the oldest packet out.
  private mutating func removeFirst() -> Entry {
    let entry = entries[first]
    first += 1
    if entry.isPartial { partialCount -= 1 }
    return entry
  }

  /// Whether a packet brings what comes next in its direction, and speaks of nothing else that is open.
  @inline(__always)
  private func isAboutText(_ packet: CapturedPacket) -> Bool {
    packet.length > 0 && packet.flags.isDisjoint(with: [.syn, .fin, .rst])
      && packet.traits.isSuperset(of: [.tcp, .acknowledges])
      && packet.traits.isDisjoint(with: [.isCorrupt, .fragmented, .speaksOfUnseen])
      && packet.offset == decided[packet.direction.index]
      && packet.acknowledged <= decided[packet.direction.reversed.index]
  }

  /// It turned out that more is to be waited for.
  @inline(__always)
  private mutating func keepPacketAtHand() { if atHand != nil { makeEntryOfPacketAtHand() } }

  @inline(never)
  private mutating func makeEntryOfPacketAtHand() {
    guard let packet = atHand else { return }
    atHand = nil
    var entry = Entry(packet: packet, position: positionAtHand)
    entry.needed = packet.end
    entry.neededOfPeer = packet.acknowledged
    append(entry)
  }

  /// The packet that was taken last brings nothing that anybody decides about.
  mutating func refuse(_ ordinal: UInt64) {
    keepPacketAtHand()
    guard first < entries.count, entries[entries.count - 1].packet.info.ordinal == ordinal else {
      return
    }
    entries[entries.count - 1].needed = .min
    entries[entries.count - 1].neededOfPeer = .min
  }

  /// - Parameter last: the packet by which it is to be satisfied.
  private func isSatisfied(_ entry: Entry, by last: UInt64) -> Bool {
    let direction = entry.packet.direction
    let isExpired = entry.expiry != .max && entry.expiry <= last
    let isOwnExpired = isExpired && entry.packet.length == 0 && !entry.packet.flags.contains(.fin)
    return (entry.needed <= decided[direction.index] || isOwnExpired)
      && (entry.neededOfPeer <= decided[direction.reversed.index] || isExpired)
  }

  private mutating func translate(_ entry: Entry) -> Decision {
    let direction = entry.packet.direction
    commit(entry)
    if entry.packet.traits.contains(.quote) {
      let outcome = translator.translateQuote(entry.packet, dropsText: dropsUnseen)
      return (outcome, entry.packet.captured > 0 ? .quote : nil)
    }
    let (reason, shown) = shownText(of: entry)
    if reason != nil, dropsUnseen, shown?.isEmpty == true {
      translator.noteLeftOut(entry.packet)
      return (.leftOut, reason)
    }
    let outcome = translator.translate(
      entry.packet, only: dropsUnseen ? shown : nil,
      hasDecidedText: entry.packet.end <= decided[direction.index],
      isDecided: entry.packet.acknowledged <= decided[direction.reversed.index])
    return (outcome.of(entry.packet, from: entry.datagram), reason)
  }

  // MARK: Text that nobody was shown

  /// Notes that something of the text of the packet that was taken last is no stream data; `false` where
  /// it has gone already.
  mutating func noteUntaken(_ text: UntakenText, _ reason: UnseenReason, _ ordinal: UInt64) -> Bool
  {
    keepPacketAtHand()
    guard first < entries.count, entries[entries.count - 1].packet.info.ordinal == ordinal else {
      return false
    }
    let last = entries.count - 1
    entries[last].reason = reason
    entries[last].isCertain = text != .unlessAcknowledged
    switch text {
    case .all: entries[last].untakenBefore = .max
    case .before(let offset): entries[last].untakenBefore = offset
    case .unlessAcknowledged, .some: break
    }
    return true
  }

  /// Analyzers were told that a range of the stream is missing: the text that a packet has there was not
  /// taken after all.
  mutating func noteGap(_ direction: Direction, _ range: Range<Int64>) {
    keepPacketAtHand()
    gaps[direction.index].add(range)
  }

  /// The FIN of a direction has passed: nothing behind it is data.
  mutating func noteFIN(_ direction: Direction) {
    keepPacketAtHand()
    hasFIN[direction.index] = true
  }

  /// Why not all of the text of a packet was shown to analyzers, and which part of it was; no reason
  /// where all of it was, or nobody wanted it. No part where it cannot be told.
  private func shownText(of entry: Entry) -> (reason: UnseenReason?, shown: Range<Int64>?) {
    let packet = entry.packet
    let index = packet.direction.index
    guard packet.length > 0, isWatched[index], !isDatagrams || packet.traits.contains(.isCorrupt)
    else { return (nil, nil) }
    let nothing = packet.textStart..<packet.textStart
    if packet.traits.contains(.isCorrupt) { return (.badChecksum, nothing) }
    if packet.flags.contains(.rst) { return (.inReset, nothing) }
    if packet.textEnd <= 0 { return (entry.reason ?? .beforeStart, nothing) }
    let end = min(packet.textEnd, decided[index], shownEnd[index])
    let start = min(max(packet.textStart, entry.untakenBefore, 0), max(end, packet.textStart))
    if start == packet.textStart, end == packet.textEnd {
      if entry.isCertain { return (entry.reason, nil) }
      if gaps[index].isEmpty { return (nil, nil) }
      let shown = gaps[index].cutting(start..<end)
      return shown == start..<end ? (nil, nil) : (entry.reason ?? .afterGap, shown)
    }
    if start == 0, end == packet.textEnd { return (entry.reason ?? .beforeStart, start..<end) }
    let standard: UnseenReason = hasFIN[index] && shownEnd[index] < .max ? .behindFIN : .undecided
    return (entry.reason ?? standard, start..<max(start, end))
  }

  /// What a packet says of bytes that are not decided is written and stays: these may not get another
  /// length any more.
  private mutating func commit(_ entry: Entry) {
    let own = entry.packet.direction.index
    let peer = entry.packet.direction.reversed.index
    if entry.needed > decided[own] { committed[own] = max(committed[own], entry.needed) }
    if entry.neededOfPeer > decided[peer] {
      committed[peer] = max(committed[peer], entry.neededOfPeer)
    }
  }

  /// All bytes before an offset are decided, with the packet `cause`: lets those packets go that came
  /// with it or before, as far as no other is to go first.
  mutating func release(
    _ direction: Direction, to offset: Int64, cause: UInt64, _ body: Decide
  ) {
    guard offset > decided[direction.index] else { return }
    if let packet = atHand, packet.info.ordinal == cause, packet.direction == direction,
      packet.textEnd == offset
    {
      atHand = nil
      decided[direction.index] = offset
      body(cause, translator.translate(packet, hasDecidedText: true, isDecided: true), nil)
      return
    }
    keepPacketAtHand()
    // What went without it goes as it did.
    letGo(until: cause &- 1, body)
    if offset == .max { shownEnd[direction.index] = decided[direction.index] }
    decided[direction.index] = offset
    letGo(until: cause, body)
  }

  /// As above, of the packet that was taken last, where nothing was changed: whether it goes as it is.
  @inline(__always)
  mutating func releaseAtHand(
    _ ordinal: UInt64, _ direction: Direction, to offset: Int64
  ) -> Bool {
    guard translator.isIdentity, let packet = atHand, packet.info.ordinal == ordinal,
      packet.direction == direction, packet.textEnd == offset
    else { return false }
    atHand = nil
    decided[direction.index] = offset
    translator.noteUnchanged(packet)
    return true
  }

  /// No answer is open any more: lets the packets go that waited for nothing else.
  mutating func settle(by last: UInt64 = .max, _ body: Decide) {
    if first < entries.count { letGo(until: last, body) }
  }

  private mutating func letGo(until last: UInt64, _ body: Decide) {
    keepPacketAtHand()
    while first < entries.count {
      guard entries[first].packet.info.ordinal <= last, isSatisfied(entries[first], by: last) else {
        break
      }
      let entry = removeFirst()
      let (outcome, reason) = translate(entry)
      body(entry.packet.info.ordinal, outcome, reason)
    }
    shorten()
  }

  private mutating func shorten() {
    if first == entries.count {
      entries.removeAll(keepingCapacity: entries.capacity <= 256)
      for index in 0..<2 { gaps[index].shorten() }
      first = 0
      firstPatient = 0
    } else if first > 256, first > entries.count / 2 {
      entries.removeFirst(first)
      firstPatient = max(firstPatient - first, 0)
      first = 0
    }
  }

  /// The flow is dropped with the packet `cause`: says of each packet whether it went before that. The
  /// packet itself went if none of its own text was to be decided about.
  ///
  /// - Parameter resets: whether both ends are reset, with the packet or the first one behind it that
  ///   does not go.
  mutating func drop(cause: UInt64, resets: Bool, _ body: Decide) {
    owesResets = resets
    keepPacketAtHand()
    translator.end()
    while first < entries.count {
      let entry = removeFirst()
      let goes =
        (isSatisfied(entry, by: cause) || isAnswer(entry)) && entry.packet.info.ordinal <= cause
        && !translator.isCorruptBehindEnd(entry.packet)
      if goes {
        let (outcome, reason) = translate(entry)
        body(entry.packet.info.ordinal, outcome, reason)
      } else if entry.packet.info.ordinal < cause {
        body(entry.packet.info.ordinal, outcomeWithoutText(of: entry), nil)
      } else {
        let fate = fateBehindEnd(of: entry.packet, datagram: entry.datagram)
        body(entry.packet.info.ordinal, fate, nil)
      }
    }
    shorten()
  }

  /// Whether a packet says nothing but how far it has the other direction, which went that far: what goes
  /// the other way may need its window.
  private func isAnswer(_ entry: Entry) -> Bool {
    entry.packet.length == 0 && entry.packet.flags.isDisjoint(with: [.syn, .fin, .rst])
      && entry.packet.traits.contains(.acknowledges)
      && entry.neededOfPeer <= decided[entry.packet.direction.reversed.index]
  }

  /// The outcome of a packet that came before the drop and whose text is left out.
  private mutating func outcomeWithoutText(of entry: Entry) -> PacketOutcome {
    let packet = entry.packet
    if CaptureTranslator.isOfAnotherConnection(packet) { return .written }
    let isAnswer =
      packet.length > 0 && !packet.isTruncated
      && packet.flags.isDisjoint(with: [.syn, .fin, .rst])
      && packet.traits.isSuperset(of: [.tcp, .acknowledges])
      && packet.traits.isDisjoint(with: [.isCorrupt, .quote])
      && entry.neededOfPeer <= decided[packet.direction.reversed.index]
    if isAnswer { return translator.translateWithoutText(packet).of(packet, from: entry.datagram) }
    translator.noteLeftOut(packet)
    return .leftOut
  }

  /// What becomes of a packet of a flow that has been dropped.
  mutating func fateBehindEnd(of packet: CapturedPacket, datagram: [UInt8]?) -> PacketOutcome {
    if CaptureTranslator.isOfAnotherConnection(packet) { return .written }
    guard owesResets, !packet.traits.contains(.quote), !packet.flags.contains(.rst) else {
      return .leftOut
    }
    let resets = translator.resets(with: packet)
    if resets.isEmpty { return .leftOut }
    owesResets = false
    var rewrite = PacketRewrite(packet)
    rewrite.resets = resets
    return PacketOutcome.rewritten(rewrite).of(packet, from: datagram)
  }

  // MARK: Edits

  /// Why a range cannot be changed, by the packets that it came with.
  mutating func obstacle(
    _ direction: Direction, _ range: Range<Int64>, _ change: LengthChange
  ) -> EditObstacle? {
    keepPacketAtHand()
    if isDatagrams { return obstacleOfDatagram(range, direction, change) }
    if change.isNone { return nil }
    if range.lowerBound < committed[direction.index] { return .overtaken }
    if partialCount == 0 { return nil }
    var looks = 0
    for index in first..<entries.count where entries[index].isPartial {
      let packet = entries[index].packet
      let isOther =
        packet.direction != direction || packet.textStart >= range.upperBound
        || packet.textEnd <= range.lowerBound
      if packet.isTruncated, !isOther { return .truncated }
      looks += 1
      // Where so many wait, who reordered them must not make each edit a look at all of them.
      if looks == Self.mostLooks { return .truncated }
    }
    return nil
  }

  private static var mostLooks: Int { 256 }

  /// A datagram stays one, with all the headers around it. Its offsets ascend.
  private func obstacleOfDatagram(
    _ range: Range<Int64>, _ direction: Direction, _ change: LengthChange
  ) -> EditObstacle? {
    for entry in entries[first...].reversed() where entry.packet.direction == direction {
      let packet = entry.packet
      if packet.textEnd <= range.lowerBound { break }
      if packet.textStart >= range.upperBound { continue }
      if change.isNone { continue }
      if packet.traits.contains(.fragmented) { return .fragmented }
      if packet.isTruncated { return .truncated }
      if Int(packet.length) + change.total > packet.largestDatagram { return .size }
    }
    return nil
  }

  /// Whether the receiver of a direction can have room for text that becomes longer. The packets that
  /// came before it have gone.
  func hasWindow(for growth: Int, before end: Int64, _ direction: Direction) -> Bool {
    guard growth > 0, !isDatagrams, first < entries.count else { return true }
    let packet = entries[entries.count - 1].packet
    let isOwn = packet.direction == direction
    guard packet.traits.contains(isOwn ? .hasKnownPeerShift : .hasKnownShift) else { return true }
    return translator.hasWindow(
      for: growth, before: end, direction,
      shift: isOwn ? packet.peerWindowShift : packet.windowShift)
  }

  /// Packets whose text is beyond the window, as none can be announced that has room for it.
  var beyondWindow: UInt64 { translator.beyondWindow }

  /// What is kept of edits.
  var keptBytes: Int { translator.keptBytes }

  mutating func forgetAcknowledged(_ direction: Direction) {
    translator.forgetAcknowledged(direction)
  }

  mutating func hasRoom(for bytes: Int, _ direction: Direction) -> Bool {
    translator.hasRoom(for: bytes, direction)
  }

  mutating func edit(
    _ direction: Direction, at place: Int64, removing removed: Int64, inserting content: [UInt8],
    readyAt: UInt64
  ) {
    translator.edit(
      direction, at: place, removing: removed, inserting: content, readyAt: readyAt)
  }

  // MARK: Packets that nothing decides about

  /// The packet whose fate has been open for longest, and the direction that it waits for.
  var oldest: (position: UInt64, direction: Direction)? {
    if let atHand { return (positionAtHand, atHand.direction) }
    guard first < entries.count else { return nil }
    let entry = entries[first]
    let own = entry.packet.direction
    let waitsForOwn = entry.needed > decided[own.index]
    return (entry.position, waitsForOwn ? own : own.reversed)
  }

  /// Lets the oldest packet go, undecided.
  mutating func takeOldest(_ body: Decide) {
    keepPacketAtHand()
    guard first < entries.count else { return }
    let entry = removeFirst()
    let (outcome, reason) = translate(entry)
    body(entry.packet.info.ordinal, outcome, reason)
    shorten()
  }

  /// Nobody decides about a direction any more.
  mutating func open(_ direction: Direction) {
    decided[direction.index] = .max
    isWatched[direction.index] = false
  }

  /// Lets all packets go.
  mutating func takeAll(_ body: Decide) {
    keepPacketAtHand()
    while first < entries.count { takeOldest(body) }
  }
}

extension CapturedPacket {
  /// The text for which the headers of a datagram have room.
  fileprivate var largestDatagram: Int {
    let start = traits.contains(.layered) ? 0 : networkOffset
    return 0xFFFF - Int(transportOffset - start) - Int(headerLength)
  }
}
