import Checking
import Support
import Testing
import Wire

@Suite("What is acknowledged")
struct AcknowledgmentTests {
  static let cases = [
    CheckCase("bytes that were never sent", [.ackUnseen: 1]) {
      $0.sender.sends("abc")
      $0.receiver.acknowledges(exactly: 10)
    },
    CheckCase("a FIN that was never sent", [.ackUnseen: 1]) {
      $0.sender.sends("abc")
      $0.receiver.acknowledges(exactly: 4)
    },
    CheckCase("a segment that the capture has late", [.captureReordered: 1]) {
      $0.sender.sends("abc")
      $0.receiver.acknowledges()
      $0.talk.swapsLastTwo()
    },
    CheckCase("what no segment ends with, before it is sent", [.ackUnseen: 1]) {
      $0.receiver.acknowledges(exactly: 5)
      $0.sender.sends("abcdefgh", at: 0)
    },
    CheckCase("long before it is sent", [.ackUnseen: 1]) {
      $0.receiver.acknowledges(exactly: 3)
      $0.talk.waits(seconds: 1)
      $0.sender.sends("abc", at: 0)
    },
    CheckCase("bytes in front of the stream", [.ackBeforeStart: 1]) {
      $0.delivers("abc")
      $0.receiver.segment(
        .ack, sequence: $0.receiver.sequence(0), acknowledgment: $0.sender.sequence(-2), [])
    },
    CheckCase("less than before", [.ackBack: 1]) {
      $0.delivers("abc")
      $0.delivers("def")
      $0.receiver.acknowledges(exactly: 3)
    },
    CheckCase("the same again while more is on its way", [.duplicateAck: 2, .outOfOrder: 1]) {
      $0.delivers("abc")
      $0.sender.sends("ghi", at: 6)
      $0.receiver.acknowledges(exactly: 3)
      $0.sender.sends("jkl", at: 9)
      $0.receiver.acknowledges(exactly: 3)
      $0.sender.sends("def", at: 3)
      $0.receiver.acknowledges(exactly: 12)
    },
  ]

  static let blocks = [
    CheckCase(
      "SACK and D-SACK as they should be", [.duplicateAck: 2, .outOfOrder: 1], opens: false
    ) {
      $0.permitsSACK()
      $0.talk.opens()
      $0.delivers("abc")
      $0.sender.sends("ghi", at: 6)
      $0.sacks(3, [6..<9])
      $0.sacks(3, [7..<8, 6..<9])
      $0.sender.sends("def", at: 3)
      $0.sacks(9, [0..<3])
    },
    CheckCase("a block in a hole: the capture lacks it", [.sequenceGap: 1], opens: false) {
      $0.permitsSACK()
      $0.talk.opens()
      $0.delivers("abc")
      $0.sender.sends("mno", at: 12)
      $0.receiver.window = 60_000
      $0.sacks(3, [6..<9, 12..<15])
      $0.sender.sends("def", at: 3)
      $0.sender.sends("jkl", at: 9)
    }.besides([.outOfOrder: 2, .windowShrunk: 1]),
    CheckCase("a block of what was never sent", [.sackUnseen: 1], opens: false) {
      $0.permitsSACK()
      $0.talk.opens()
      $0.delivers("abc")
      $0.sacks(3, [6..<9])
    },
    CheckCase("a block that ends before it begins", [.sackMalformed: 1], opens: false) {
      $0.permitsSACK()
      $0.talk.opens()
      $0.delivers("abcdef")
      let (sender, receiver) = ($0.sender, $0.receiver)
      receiver.change = { header in
        header.options.appendSACK(
          [
            SACKBlock(
              left: SequenceNumber(sender.sequence(5)), right: SequenceNumber(sender.sequence(2)))
          ].span)
        header.options.appendNoOperation()
        header.options.appendNoOperation()
      }
      receiver.acknowledges()
    },
    CheckCase("an option whose length fits no blocks", [.sackMalformed: 1], opens: false) {
      $0.permitsSACK()
      $0.talk.opens()
      $0.delivers("abc")
      $0.receiver.change = { $0.options.append(kind: 5, value: [UInt8](0..<6).span.bytes) }
      $0.receiver.acknowledges()
    },
    CheckCase(
      "a block below the acknowledgement that is no D-SACK", [.sackBelowAck: 1], opens: false
    ) {
      $0.permitsSACK()
      $0.talk.opens()
      $0.delivers("abcdef")
      $0.sender.sends("jkl", at: 9)
      $0.sacks(6, [9..<12, 2..<5])
    }.besides([.duplicateAck: 1, .unfilledHole: 1]),
    CheckCase("a block across the acknowledgement", [.sackBelowAck: 1], opens: false) {
      $0.permitsSACK()
      $0.talk.opens()
      $0.sender.sends("abcdef")
      $0.sacks(3, [1..<6])
    },
    CheckCase("SACK that was not agreed on", [.sackNotNegotiated: 1]) {
      $0.delivers("abc")
      $0.sender.sends("ghi", at: 6)
      $0.sacks(3, [6..<9])
    }.besides([.duplicateAck: 1, .unfilledHole: 1]),
  ]

  @Test("Acknowledgements", arguments: cases)
  func acknowledgements(check: CheckCase) { check.expect() }

  @Test("SACK", arguments: blocks)
  func sack(check: CheckCase) { check.expect() }

  @Test("In a capture that is in order nothing is acknowledged before it is sent")
  func ordered() {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("abc")
    talk.responder.acknowledges()
    talk.swapsLastTwo()
    var options = CheckOptions.everything
    options.isInOrder = true
    let judgement = judge(talk.frames, options)
    #expect(judgement.names == [.ackUnseen: 1])
    #expect(judgement.complaints[0]["acknowledgment"] == 3)
    #expect(judgement.complaints[0]["seen"] == 0)
  }
}

extension CheckCase {
  /// The same with more to complain of, which is not what it is about.
  func besides(_ more: [Complaint.Name: UInt64]) -> Self {
    var copy = self
    copy.complaints.merge(more, uniquingKeysWith: +)
    return copy
  }
}
