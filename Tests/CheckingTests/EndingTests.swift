import Checking
import Support
import Testing
import Wire

@Suite("Beginnings and ends")
struct EndingTests {
  static let cases = [
    CheckCase("text beyond the FIN", [.dataAfterFIN: 1]) {
      $0.delivers("abc")
      $0.sender.finishes()
      $0.sender.sends("de", at: 3)
    },
    CheckCase("a FIN in front of text", [.dataAfterFIN: 1]) {
      $0.delivers("abc")
      $0.sender.segment(
        [.fin, .ack], sequence: $0.sender.sequence(1), acknowledgment: $0.receiver.sequence(0), [])
    },
    CheckCase("two FINs", [.finMoved: 1]) {
      $0.delivers("abc")
      $0.sender.finishes()
      $0.sender.segment(
        [.fin, .ack], sequence: $0.sender.sequence(2), acknowledgment: $0.receiver.sequence(0), [])
    },
    CheckCase("a FIN again", [.retransmission: 1, .spuriousRetransmission: 1]) {
      $0.sender.finishes()
      $0.sender.finishes()
      $0.receiver.acknowledges()
      $0.sender.finishes()
    },
    CheckCase("a FIN that the capture has behind what follows it", [:]) {
      $0.delivers("abc")
      $0.sender.finishes()
      $0.sender.acknowledges()
      $0.talk.swapsLastTwo()
      $0.receiver.acknowledges()
    },
    CheckCase("a reset where the stream ends", [:]) {
      $0.delivers("abc")
      $0.sender.resets()
    },
    CheckCase("a reset of what is not acknowledged yet", [:]) {
      $0.delivers("abc")
      $0.sender.sends("def")
      $0.sender.resets(at: 3)
    },
    CheckCase("a reset beyond the stream", [.resetBeyond: 1]) {
      $0.delivers("abc")
      $0.sender.resets(at: 4)
    },
    CheckCase("a reset that comes too late", [.resetOld: 1]) {
      $0.delivers("abc")
      $0.sender.resets(at: 1)
    },
    CheckCase("text of who has reset", [.dataAfterReset: 1]) {
      $0.sender.resets()
      $0.sender.sends("abc", at: 0)
    },
    CheckCase("another SYN inside", [.synInside: 1]) {
      $0.delivers("abc")
      $0.sender.segment(.syn, sequence: $0.sender.sequence(900), acknowledgment: 0, [])
      $0.delivers("def")
    },
    CheckCase("another SYN inside, which is confirmed", [.portReused: 1]) {
      $0.delivers("abc")
      $0.sender.segment(.syn, sequence: $0.sender.sequence(900), acknowledgment: 0, [])
      let (sender, receiver) = ($0.sender, $0.receiver)
      receiver.segment(
        [.syn, .ack], sequence: receiver.sequence(7000), acknowledgment: sender.sequence(901), [])
      sender.segment(
        .ack, sequence: sender.sequence(901), acknowledgment: receiver.sequence(7001), [1, 2])
      receiver.segment(
        .ack, sequence: receiver.sequence(7001), acknowledgment: sender.sequence(903), [])
    },
    CheckCase("the same ports once more", [.portReused: 1]) {
      $0.delivers("abc")
      $0.talk.closes()
      $0.talk.originator.segment(.syn, sequence: 123_456, acknowledgment: 0, [])
    },
    CheckCase("a SYN again, and its answer", [.retransmission: 2], opens: false) {
      $0.talk.originator.opens()
      $0.talk.originator.opens()
      $0.talk.responder.answers()
      $0.talk.responder.answers()
      $0.talk.originator.acknowledges()
      $0.delivers("abc")
    },
    CheckCase(
      "one end still has an earlier connection", [.earlierConnection: 2, .retransmission: 1],
      opens: false
    ) {
      let (client, server) = ($0.talk.originator!, $0.talk.responder!)
      client.opens()
      server.segment(.ack, sequence: 900_000, acknowledgment: client.sequence(70_000), [])
      client.segment(.rst, sequence: client.sequence(70_000), acknowledgment: 0, [])
      client.opens()
      server.answers()
      client.acknowledges()
      $0.delivers("abc")
    },
    CheckCase("a port where nobody listens", [:], opens: false) {
      $0.talk.originator.opens()
      $0.talk.responder.segment(
        [.rst, .ack], sequence: 0, acknowledgment: $0.talk.originator.sequence(0), [])
    },
  ]

  @Test("What there is to complain of", arguments: cases)
  func complaints(check: CheckCase) { check.expect() }

  @Test("A capture that has one side only has no errors, and it is counted")
  func oneSided() {
    let talk = Conversation()
    talk.opens()
    for _ in 0..<20 {
      talk.originator.sends("abc")
      talk.responder.sends("defgh")
    }
    talk.closes()
    for port in [talk.originator.port, talk.responder.port] {
      let frames = talk.frames.filter {
        $0.bytes[34] == UInt8(port >> 8) && $0.bytes[35] == UInt8(truncatingIfNeeded: port)
      }
      let judgement = judge(frames)
      #expect(judgement.names.isEmpty)
      #expect(judgement.counts.oneSided == 1 && judgement.counts.connections == 1)
    }
  }

  @Test("Wherever a capture begins and ends, a good one has no errors")
  func cuts() {
    let talk = Conversation()
    talk.scalesWindows()
    talk.originator.timestamp = 10
    talk.responder.timestamp = 70
    talk.opens()
    for _ in 0..<10 {
      talk.originator.sends("question")
      talk.responder.acknowledges()
      talk.responder.sends("a longer answer")
      talk.responder.sends("of two segments")
      talk.originator.acknowledges()
    }
    talk.closes()
    for first in talk.frames.indices {
      let judgement = judge(Array(talk.frames[first...]))
      #expect(judgement.errors.isEmpty, "from packet \(first + 1) on: \(judgement.errors)")
      #expect(judge(Array(talk.frames[..<first])).names.isEmpty)
      #expect(judgement.counts.midstream == (first < 2 ? 0 : 1))
    }
  }
}
