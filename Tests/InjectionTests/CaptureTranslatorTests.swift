import Injection
import Sockets
import Support
import Testing
import Wire

/// Packets of a conversation whose originator's 10 bytes at 10 became 13, whose 5 at 40 went, and before
/// whose last byte, at 99, 100 were put in; each with what becomes of it.
@Suite struct CaptureTranslatorTests {
  private static var edited: CaptureTranslator {
    var translator = CaptureTranslator(isDatagrams: false)
    translator.edit(.out, at: 10, removing: 10, inserting: [UInt8](repeating: 1, count: 13))
    translator.edit(.out, at: 40, removing: 5, inserting: [])
    translator.edit(.out, at: 99, removing: 0, inserting: [UInt8](repeating: 2, count: 100))
    return translator
  }

  private static func packet(
    _ direction: Direction, _ offset: Int64, _ length: UInt32 = 0, ack acknowledged: Int64 = 0,
    window: UInt16 = 1000, _ flags: TCPFlags = [],
    _ change: (inout CapturedPacket) -> Void = { _ in }
  ) -> CapturedPacket {
    let info = PacketInfo(ordinal: 1, timestamp: Timestamp(seconds: 1))
    var packet = CapturedPacket(info, direction, [.tcp, .acknowledges, .hasKnownShift])
    (packet.offset, packet.length, packet.captured) = (offset, length, length)
    packet.flags = flags.union(.ack)
    packet.acknowledged = acknowledged
    packet.window = window
    packet.segmentSize = 1460
    packet.headerLength = 20
    change(&packet)
    return packet
  }

  /// `seq+3 ack-5 window 7 text 20`, or what else becomes of it.
  private static func describe(_ outcome: PacketOutcome, of packet: CapturedPacket) -> String {
    switch outcome {
    case .written: return "written"
    case .leftOut: return "left out"
    case .renumbered(let numbers): return describe(numbers, of: packet).joined(separator: " ")
    case .rewritten(let rewrite):
      var parts = describe(rewrite.numbers, of: packet)
      if let text = rewrite.text {
        parts.append("text \(text.runs.reduce(0) { $0 + $1.count })")
        if text.isRepetition { parts.append("again") }
      }
      if let update = rewrite.windowUpdate { parts.append("behind window \(update.window)") }
      if let echo = rewrite.newestEcho { parts.append("echo \(echo)") }
      if let distance = rewrite.urgentDistance { parts.append("urgent \(distance)") }
      for block in rewrite.blocks ?? [] {
        let (left, right) = (Int32(bitPattern: block.left), Int32(bitPattern: block.right))
        parts.append(block.isKept ? "block \(left) \(right)" : "no block")
      }
      return parts.joined(separator: " ")
    }
  }

  private static func describe(_ numbers: Renumbering, of packet: CapturedPacket) -> [String] {
    var parts: [String] = []
    let (sequence, acknowledgment) = (
      Int32(bitPattern: numbers.sequenceDelta), Int32(bitPattern: numbers.acknowledgmentDelta)
    )
    if sequence != 0 { parts.append("seq\(sequence > 0 ? "+" : "")\(sequence)") }
    if acknowledgment != 0 {
      parts.append("ack\(acknowledgment > 0 ? "+" : "")\(acknowledgment)")
    }
    if numbers.window != packet.window { parts.append("window \(numbers.window)") }
    return parts
  }

  private static func outcomes(
    _ packets: [CapturedPacket], _ translator: CaptureTranslator = edited
  ) -> [String] {
    var translator = translator
    return packets.map {
      describe(translator.translate($0, hasDecidedText: true, isDecided: true), of: $0)
    }
  }

  /// What was said before, so that nothing is the first of its kind.
  private static let sent = packet(.out, 0, 100, ack: 50)

  @Test func segmentsMove() {
    #expect(
      Self.outcomes([
        Self.packet(.out, 0, 10), Self.packet(.out, 10, 10), Self.packet(.out, 20, 10),
        Self.packet(.out, 30, 30), Self.packet(.out, 60, 39), Self.packet(.out, 99, 1),
        Self.packet(.out, 100, 5), Self.packet(.out, 105, 0, [.fin]),
      ]) == [
        "written", "text 13", "seq+3", "seq+3 text 25", "seq-2", "seq-2 text 101", "seq+98",
        "seq+98",
      ])
  }

  @Test func acknowledgementsMoveWithWhatTheyAreOf() {
    #expect(
      Self.outcomes([
        Self.sent, Self.packet(.in, 0, ack: 10), Self.packet(.in, 0, ack: 20),
        Self.packet(.in, 0, ack: 40), Self.packet(.in, 0, ack: 60), Self.packet(.in, 0, ack: 99),
        Self.packet(.in, 0, ack: 100), Self.packet(.in, 0, ack: 101),
      ]) == [
        "text 198", "window 1098", "ack+3 window 1095", "ack+3 window 1095", "ack-2 window 1100",
        "ack-2 window 1100", "ack+98", "ack+98",
      ])
  }

  @Test func whatSaysNothingAnyMoreIsLeftOut() {
    #expect(
      Self.outcomes([
        Self.packet(.out, 0, 40), Self.packet(.out, 40, 5), Self.packet(.in, 0, ack: 40),
        Self.packet(.in, 0, ack: 45, window: 995), Self.packet(.in, 0, 7, ack: 45, window: 995),
        Self.packet(.in, 7, ack: 45, window: 995, [.fin]),
      ]) == ["text 43", "left out", "ack+3 window 995", "left out", "ack-2", "ack-2"])
  }

  @Test func repeatedAcknowledgementsStay() {
    let again = Self.packet(.in, 0, ack: 30)
    #expect(
      Self.outcomes([Self.sent, again, again, again]).dropFirst()
        == ["ack+3 window 1095", "ack+3 window 1095", "ack+3 window 1095"])
  }

  @Test func retransmissionsAreCutAsTheyCome() {
    #expect(
      Self.outcomes([
        Self.sent, Self.packet(.out, 5, 10), Self.packet(.out, 15, 10), Self.packet(.out, 12, 3),
        Self.packet(.out, 42, 10),
      ]) == ["text 198", "text 18 again", "seq+8 text 5 again", "left out", "seq+1 text 7 again"])
  }

  @Test func endsMove() {
    #expect(
      Self.outcomes([
        Self.packet(.out, 30, 15, [.fin]), Self.packet(.out, 40, 5, [.fin]),
        Self.packet(.out, 60, 0, [.rst]), Self.packet(.out, 42, 0, [.rst]),
      ]) == ["seq+3 text 10", "seq+3 text 0", "seq-2", "seq+1"])
  }

  @Test func probesStandInFrontOfWhatIsNext() {
    var translator = CaptureTranslator(isDatagrams: false)
    translator.edit(.out, at: 9, removing: 1, inserting: [])
    #expect(
      Self.outcomes(
        [
          Self.packet(.out, 0, 10), Self.packet(.out, 9), Self.packet(.out, 9, 1),
          Self.packet(.out, 10, 5), Self.packet(.out, 14), Self.packet(.out, 14, 1),
        ], translator) == ["text 9", "seq-1", "seq-1 text 0 again", "seq-1", "seq-1", "seq-1"])
  }

  @Test func blocksMove() {
    let blocks = { (blocks: [(Int32, Int32)]) in
      Self.packet(.in, 0, ack: 5) { packet in
        packet.blockCount = UInt8(blocks.count)
        for (index, block) in blocks.enumerated() {
          packet.blocks[index] = CapturedPacket.Block(left: block.0, right: block.1)
        }
      }
    }
    #expect(
      Self.outcomes([
        Self.sent, blocks([(15, 25), (55, 95)]), blocks([(35, 40), (1, 3)]), blocks([(-5, -2)]),
      ]) == [
        "text 198", "window 1098 block 3 3 block -2 98",
        "window 1098 no block block 0 0", "window 1098 block 0 0",
      ])
  }

  @Test func urgentPointersMove() {
    let urgent = { (offset: Int64, pointer: UInt16) in
      Self.packet(.out, offset, 20, [.urg]) { $0.urgentPointer = pointer }
    }
    #expect(
      Self.outcomes([urgent(0, 20), urgent(20, 3), urgent(50, 20)])
        == ["text 23 urgent 23", "seq+3 urgent 3", "seq-2 urgent 20"])
  }

  @Test func wrongSegmentsOnlyMove() {
    let corrupt = Self.packet(.out, 10, 10) { $0.traits.insert(.isCorrupt) }
    #expect(Self.outcomes([Self.sent, corrupt]).dropFirst() == ["written"])
  }

  /// What stands in its place has another length, and the rest of its text is not there.
  @Test func cutSegmentsOfOtherLengthGo() {
    let cut = Self.packet(.out, 30, 30) { $0.captured = 3 }
    #expect(Self.outcomes([Self.sent, cut]).dropFirst() == ["left out"])
  }

  @Test func cutSegmentsOfTheSameLengthAreRewritten() {
    var translator = CaptureTranslator(isDatagrams: false)
    translator.edit(.out, at: 1, removing: 2, inserting: [7, 7])
    translator.edit(.out, at: 20, removing: 2, inserting: [8, 8])
    let cut = Self.packet(.out, 0, 30) { $0.captured = 6 }
    let outcome = translator.translate(cut, hasDecidedText: true, isDecided: true)
    guard case .rewritten(let rewrite) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(rewrite.text?.runs == [.original(0..<1), .replaced([7, 7]), .original(3..<6)])
    #expect(rewrite.numbers.sequenceDelta == 0)
  }

  @Test func aStreamGoesOnWhereItStopped() {
    var first = CaptureTranslator(isDatagrams: false)
    first.edit(.out, at: 10, removing: 1, inserting: [1, 2, 3, 4])
    let second = CaptureTranslator(resuming: first.settled(at: [50, 20]))
    #expect(!second.isIdentity)
    // Of what stands before the change only that it was there.
    #expect(
      Self.outcomes(
        [
          Self.packet(.out, -45, 5), Self.packet(.out, -10, 10), Self.packet(.out, 0, 10),
          Self.packet(.in, 0, 5, ack: 10),
        ], second) == ["left out", "seq+3", "seq+3", "ack+3"])
    // What stands in front of the first change was not moved.
    let acknowledgments: [Int64] = [-50, -40, -39]
    #expect(
      Self.outcomes(acknowledgments.map { Self.packet(.in, 0, 5, ack: $0) }, second)
        == ["window 1003", "window 1003", "ack+3"])
  }

  @Test func datagramsChangeAlone() {
    var translator = CaptureTranslator(isDatagrams: true)
    translator.edit(.out, at: 10, removing: 10, inserting: [])
    translator.edit(.out, at: 25, removing: 1, inserting: [1, 2])
    let datagrams = [0, 10, 20, 30].map { offset in
      Self.packet(.out, offset, 10) {
        $0.traits = []
        $0.flags = []
      }
    }
    #expect(
      Self.outcomes(datagrams, translator) == ["written", "left out", "text 11", "written"])
  }

  @Test func windowsNeverMoveBack() {
    for seed in 1...UInt64(500) {
      var random = SeededGenerator(seed: seed)
      var translator = CaptureTranslator(isDatagrams: false)
      let shift = UInt8.random(in: 0...8, using: &random)
      var (sent, edited, acknowledged, edge) = (Int64(0), Int64(0), Int64(0), Int64(0))
      var (lastEdge, lastAcknowledged) = (Int64.min, Int64.min)
      for step in 0..<80 {
        if Bool.random(using: &random) {
          let count = Int64.random(in: 1...1000, using: &random)
          let place = Int64.random(in: max(edited, sent)...sent + count, using: &random)
          let removed = Int64.random(in: 0...(sent + count - place), using: &random)
          let content = [UInt8](repeating: 0, count: Int.random(in: 0...900, using: &random))
          if place >= edited, removed > 0 || !content.isEmpty {
            translator.edit(.out, at: place, removing: removed, inserting: content)
            edited = place + removed
          }
          _ = translator.translate(
            Self.packet(.out, sent, UInt32(count)), hasDecidedText: true, isDecided: true)
          sent += count
          continue
        }
        acknowledged = Int64.random(in: acknowledged...sent, using: &random)
        // As an honest end says it.
        let least = (max(edge - acknowledged, 0) + (1 << Int64(shift)) - 1) >> Int64(shift)
        let most = min(least + 2000, 0xFFFF)
        let window = Int64.random(in: min(least, 0xFFFF)...most, using: &random)
        edge = max(edge, acknowledged + window << Int64(shift))
        let packet = Self.packet(.in, 0, ack: acknowledged, window: UInt16(window)) {
          $0.windowShift = shift
        }
        let outcome = translator.translate(packet, hasDecidedText: true, isDecided: true)
        var (mapped, mappedWindow) = (acknowledged, window)
        if case .leftOut = outcome { continue }
        if case .renumbered(let numbers) = outcome {
          mapped += Int64(Int32(bitPattern: numbers.acknowledgmentDelta))
          mappedWindow = Int64(numbers.window)
        }
        let mappedEdge = mapped + mappedWindow << Int64(shift)
        #expect(mapped >= lastAcknowledged, "seed \(seed), step \(step)")
        // A window is no wider than its field.
        #expect(mappedEdge >= lastEdge || mappedWindow == 0xFFFF, "seed \(seed), step \(step)")
        (lastAcknowledged, lastEdge) = (mapped, max(lastEdge, mappedEdge))
      }
    }
  }

  @Test func aFullWindowStaysFull() {
    let closed = Self.packet(.in, 0, ack: 100, window: 0)
    #expect(Self.outcomes([Self.sent, closed]) == ["text 198", "ack+98"])
  }

  private static func withPeerShift(_ shift: UInt8 = 0) -> (inout CapturedPacket) -> Void {
    {
      $0.traits.insert(.hasKnownPeerShift)
      $0.peerWindowShift = shift
    }
  }

  /// The windows before it were announced when nothing was known of what was put in.
  @Test func aWindowIsOpenedWhereTextHasOutgrownIt() {
    let packets = [
      Self.packet(.in, -1, ack: 0, window: 50, [.syn]), Self.packet(.in, 0, ack: 0, window: 100),
      Self.packet(.out, 0, 99, [], Self.withPeerShift()),
      Self.packet(.out, 99, 1, [], Self.withPeerShift()),
      Self.packet(.out, 0, 10, [], Self.withPeerShift()), Self.packet(.in, 0, ack: 50, window: 50),
      Self.packet(.in, 0, ack: 100, window: 100),
      Self.packet(.out, 100, 100, [], Self.withPeerShift()),
    ]
    #expect(
      Self.outcomes(packets) == [
        "written", "written", "text 97", "seq-2 text 101 behind window 198", "written",
        "ack-2 window 150", "ack+98", "seq+98",
      ])
  }

  @Test func whatWasBeyondTheWindowStaysThere() {
    let window = Self.packet(.in, 0, ack: 0, window: 90)
    #expect(
      Self.outcomes([window, Self.packet(.out, 0, 100, [], Self.withPeerShift())])
        == ["written", "text 198"])
  }

  /// One byte may ask whether a window has opened, but not more.
  @Test func aProbeThatGrowsFindsRoom() {
    let closed = Self.packet(.in, 0, ack: 99, window: 0)
    let probe = Self.packet(.out, 99, 1, [], Self.withPeerShift())
    let outcomes = Self.outcomes([Self.packet(.out, 0, 99), closed, probe])
    #expect(outcomes.last == "seq-2 text 101 behind window 101")
  }

  @Test func whatIsOpenedIsScaledAndFindsRoom() {
    let window = Self.packet(.in, 0, ack: 0, window: 25) { $0.windowShift = 2 }
    #expect(
      Self.outcomes([window, Self.packet(.out, 0, 100, [], Self.withPeerShift(2))])
        == ["written", "text 198 behind window 50"])
    // A window is no wider than its field.
    var translator = CaptureTranslator(isDatagrams: false)
    translator.edit(
      .out, at: 10, removing: 0, inserting: [UInt8](repeating: 1, count: 70_000))
    #expect(
      Self.outcomes(
        [
          Self.packet(.in, 0, ack: 0, window: 100),
          Self.packet(.out, 0, 100, [], Self.withPeerShift()),
        ], translator) == ["written", "text 70100"])
  }

  /// The numbers of the sender are known, and those of what it repeats as well.
  @Test func theUpdateHasTheLastNumbersOfItsSender() throws {
    var translator = Self.edited
    let packets = [
      Self.packet(.in, 0, 7, ack: 0, window: 100) {
        $0.traits.insert(.hasTimestamp)
        $0.timestamp = 70
      },
      Self.packet(.out, 0, 40, ack: 0) {
        $0.traits.insert(.hasTimestamp)
        $0.timestamp = 900
      },
      Self.packet(.out, 40, 60, ack: 7, [], Self.withPeerShift()),
    ]
    let outcomes = packets.map {
      translator.translate($0, hasDecidedText: true, isDecided: true)
    }
    guard case .rewritten(let rewrite) = outcomes[2] else {
      Issue.record("not rewritten")
      return
    }
    let update = try #require(rewrite.windowUpdate)
    #expect(update.sequenceDistance == 0 && update.acknowledgmentDistance == -40)
    #expect(update.timestamp == 70 && update.echo == 900 && update.window == 198)
  }

  private static func withTimestamp(_ value: UInt32) -> (inout CapturedPacket) -> Void {
    {
      $0.traits.insert(.hasTimestamp)
      $0.timestamp = value
    }
  }

  /// Nobody echoes what was not sent (RFC 7323 §4.3).
  @Test func whatIsLeftOutIsNotEchoed() {
    let packets = [
      Self.packet(.in, 0, 7, ack: 0, [], Self.withTimestamp(70)),
      Self.packet(.out, 0, 40, ack: 7, [], Self.withTimestamp(900)),
      // All of its text is taken out.
      Self.packet(.out, 40, 5, ack: 7, [], Self.withTimestamp(910)),
      Self.packet(.in, 7, 3, ack: 45, [], Self.withTimestamp(80)),
      Self.packet(.out, 45, 5, ack: 10, [], Self.withTimestamp(911)),
      Self.packet(.in, 10, 3, ack: 50, [], Self.withTimestamp(90)),
    ]
    #expect(
      Self.outcomes(packets) == [
        "written", "text 43", "left out", "ack-2 echo 900", "seq-2", "ack-2",
      ])
  }

  /// A flow is dropped: what stands behind the text that does not go still acknowledges.
  @Test func whatIsDroppedStillAcknowledges() {
    var translator = Self.edited
    let packets = [Self.packet(.in, 0, 50, ack: 0), Self.packet(.out, 0, 40, ack: 0)]
    _ = packets.map { translator.translate($0, hasDecidedText: true, isDecided: true) }
    translator.end()
    let dropped = [
      Self.packet(.out, 60, 20, ack: 50), Self.packet(.out, 80, 20, ack: 50),
      Self.packet(.in, 50, 20, ack: 40),
    ]
    let outcomes = dropped.map { Self.describe(translator.translateWithoutText($0), of: $0) }
    #expect(outcomes == ["seq-17 text 0 again", "left out", "ack+3 text 0 again"])
  }

  @Test func acknowledgementsThatSayWhatIsHeldStay() {
    let window = Self.packet(.in, 0, ack: 0, window: 100)
    let update = Self.packet(.out, 0, 100, [], Self.withPeerShift())
    let held = Self.packet(.in, 0, ack: 0, window: 198) {
      $0.blockCount = 1
      $0.blocks[0] = CapturedPacket.Block(left: 50, right: 60)
    }
    let again = Self.packet(.in, 0, ack: 0, window: 198)
    let outcomes = Self.outcomes([window, update, held, again])
    #expect(outcomes[1] == "text 198 behind window 198")
    #expect(outcomes[2].contains("block"))
  }

  @Test func lateTextIsCutToTheSegmentSize() {
    var translator = CaptureTranslator(isDatagrams: false)
    translator.edit(
      .out, at: 10, removing: 0, inserting: [UInt8](repeating: 1, count: 3000))
    let packets = [Self.packet(.out, 20, 80), Self.packet(.out, 0, 20)]
    let outcomes = packets.map { translator.translate($0, hasDecidedText: true, isDecided: true) }
    guard case .rewritten(let rewrite) = outcomes[1] else {
      Issue.record("not rewritten")
      return
    }
    #expect(rewrite.text?.limit == 1460)
  }

  /// Behind what was not seen there is no number that is certain.
  @Test func whatStandsBehindUnseenTextHasTheLastKnownNumber() {
    var translator = Self.edited
    var outcomes: [String] = []
    for packet in [
      Self.packet(.out, 0, 50), Self.packet(.out, 90, ack: 5),
      Self.packet(.in, 5, ack: 50) { packet in
        packet.blocks[0] = CapturedPacket.Block(left: 10, right: 30)
        packet.blockCount = 1
      },
    ] {
      let isSeen = packet.offset < 90
      outcomes.append(
        Self.describe(
          translator.translate(packet, hasDecidedText: isSeen, isDecided: true), of: packet))
    }
    #expect(outcomes == ["text 48", "seq-42", "ack-2 no block"])
  }

  /// What is left out of a flow that is dropped is not spoken of, changed or not.
  @Test(arguments: [true, false])
  func whatWasDroppedIsNotSpokenOf(isEdited: Bool) {
    var translator = isEdited ? Self.edited : CaptureTranslator(isDatagrams: false)
    _ = translator.translate(Self.packet(.out, 0, 20), hasDecidedText: true, isDecided: true)
    translator.end()
    let packet = Self.packet(.in, 0, ack: 25) { packet in
      packet.blocks[0] = CapturedPacket.Block(left: 10, right: 30)
      packet.blocks[1] = CapturedPacket.Block(left: -20, right: -15)
      packet.blockCount = 2
    }
    let outcome = Self.describe(
      translator.translate(packet, hasDecidedText: true, isDecided: false), of: packet)
    #expect(
      outcome == "\(isEdited ? "ack-2" : "ack-5") window 1005 no block block 0 0")
  }
}
