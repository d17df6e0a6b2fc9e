import Checking
import Support
import Testing

@Suite("Timestamps")
struct TimestampTests {
  /// Both ends have a clock.
  private static func opens(_ stage: Stage) {
    stage.sender.timestamp = 0xFFFF_FFF0
    stage.receiver.timestamp = 500
    stage.talk.opens()
  }

  static let cases = [
    CheckCase("clocks that go on, and wrap", [:], opens: false) {
      opens($0)
      for step: UInt32 in 1...40 {
        $0.sender.timestamp = 0xFFFF_FFF0 &+ step
        $0.sender.sends("abc")
        $0.receiver.timestamp = 500 + step / 2
        $0.receiver.acknowledges()
      }
    },
    CheckCase("new text with an old timestamp", [.paws: 1], opens: false) {
      opens($0)
      $0.sender.timestamp = 5
      $0.delivers("abc")
      $0.sender.sends("def")
      $0.receiver.acknowledges()
      $0.sender.timestamp = 0xFFFF_FFF5
      $0.delivers("ghi")
    },
    CheckCase("an old copy with its timestamp", [.staleTimestamp: 1], opens: false) {
      opens($0)
      $0.sender.timestamp = 5
      $0.delivers("abc")
      $0.sender.timestamp = 9
      $0.delivers("def")
      $0.sender.timestamp = 5
      $0.sender.sends("abc", at: 0)
    }.besides([.spuriousRetransmission: 1]),
    CheckCase("an echo of what was never sent", [.echoUnseen: 1], opens: false) {
      opens($0)
      let echo = $0.sender.timestamp
      $0.sender.timestamp = 77
      $0.receiver.acknowledges()
      $0.sender.timestamp = echo
      $0.delivers("abc")
    },
    CheckCase(
      "an echo of a segment that the capture has late", [.captureReordered: 2], opens: false
    ) {
      opens($0)
      $0.sender.timestamp = 7
      $0.sender.sends("abc")
      $0.receiver.acknowledges()
      $0.talk.swapsLastTwo()
    },
    CheckCase("a segment without a timestamp", [.timestampMissing: 1], opens: false) {
      opens($0)
      $0.sender.timestamp = nil
      $0.sender.sends("abc")
    },
    CheckCase("an echo older than the SYN", [.echoUnseen: 1], opens: false) {
      opens($0)
      $0.sender.timestamp = 0xFFFF_FF00
      $0.receiver.acknowledges()
    },
  ]

  @Test("What there is to complain of", arguments: cases)
  func complaints(check: CheckCase) { check.expect() }
}
