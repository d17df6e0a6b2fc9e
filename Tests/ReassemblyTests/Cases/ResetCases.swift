import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of resets")
struct ResetCases {
  @Test("rst.rst_exact", arguments: Way.all)
  func exact(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).resets()
    way.expect(talk, [opening + ["\(way.direction) 0 abc"] + resetEnding])
  }

  @Test("rst.rst_left_of_window", arguments: Way.all)
  func leftOfWindow(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).resets(at: 1)
    way.receiver(in: talk).acknowledges()
    way.sender(in: talk).resets(at: 1)
    way.sender(in: talk).sends("def")
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding], [.resetOutOfWindow: 2])
  }

  @Test("rst.rst_zero_window_exact", arguments: Way.all)
  func zeroWindow(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.receiver(in: talk).window = 0
    way.receiver(in: talk).acknowledges()
    way.sender(in: talk).resets()
    way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + resetEnding], [.windowShrunk: 1])
  }

  @Test("rst.rst_in_syn_sent_bad_ack", arguments: Conversation.Family.allCases)
  func synSentBadACK(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.opens()
    talk.responder.segment(
      [.rst, .ack], sequence: 0, acknowledgment: talk.originator.sequence(700), [])
    talk.responder.segment([.rst], sequence: 0, acknowledgment: 0, [])
    talk.responder.answers()
    talk.originator.acknowledges()
    talk.originator.sends("hello")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 hello"] + inputEnding])
    #expect(handler.weirds == [.resetIgnored: 2])
    // And one that acknowledges the SYN refuses the connection.
    let refused = Conversation(family)
    refused.originator.opens()
    refused.responder.segment(
      [.rst, .ack], sequence: 0, acknowledgment: refused.originator.sequence(0), [])
    #expect(lives(refused) == [["attached", "connecting"] + resetEnding])
  }

  @Test("rst.rst_md5_option", arguments: Way.all)
  func md5Option(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.sends("abc")
    sender.signs()
    sender.resets()
    way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + resetEnding], [.resetUnverifiable: 1])
    // Its sender goes on: it is taken back.
    sender.change = nil
    sender.sends("def")
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding],
      [.resetUnverifiable: 1, .resetInjectionSuspected: 1])
  }

  @Test("rst.rst_then_data", arguments: Way.all)
  func thenData(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).resets()
    way.sender(in: talk).sends("def")
    talk.closes()
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abcdef"] + closing], [.resetInjectionSuspected: 1])
    #expect(handler.notes.first { $0.name == .resetInjectionSuspected }?.offset == 3)
  }

  @Test("rst.rst_then_data, of who was reset", arguments: Way.all)
  func thenDataOfReceiver(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.resets()
    receiver.sends("was on its way")
    // Nobody acknowledges it: it came too late.
    way.expect(talk, [opening + resetEnding], [.dataAfterEnd: 1])
    sender.acknowledges()
    way.expect(
      talk, [opening + ["\(way.direction.reversed) 0 was on its way"] + inputEnding],
      [.dataAfterEnd: 1, .resetInjectionSuspected: 1])
  }

  @Test("rst.rst_no_session", arguments: Way.all)
  func noSession(way: Way) {
    let talk = Conversation(way.family)
    way.sender(in: talk).resets()
    way.expect(talk, [["attached", "connected midstream"] + resetEnding], [.strayReset: 1])
  }

  @Test("rst.rst_storm", arguments: Way.all)
  func storm(way: Way) {
    let talk = way.opened()
    talk.pace = 100_000
    talk.waits(seconds: 1)
    for _ in 0..<2500 { way.sender(in: talk).resets(at: -10) }
    way.expect(
      talk, [opening + inputEnding], [.resetOutOfWindow: 2500, .resetStorm: 1])
  }
}
