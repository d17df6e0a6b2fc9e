import Checking
import Support
import Testing
import Wire

@Suite("Where text stands")
struct SequenceTests {
  static let cases = [
    CheckCase("nothing is wrong", [:]) {
      $0.delivers("hello")
      $0.receiver.sends("good morning")
      $0.sender.acknowledges()
      $0.talk.closes()
    },
    CheckCase("a segment overtaken by another one", [.outOfOrder: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("ghi", at: 6)
      $0.sender.sends("def", at: 3)
      $0.receiver.acknowledges()
    },
    CheckCase("a hole that nobody acknowledges", [.unfilledHole: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("ghi", at: 6)
      $0.receiver.acknowledges(exactly: 3)
    },
    CheckCase("a hole that is acknowledged", [.sequenceGap: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("ghi", at: 6)
      $0.receiver.acknowledges(exactly: 9)
    },
    CheckCase("a hole of which a part is acknowledged", [.sequenceGap: 1, .unfilledHole: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("ghi", at: 6)
      $0.receiver.acknowledges(exactly: 5)
    },
    CheckCase("a hole that is acknowledged bit by bit", [.sequenceGap: 1, .unfilledHole: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("xyz", at: 12)
      for end in 4...8 { $0.receiver.acknowledges(exactly: end) }
    },
    CheckCase("a hole filled behind its acknowledgement", [.captureReordered: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("ghi", at: 6)
      $0.receiver.acknowledges(exactly: 9)
      $0.sender.sends("def", at: 3)
    },
    CheckCase("a hole filled in its middle", [.outOfOrder: 1, .unfilledHole: 2]) {
      $0.sender.sends("abc")
      $0.sender.sends("xyz", at: 12)
      $0.sender.sends("ghi", at: 6)
      $0.receiver.acknowledges(exactly: 3)
    },
    CheckCase("an acknowledgement without text that is ahead of its stream", [.unfilledHole: 1]) {
      $0.delivers("abc")
      $0.sender.loses(4)
      $0.sender.acknowledges()
    },
    CheckCase("a retransmission", [.retransmission: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("abc", at: 0)
      $0.receiver.acknowledges()
    },
    CheckCase("a retransmission with more behind it", [.retransmission: 1]) {
      $0.sender.sends("abc")
      $0.sender.sends("abcdef", at: 0)
      $0.receiver.acknowledges()
    },
    CheckCase("a retransmission of what was acknowledged", [.spuriousRetransmission: 1]) {
      $0.delivers("abc")
      $0.sender.sends("abc", at: 0)
    },
    CheckCase("a copy with other bytes", [.retransmission: 1, .conflictingCopy: 1]) {
      $0.sender.sends("abcdef")
      $0.sender.sends("cXe", at: 2)
    },
    CheckCase(
      "a copy with other bytes of what was acknowledged",
      [.spuriousRetransmission: 1, .conflictingCopy: 1]
    ) {
      $0.delivers("abcdef")
      $0.sender.sends("cXe", at: 2)
    },
    CheckCase("a segment that overlaps, shifted by one", [.retransmission: 1, .conflictingCopy: 1])
    {
      $0.sender.sends("abcdef")
      $0.sender.sends("ghijkl", at: 5)
    },
    CheckCase("a keep-alive, with a byte that is any and without", [.keepAlive: 2]) {
      $0.delivers("abc")
      $0.sender.sends("?", at: 2)
      let (sender, receiver) = ($0.sender, $0.receiver)
      sender.segment(
        .ack, sequence: sender.sequence(2), acknowledgment: receiver.sequence(0), [])
    },
    CheckCase("a keep-alive before anything was sent", [.keepAlive: 1]) {
      let (sender, receiver) = ($0.sender, $0.receiver)
      sender.segment(
        .ack, sequence: sender.sequence(-1), acknowledgment: receiver.sequence(0), [0])
    },
    CheckCase("text in front of the SYN", [.sequenceBeforeStart: 1]) {
      let (sender, receiver) = ($0.sender, $0.receiver)
      sender.segment(
        .ack, sequence: sender.sequence(-5), acknowledgment: receiver.sequence(0), [1, 2, 3])
    },
    CheckCase("a segment that goes back while it acknowledges more", [.sequenceBack: 1]) {
      $0.delivers("abcdef")
      $0.receiver.sends("hey")
      let (sender, receiver) = ($0.sender, $0.receiver)
      sender.segment(
        .ack, sequence: sender.sequence(2), acknowledgment: receiver.sequence(3), [])
    },
    CheckCase("a lone segment that begins where the capture does", [:], opens: false) {
      $0.sender.sends("abc", at: 700)
      $0.receiver.acknowledges(exactly: 703)
      $0.sender.sends("def")
      $0.receiver.acknowledges(exactly: 706)
    },
    CheckCase("text in front of where the capture begins", [:], opens: false) {
      $0.sender.sends("def", at: 703)
      $0.sender.sends("abc", at: 700)
      $0.sender.sends("ghi", at: 706)
    },
  ]

  @Test("What there is to complain of", arguments: cases)
  func complaints(check: CheckCase) { check.expect() }

  @Test("A complaint says which packet, and where in the stream")
  func figures() throws {
    let stage = Stage(Setting(family: .ipv4, isReversed: false, wraps: true))
    stage.talk.opens()
    stage.sender.sends("abc")
    stage.sender.sends("ghi", at: 6)
    stage.receiver.acknowledges(exactly: 9)
    stage.sender.sends("hX", at: 7)
    let judgement = judge(stage.talk.frames)
    let conflict = try #require(judgement.first(.conflictingCopy))
    #expect(conflict.packet.ordinal == 7 && conflict.direction == .out)
    #expect(conflict["offset"] == 8 && conflict["length"] == 1)
    let gap = try #require(judgement.first(.sequenceGap))
    #expect(gap.packet.ordinal == 5 && gap["offset"] == 3 && gap["length"] == 3)
    #expect(gap.socket?.originator.port == stage.talk.originator.port)
    #expect(gap.description == "sequence_gap of packet 5 (out), offset=3 length=3")
  }

  @Test("Four times around the numbers nothing is lost")
  func farWrap() {
    let talk = Conversation(initialSequences: (0xFFFF_FF00, 77))
    talk.scalesWindows(by: 14)
    talk.opens()
    talk.originator.sends("abc")
    talk.responder.acknowledges()
    // Jumps over what the capture does not have.
    for _ in 0..<36 {
      talk.originator.loses(1 << 29)
      talk.originator.sends("abc")
      talk.responder.acknowledges(exactly: talk.originator.sent)
    }
    talk.originator.sends("abd", at: talk.originator.sent - 3)
    let names = judge(talk.frames).names
    #expect(names[.sequenceGap] == 36)
    #expect(names[.conflictingCopy] == 1)
    #expect(names[.ackUnseen] == nil)
  }
}
