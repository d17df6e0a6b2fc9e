import Checking
import Support
import Testing
import Wire

@Suite("Windows and sizes")
struct WindowTests {
  static let cases = [
    CheckCase("the right edge moves back", [.windowShrunk: 1]) {
      $0.delivers("abc")
      $0.receiver.window = 1000
      $0.delivers("def")
    },
    CheckCase("what a SYN announced may be taken back", [:], opens: false) {
      $0.talk.opens()
      $0.talk.responder.window = 1000
      $0.talk.originator.sends("abc")
      $0.talk.responder.acknowledges()
    },
    CheckCase("the window closes as it is used up", [.zeroWindow: 1], opens: false) {
      $0.receiver.window = 6
      $0.talk.opens()
      $0.receiver.window = 3
      $0.delivers("abc")
      $0.receiver.window = 0
      $0.delivers("def")
    },
    CheckCase("scaled, it may move back by less than a unit", [:], opens: false) {
      $0.talk.scalesWindows(by: 8)
      $0.receiver.window = 100
      $0.talk.opens()
      $0.delivers("abc")
      // 100 units from 3 on, 99 from 200 on: back by 59.
      $0.receiver.window = 99
      $0.delivers(String(repeating: "x", count: 197))
    },
    CheckCase("scaled, it moves back by a unit", [.windowShrunk: 1], opens: false) {
      $0.talk.scalesWindows(by: 8)
      $0.receiver.window = 100
      $0.talk.opens()
      $0.delivers("abc")
      $0.receiver.window = 99
      $0.receiver.acknowledges()
    },
    CheckCase("text beyond the edge", [.beyondWindow: 1], opens: false) {
      $0.receiver.window = 5
      $0.talk.opens()
      $0.delivers("abcdefg")
    },
    CheckCase("text that fits exactly", [:], opens: false) {
      $0.receiver.window = 5
      $0.talk.opens()
      $0.delivers("abcde")
    },
    CheckCase(
      "text beyond the edge, which the capture has moved late", [.captureReordered: 1],
      opens: false
    ) {
      $0.receiver.window = 5
      $0.talk.opens()
      $0.sender.sends("abcdefg")
      $0.receiver.window = 50
      $0.receiver.acknowledges(exactly: 0)
    },
    CheckCase(
      "a byte that asks whether the window has opened",
      [.windowProbe: 1, .zeroWindow: 2, .duplicateAck: 1], opens: false
    ) {
      $0.receiver.window = 3
      $0.talk.opens()
      $0.receiver.window = 0
      $0.delivers("abc")
      $0.sender.sends("d", at: 3)
      $0.receiver.acknowledges(exactly: 3)
    },
    CheckCase("longer than the MSS", [.mssExceeded: 1], opens: false) {
      // The option of the builder comes first; the last one counts.
      $0.bothChange {
        if $0.flags.contains(.syn) { $0.options.appendMaximumSegmentSize(100) }
      }
      $0.talk.opens()
      $0.delivers(String(repeating: "x", count: 100))
      $0.delivers(String(repeating: "x", count: 101))
    },
    CheckCase("longer than an Ethernet carries", [.aggregate: 1]) {
      $0.delivers(String(repeating: "x", count: 3000))
    },
  ]

  @Test("What there is to complain of", arguments: cases)
  func complaints(check: CheckCase) { check.expect() }

  @Test("Midstream nobody knows how windows are scaled")
  func midstream() {
    let talk = Conversation()
    talk.originator.sends("abc")
    talk.responder.acknowledges()
    talk.responder.window = 1
    talk.responder.acknowledges()
    talk.originator.sends("defgh")
    #expect(judge(talk.frames).errors.isEmpty)
  }
}
