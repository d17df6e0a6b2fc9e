import Sockets
import Testing
import Wire

@testable import Injection

/// Segments by hand. The originator's stream begins with 1001 and the responder's with 5001.
private struct Ladder {
  var connection: InlineConnection
  private let decisions: Decisions
  var hasTimestamps = true
  var time: UInt32 = 100
  private let window: UInt16

  final class Decisions {
    var next: [StreamDecision] = []
    var chunks: [StreamChunk] = []
  }

  /// An open connection with SACK, and windows without a shift.
  init(mss: UInt16 = 1460, timestamps: Bool = true, window: UInt16 = 65_000, budget: Int = 1 << 20)
  {
    self.window = window
    let decisions = Decisions()
    self.decisions = decisions
    hasTimestamps = timestamps
    connection = InlineConnection(analyzing: [.out], budget: budget) { _, chunk in
      decisions.chunks.append(chunk)
      return decisions.next.isEmpty ? .allow : decisions.next.removeFirst()
    }
    for (direction, flags) in [(Direction.out, TCPFlags.syn), (.in, [.syn, .ack])] {
      var segment = segment(direction, -1, flags: flags, acknowledges: 0)
      segment.maximumSegmentSize = mss
      segment.permitsSACK = true
      #expect(
        connection.receive(segment, direction) == [
          .init(direction: direction, segment: segment, isAsReceived: true)
        ])
    }
    _ = acknowledges(0, from: .out)
  }

  var chunks: [StreamChunk] { decisions.chunks }

  mutating func next(_ decision: StreamDecision) { decisions.next.append(decision) }

  func number(_ direction: Direction, _ offset: Int) -> SequenceNumber {
    SequenceNumber(direction == .out ? 1001 : 5001) + offset
  }

  func segment(
    _ direction: Direction, _ offset: Int, _ text: String = "", flags: TCPFlags = .ack,
    acknowledges: Int
  ) -> StreamSegment {
    var segment = StreamSegment(sequence: number(direction, offset), flags: flags)
    segment.acknowledgment = number(direction.reversed, acknowledges)
    segment.window = window
    segment.payload = Array(text.utf8)
    if hasTimestamps { segment.timestamps = .init(value: time, echo: time - 50) }
    return segment
  }

  /// Data of the originator.
  mutating func sends(
    _ offset: Int, _ text: String, flags: TCPFlags = [.ack, .psh], acknowledges: Int = 0,
    _ change: (inout StreamSegment) -> Void = { _ in }
  ) -> [InlineConnection.Departure] {
    time += 1
    var segment = segment(.out, offset, text, flags: flags, acknowledges: acknowledges)
    change(&segment)
    return connection.receive(segment, .out)
  }

  /// What the responder acknowledges, in R.
  mutating func acknowledges(
    _ offset: Int, window: UInt16? = nil, blocks: [(Int, Int)] = [], from direction: Direction = .in
  ) -> [InlineConnection.Departure] {
    time += 1
    var segment = segment(direction, 0, acknowledges: offset)
    segment.window = window ?? segment.window
    segment.sackBlocks = blocks.map { block($0.0, $0.1) }
    return connection.receive(segment, direction)
  }

  func block(_ left: Int, _ right: Int) -> SACKBlock {
    SACKBlock(left: number(.out, left), right: number(.out, right))
  }

  /// Segments as `direction offset text`, and where they are bare what they acknowledge.
  func words(_ departures: [InlineConnection.Departure]) -> [String] {
    departures.map { departure in
      let segment = departure.segment
      let isOut = departure.direction == .out
      let offset = segment.sequence.distance(from: number(departure.direction, 0))
      let reached = segment.acknowledgment.distance(from: number(departure.direction.reversed, 0))
      var words = [
        isOut ? ">" : "<", "\(offset)", String(decoding: segment.payload, as: UTF8.self),
      ]
      if segment.payload.isEmpty { words[2] = "ack \(reached)" }
      if segment.flags.contains(.fin) { words.append("FIN") }
      if segment.flags.contains(.rst) { words.append("RST") }
      return words.joined(separator: " ")
    }
  }
}

@Suite("Inline, rule by rule") struct InlineRuleTests {
  @Test("A copy is what was sent before, however it is cut and whatever it says")
  func copies() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(3..<6, with: Array("DE".utf8))]))
    #expect(ladder.words(ladder.sends(0, "abcdefghi")) == ["> 0 abcDEghi"])
    #expect(ladder.words(ladder.sends(0, "abcdefghi")) == ["> 0 abcDEghi"])
    #expect(ladder.words(ladder.sends(0, "abcd")) == ["> 0 abcDE"])
    #expect(ladder.words(ladder.sends(4, "efghi")) == ["> 5 ghi"])
    #expect(ladder.words(ladder.sends(6, "XYZ")) == ["> 5 ghi"])
    #expect(ladder.connection.counts(.out).conflictingCopies == 1)
    #expect(ladder.words(ladder.sends(4, "efghijkl")) == ["> 5 ghijkl"])
    #expect(ladder.chunks.map(\.offset) == [0, 9])
    #expect(ladder.words(ladder.acknowledges(8)) == ["< 0 ack 9"])
    // The receiver has it: only the sender lacks the acknowledgement.
    #expect(ladder.words(ladder.sends(0, "abcdefghi")) == ["< 0 ack 9"])
  }

  @Test("A receiver that reneges gets its bytes again")
  func reneging() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(0..<1, with: Array("AA".utf8))]))
    _ = ladder.sends(0, "abc")
    _ = ladder.sends(3, "def")
    let told = ladder.acknowledges(0, blocks: [(4, 7)])
    #expect(told.map(\.segment.sackBlocks) == [[ladder.block(3, 6)]])
    #expect(ladder.words(ladder.sends(3, "def")) == ["> 4 def"])
  }

  @Test("Blocks of what was put in are left out, and of what was not sent as well")
  func blocks() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(2..<2, with: Array("12345".utf8))]))
    _ = ladder.sends(0, "abcdef")
    func told(_ blocks: [(Int, Int)]) -> [SACKBlock]? {
      ladder.acknowledges(1, blocks: blocks).first?.segment.sackBlocks
    }
    #expect(told([(3, 5)]) == [])
    #expect(told([(3, 9)]) == [ladder.block(2, 4)])
    #expect(told([(7, 11), (2, 4)]) == [ladder.block(2, 6)])
    #expect(told([(7, 40)]) == [])
    #expect(told([(9, 8)]) == [])
  }

  @Test("A duplicate of what the sender knows nothing of is not reported to it")
  func duplicates() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(2..<2, with: Array("12345".utf8))]))
    _ = ladder.sends(0, "abcdef")
    #expect(ladder.words(ladder.acknowledges(11)) == ["< 0 ack 6"])
    #expect(ladder.acknowledges(11, blocks: [(3, 6)]).isEmpty)
    let told = ladder.acknowledges(11, blocks: [(0, 7)])
    #expect(told.map(\.segment.sackBlocks) == [[ladder.block(0, 2)]])
  }

  @Test("Progress within what was put in is no duplicate acknowledgement to the sender")
  func progress() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(1..<2, with: Array("123456".utf8))]))
    _ = ladder.sends(0, "abc")
    #expect(ladder.words(ladder.acknowledges(1, window: 60_000)) == ["< 0 ack 1"])
    #expect(ladder.acknowledges(3, window: 59_998).isEmpty)
    #expect(ladder.words(ladder.acknowledges(3, window: 59_998)) == ["< 0 ack 1"])
    #expect(ladder.words(ladder.acknowledges(8, window: 60_000)) == ["< 0 ack 3"])
  }

  @Test("What was left out is acknowledged when the receiver has all before it")
  func removal() throws {
    var ladder = Ladder()
    _ = ladder.sends(0, "abc")
    ladder.next(.edit([StreamEdit(0..<3, with: [])]))
    #expect(ladder.sends(3, "def").isEmpty)
    #expect(ladder.words(ladder.acknowledges(3)) == ["< 0 ack 6"])
    ladder.next(.edit([StreamEdit(0..<3, with: [])]))
    let made = ladder.sends(6, "ghi")
    #expect(ladder.words(made) == ["< 0 ack 9"])
    let segment = try #require(made.first?.segment)
    #expect(segment.flags == .ack && segment.window == 65_000)
    // TSval is the receiver's last, TSecr the sender's newest.
    #expect(segment.timestamps == .init(value: ladder.time - 1, echo: ladder.time))
    #expect(ladder.words(ladder.sends(6, "ghi")) == ["< 0 ack 9"])
    #expect(ladder.words(ladder.sends(9, "jkl")) == ["> 3 jkl"])
  }

  @Test(
    "What was left out is acknowledged to a sender that repeats it, though others behind got lost")
  func removalBeforeLoss() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(0..<3, with: [])]))
    _ = ladder.sends(3, "def")
    #expect(ladder.words(ladder.sends(0, "abc")) == ["> 0 def"])
    #expect(ladder.words(ladder.sends(0, "abc")) == ["< 0 ack 3"])
    #expect(ladder.words(ladder.sends(3, "def")) == ["> 0 def"])
  }

  @Test("Held bytes are neither sent nor acknowledged; what came with them is")
  func holding() throws {
    var ladder = Ladder()
    let released = ladder.time
    ladder.next(.hold)
    ladder.next(.hold)
    #expect(ladder.sends(0, "abc").isEmpty)
    let told = ladder.sends(3, "def", acknowledges: 0) { $0.window = 65_100 }
    #expect(ladder.words(told) == ["> 0 ack 0"])
    #expect(told[0].segment.timestamps?.value ?? 0 <= released)
    #expect(ladder.sends(0, "abc") { $0.window = 65_100 }.isEmpty)
    #expect(ladder.connection.decide(.allow, of: .out, at: 3).isEmpty)
    let left = ladder.connection.decide(
      .edit([StreamEdit(1..<2, with: [])]), of: .out, at: 0)
    #expect(ladder.words(left) == ["> 0 ac", "> 2 def"])
    #expect(left.allSatisfy { $0.segment.timestamps?.value ?? 0 >= released })
    #expect(left[0].segment.window == 65_100)
    #expect(ladder.connection.decide(.allow, of: .out, at: 0).isEmpty)
  }

  @Test("Beyond a hole nothing is sent, and the sender learns of the hole")
  func hole() {
    var ladder = Ladder()
    let told = ladder.sends(3, "def")
    #expect(ladder.words(told) == ["< 0 ack 0"])
    #expect(told[0].segment.sackBlocks == [ladder.block(3, 6)])
    #expect(
      ladder.sends(9, "jkl").last?.segment.sackBlocks == [ladder.block(9, 12), ladder.block(3, 6)])
    ladder.next(.edit([StreamEdit(0..<3, with: Array("ABCD".utf8))]))
    #expect(ladder.words(ladder.sends(0, "abc")) == ["> 0 ABCD", "> 4 def"])
    #expect(ladder.words(ladder.sends(6, "ghi")) == ["> 7 ghi", "> 10 jkl"])
    #expect(ladder.chunks.map(\.offset) == [0, 3, 6, 9])
  }

  @Test("Growth is cut to what the receiver takes, with each flag on its piece")
  func growth() {
    var ladder = Ladder(mss: 32)
    ladder.next(.edit([StreamEdit(0..<1, with: [UInt8](repeating: 65, count: 50))]))
    let pieces = ladder.sends(0, "ab", flags: [.ack, .psh, .cwr, .ece, .fin]).map(\.segment)
    #expect(pieces.map(\.payload.count) == [20, 20, 11])
    #expect(pieces.map(\.flags) == [[.ack, .ece, .cwr], [.ack, .ece], [.ack, .ece, .psh, .fin]])
    #expect(Set(pieces.map(\.timestamps)).count == 1)
  }

  @Test(
    "A receiver that takes next to nothing does not make a packet of every byte",
    arguments: [(0, [1, 16, 16, 16, 2]), (19, [7, 16, 16, 12]), (28, [16, 16, 16, 3])])
  func smallestSegments(mss: Int, lengths: [Int]) {
    var ladder = Ladder(mss: UInt16(mss))
    ladder.next(.edit([StreamEdit(0..<1, with: [UInt8](repeating: 65, count: 50))]))
    #expect(ladder.sends(0, "ab").map(\.segment.payload.count) == lengths)
  }

  @Test("Growth waits for room; what the sender repeats asks for it with one byte")
  func closedWindow() {
    var ladder = Ladder(window: 4)
    #expect(ladder.words(ladder.sends(0, "ab")) == ["> 0 ab"])
    ladder.next(.edit([StreamEdit(0..<1, with: Array("12345".utf8))]))
    #expect(ladder.words(ladder.sends(2, "cd")) == ["> 2 12"])
    #expect(ladder.words(ladder.acknowledges(4, window: 0)) == ["< 0 ack 2"])
    #expect(ladder.words(ladder.sends(2, "cd")) == ["> 4 3"])
    #expect(ladder.words(ladder.acknowledges(4, window: 0)) == ["< 0 ack 2"])
    #expect(ladder.words(ladder.acknowledges(4, window: 3)) == ["< 0 ack 2", "> 5 45"])
    #expect(ladder.words(ladder.acknowledges(7, window: 10)) == ["< 0 ack 3", "> 7 d"])
  }

  @Test("The edge of the window never goes back")
  func edge() {
    var ladder = Ladder(timestamps: false)
    #expect(ladder.acknowledges(0, window: 1000).first?.segment.window == 1000)
    ladder.next(.edit([StreamEdit(1..<2, with: [UInt8](repeating: 65, count: 201))]))
    _ = ladder.sends(0, "abc")
    // All of that is within the window that was given first.
    let told = ladder.acknowledges(203, window: 800)
    #expect(ladder.words(told) == ["< 0 ack 3"])
    #expect(Int(told[0].segment.window) + 3 >= 65_000)
  }

  @Test("FIN and reset have the numbers of what has left")
  func ends() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(1..<3, with: [])]))
    #expect(ladder.words(ladder.sends(0, "abc", flags: [.ack, .psh, .fin])) == ["> 0 a FIN"])
    #expect(ladder.words(ladder.sends(0, "abc", flags: [.ack, .fin])) == ["> 0 a FIN"])
    #expect(ladder.words(ladder.sends(3, "", flags: [.ack, .fin])) == ["> 1 ack 0 FIN"])
    #expect(ladder.words(ladder.acknowledges(2)) == ["< 0 ack 4"])
    #expect(ladder.words(ladder.sends(4, "", flags: .ack)) == ["> 2 ack 0"])
    #expect(ladder.words(ladder.sends(3, "", flags: [.ack, .fin])) == ["< 0 ack 4"])
    #expect(ladder.words(ladder.sends(4, "", flags: [.ack, .rst])) == ["> 2 ack 0 RST"])

    var other = Ladder()
    other.next(.edit([StreamEdit(3..<3, with: Array("XY".utf8))]))
    #expect(other.words(other.sends(0, "abc", flags: [.ack, .fin])) == ["> 0 abcXY FIN"])
    #expect(other.words(other.acknowledges(4)) == ["< 0 ack 3"])
    #expect(other.words(other.acknowledges(6)) == ["< 0 ack 4"])
  }

  @Test("A reset waits behind data of its sender that is not decided")
  func resetBehindHeld() {
    var ladder = Ladder()
    ladder.next(.hold)
    _ = ladder.sends(0, "abc")
    #expect(ladder.sends(3, "", flags: [.ack, .rst]).isEmpty)
    let left = ladder.connection.decide(.edit([StreamEdit(0..<2, with: [])]), of: .out, at: 0)
    #expect(ladder.words(left) == ["> 0 c", "> 1 ack 0 RST"])
  }

  @Test("An urgent byte stays the urgent byte")
  func urgent() {
    var ladder = Ladder()
    ladder.next(.edit([StreamEdit(0..<1, with: Array("1234".utf8))]))
    let left = ladder.sends(0, "abcd", flags: [.ack, .urg]) { $0.urgentPointer = 3 }
    #expect(ladder.words(left) == ["> 0 1234bcd"] && left[0].segment.urgentPointer == 6)
    ladder.next(.edit([StreamEdit(1..<3, with: [])]))
    let refused = ladder.sends(4, "efgh", flags: [.ack, .urg]) { $0.urgentPointer = 2 }
    #expect(ladder.words(refused) == ["> 7 efgh"] && refused[0].segment.urgentPointer == 2)
    #expect(ladder.connection.counts(.out).refusedEdits == 1)
  }

  @Test("Edits that do not fit their chunk are refused")
  func unfitting() {
    for edits in [
      [StreamEdit(0..<4, with: [])], [StreamEdit(1..<2, with: []), StreamEdit(0..<1, with: [])],
      [StreamEdit(0..<2, with: []), StreamEdit(1..<3, with: [])],
    ] {
      var ladder = Ladder()
      ladder.next(.edit(edits))
      #expect(ladder.words(ladder.sends(0, "abc")) == ["> 0 abc"])
      #expect(ladder.connection.counts(.out).refusedEdits == 1)
    }
  }

  @Test(
    "A connection whose start was not seen is changed beyond what was sent when both sides are known"
  )
  func midstream() {
    var connection = InlineConnection(analyzing: [.out]) { _, _ in
      .edit([StreamEdit(0..<1, with: [])])
    }
    func data(_ sequence: UInt32, _ text: String) -> StreamSegment {
      var segment = StreamSegment(sequence: SequenceNumber(sequence), flags: .ack)
      segment.acknowledgment = SequenceNumber(9000)
      segment.window = 500
      segment.payload = Array(text.utf8)
      return segment
    }
    var answer = StreamSegment(sequence: SequenceNumber(9000), flags: .ack)
    answer.acknowledgment = SequenceNumber(100)
    answer.window = 500
    #expect(connection.receive(data(100, "abc"), .out).first?.isAsReceived == true)
    #expect(connection.receive(answer, .in).first?.isAsReceived == true)
    // Of what was sent before nothing is changed, even where a copy holds more.
    let left = connection.receive(data(101, "bcdef"), .out)
    #expect(left.map { String(decoding: $0.segment.payload, as: UTF8.self) } == ["bc", "ef"])
    #expect(left.map(\.segment.sequence.rawValue) == [101, 103])
    answer.acknowledgment = SequenceNumber(105)
    let told = connection.receive(answer, .in)
    #expect(told.map(\.segment.acknowledgment.rawValue) == [106])
  }

  @Test("What is held has a bound; beyond it the sender has to repeat")
  func budget() {
    var ladder = Ladder(budget: 4000)
    var sent = 0
    for _ in 0..<100 {
      ladder.next(.hold)
      _ = ladder.sends(sent, String(repeating: "x", count: 100))
      sent += 100
    }
    #expect(ladder.connection.heldBytes(.out) <= 4400)
    #expect(ladder.connection.counts(.out).beyondBudget > 80)
  }
}
