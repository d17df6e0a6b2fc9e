import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("How segments become a stream")
struct AssemblyTests {
  private func opened(
    _ sequences: (UInt32, UInt32) = (1000, 5000), _ family: Conversation.Family = .ipv4
  ) -> Conversation {
    let talk = Conversation(family, initialSequences: sequences)
    talk.opens()
    return talk
  }

  private func stream(_ talk: Conversation) -> [String] {
    Array(lives(talk)[0].dropFirst(3).prefix { !$0.hasPrefix("disconnected") })
  }

  @Test("A chunk is what one segment brought, at its 64-bit offset")
  func chunks() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.sends("def")
    let notes = reassemble(talk.frames).sockets[0].notes
    #expect(notes.contains(.data(.out, offset: 0, bytes: Array("abc".utf8), ordinal: 4)))
    #expect(notes.contains(.data(.out, offset: 3, bytes: Array("def".utf8), ordinal: 5)))
  }

  @Test(
    "Any order of four segments gives the same stream",
    arguments: [
      [0, 1, 2, 3], [1, 0, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2], [3, 0, 1, 2],
      [1, 2, 3, 0],
    ])
  func reordered(order: [Int]) {
    let talk = opened()
    let parts = ["abc", "defg", "h", "ij"]
    let starts = [0, 3, 7, 8]
    for part in order { talk.originator.sends(parts[part], at: starts[part]) }
    #expect(stream(talk) == ["out 0 abcdefghij"])
  }

  @Test("Retransmissions bring nothing new, and are counted")
  func retransmitted() throws {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.sends("abc", at: 0)
    talk.originator.sends("bc", at: 1)
    talk.originator.sends("bcde", at: 1)
    let socket = try #require(reassemble(talk.frames).sockets.first)
    #expect(socket.text(.out) == "abcde")
    #expect(socket.last?.out.retransmissions == 2)
    #expect(socket.last?.out.streamBytes == 5)
  }

  /// What was sent at which offsets, and the stream.
  private static let overlaps: [String: String] = [
    "0abc 1XYZW": "abcZW",
    "3def 0ABCDEF": "ABCdef",
    "3def 0ABCDEFGHI": "ABCdefGHI",
    "3def 2CDEFG 0ab": "abCdefG",
    "2c 4e 6g 0ABCDEFGH": "ABcDeFgH",
    "4e 2CDEFG 1bXXXXXXi 0a": "abCDeFGXi",
    "3def 3DEF 4E 0abc": "abcdef",
    "5fg 3de 3DEFG 0abcXX": "abcdefg",
  ]

  @Test("Of bytes that overlap, those that came first stay", arguments: overlaps)
  func firstWins(pieces: String, expected: String) {
    let talk = opened()
    for piece in pieces.split(separator: " ") {
      talk.originator.sends(String(piece.dropFirst()), at: Int(String(piece.prefix(1)))!)
    }
    #expect(stream(talk) == ["out 0 " + expected])
  }

  @Test("The byte of a keep-alive is no data")
  func keepAlive() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.sends("x", at: 2)
    talk.responder.acknowledges()
    talk.originator.sends("", at: 2)
    talk.originator.sends("def")
    #expect(stream(talk) == ["out 0 abcdef"])
  }

  @Test("A byte far beyond the window is no data, and does not stop what is in order")
  func farAhead() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.segment(
      [.ack], sequence: talk.originator.sequence(0x7000_0000),
      acknowledgment: talk.responder.sequence(0), [33])
    talk.originator.sends("def", at: 3)
    #expect(stream(talk) == ["out 0 abcdef"])
    #expect(reassemble(talk.frames).weirds == [.outOfWindow: 1])
  }

  @Test(
    "The sequence numbers may wrap at any place", arguments: 0...14, Conversation.Family.allCases)
  func wrap(distance: UInt32, family: Conversation.Family) {
    let talk = opened((0 &- distance, 0 &- distance / 2), family)
    talk.originator.sends("def", at: 3)
    talk.originator.sends("abc", at: 0)
    talk.responder.sends("world")
    talk.originator.sends("efghi", at: 4)
    talk.originator.sends("k", at: 10)
    talk.originator.sends("j", at: 9)
    talk.closes()
    #expect(stream(talk) == ["out 0 abcdef", "in 0 world", "out 6 ghijk"] + closing.prefix(5))
  }

  @Test("Offsets go on beyond 2³²")
  func wideOffsets() throws {
    let talk = opened()
    let step = 0x6000_0000
    for index in 0..<12 {
      // Each lies far beyond the last one, and the receiver has all of it.
      talk.originator.sends("x", at: index * step)
      talk.responder.acknowledges(talk.originator.sent)
      for _ in 0..<9 { talk.responder.acknowledges() }
    }
    talk.originator.sends("end")
    let socket = try #require(reassemble(talk.frames).sockets.first)
    #expect(socket.text(.out) == String(repeating: "x", count: 12) + "end")
    let end = UInt64(11 * step + 1)
    #expect(
      socket.notes.contains { note in
        if case .data(.out, end, _, _) = note { return true }
        return false
      })
    #expect(socket.last?.out.streamBytes == 15)
    #expect(socket.last?.out.gapBytes == end - 12)
  }

  @Test(
    "A stretch that a snap length cut off is a gap", arguments: [1, 2, 5])
  func cut(count: Int) {
    let talk = opened()
    talk.originator.sends("abcdef")
    talk.cutLast(by: count)
    talk.originator.sends("ghi")
    let kept = "abcdef".prefix(6 - count)
    #expect(
      stream(talk) == ["out 0 \(kept)", "out gap \(6 - count)+\(count)", "out 6 ghi"])
    // At once, not at the end.
    let gap = SocketEvent.gap(.out, offset: UInt64(6 - count), length: UInt64(count))
    #expect(reassemble(talk.frames).sockets[0].ordinal(of: gap) == 4)
  }

  @Test("What was cut off of a segment that came early can come again")
  func cutAhead() {
    let talk = opened()
    talk.originator.sends("defghi", at: 3)
    talk.cutLast(by: 3)
    talk.originator.sends("abc", at: 0)
    talk.originator.sends("ghi", at: 6)
    #expect(stream(talk) == ["out 0 abcdefghi"])
  }

  @Test(
    "A cut segment may begin before the stream does", arguments: 1...6, [0, 2, 20])
  func cutBeforeStart(kept: Int, sent: Int) {
    let talk = opened()
    if sent > 0 { talk.originator.sends([UInt8](repeating: 97, count: sent)) }
    talk.originator.sends([UInt8](repeating: 98, count: sent + 8), at: -4)
    talk.cutLast(by: sent + 8 - kept)
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    let text = handler.sockets[0].text(.out)
    let new = max(kept - 4 - sent, 0)
    #expect(text == String(repeating: "a", count: sent) + String(repeating: "b", count: new))
    let gaps = 4 - new
    #expect(handler.sockets[0].gaps(.out) == [[UInt64(sent + new), UInt64(gaps)]])
  }

  @Test("Padding behind the IP length is no data")
  func padding() {
    let talk = opened()
    talk.originator.sends("ab")
    talk.changeLast {
      $0.bytes += [1, 2, 3, 4]
      $0.originalLength += 4
    }
    talk.originator.sends("cd")
    #expect(stream(talk) == ["out 0 abcd"])
  }

  @Test("An IP length beyond a frame that is whole is a lie: nothing is missing")
  func lengthBeyondFrame() {
    let talk = opened()
    talk.originator.sends("abcdef")
    talk.changeLast {
      $0.cut(to: $0.bytes.count - 2)
      $0.originalLength -= 2
    }
    var configuration = ReassemblyConfiguration()
    configuration.checksums = .none
    #expect(lives(talk, configuration)[0].contains("out 0 abcd"))
    #expect(!lives(talk, configuration)[0].contains { $0.contains("gap") })
  }

  @Test("Who wants one direction is not shown the other")
  func oneDirection() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.responder.sends("def")
    let handler = RecordingHandler([.dataIn, .events])
    #expect(lives(talk.frames, to: handler)[0].filter { $0.hasPrefix("out") } == [])
    #expect(handler.sockets[0].text(.in) == "def")
  }

  @Test("Without interest in data, holes are as good as filled, and the end is seen")
  func noInterest() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.loses(3)
    talk.originator.sends("ghi")
    talk.responder.acknowledges(9)
    talk.closes()
    #expect(lives(talk.frames, to: RecordingHandler([.events])) == [opening + closing])
  }

  @Test("Without interest in data it is known how much was lost")
  func noInterestLoss() throws {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.loses(3)
    talk.originator.sends("ghi")
    talk.responder.acknowledges(9)
    // Overtaken, and come late.
    talk.originator.sends("mno", at: 12)
    talk.originator.sends("jkl", at: 9)
    talk.responder.acknowledges(15)
    talk.originator.sends("abc", at: 0)
    talk.closes()
    let handler = reassemble(talk.frames, to: RecordingHandler([.events]))
    let stream = try #require(handler.sockets.first?.last?.out)
    #expect((stream.streamBytes, stream.gaps, stream.gapBytes) == (12, 2, 3))
  }

  @Test("Interest that ends with a hole open lets the queue go, and the stream goes on")
  func interestEnds() throws {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.sends("ghi", at: 6)
    talk.originator.sends("mno", at: 12)
    talk.responder.sends("stop")
    talk.originator.sends("pqr", at: 15)
    talk.originator.sends("stu", at: 18)
    talk.responder.received = 21
    talk.closes()
    let handler = RecordingHandler(changeInterest: { direction, _ in
      direction == .in ? [.events] : nil
    })
    let transcript = lives(talk.frames, to: handler)[0]
    #expect(transcript == opening + ["out 0 abc", "in 0 stop"] + closing)
    #expect(handler.sockets[0].last?.out.streamBytes == 15)
    #expect(handler.sockets[0].last?.out.gapBytes == 6)
  }

  @Test("Interest that ends while the queue is coming out ends it there")
  func interestEndsInQueue() {
    let talk = opened()
    talk.originator.sends("def", at: 3)
    talk.originator.sends("ghi", at: 6)
    talk.originator.sends("abc", at: 0)
    talk.originator.sends("jkl")
    talk.closes()
    let handler = RecordingHandler(changeInterest: { _, bytes in
      bytes == Array("def".utf8) ? [.events] : nil
    })
    #expect(lives(talk.frames, to: handler) == [opening + ["out 0 abcdef"] + closing])
    #expect(handler.sockets[0].last?.out.streamBytes == 12)
  }

  @Test("Without interest, a segment from nowhere does not carry the stream away")
  func noInterestFarAhead() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.segment(
      [.ack], sequence: talk.originator.sequence(0x7000_0000),
      acknowledgment: talk.responder.sequence(0), [33])
    talk.originator.sends("def", at: 3)
    talk.responder.received = 6
    talk.closes()
    #expect(lives(talk.frames, to: RecordingHandler([.events])) == [opening + closing])
  }
}
