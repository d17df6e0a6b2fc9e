import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of handshakes")
struct HandshakeCases {
  @Test("handshake.syn_in_established_inside_window", arguments: Way.all)
  func synInEstablished(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.sends("abc")
    sender.segment([.syn], sequence: sender.sequence(100), acknowledgment: 0, [])
    sender.sends("def")
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding], [.synInEstablished: 1])
  }

  @Test("handshake.syn_retransmit_new_isn_before_synack", arguments: Way.all)
  func otherSYN(way: Way) {
    let talk = Conversation(way.family)
    // Either of them may be the one that arrives.
    if way.isOut { talk.originator.opens() }
    talk.originator.segment([.syn], sequence: 70_000, acknowledgment: 0, [])
    if !way.isOut { talk.originator.opens() }
    talk.responder.answers()
    talk.originator.acknowledges()
    talk.originator.sends("hello")
    talk.responder.sends("world")
    way.expect(
      talk, [opening + ["out 0 hello", "in 0 world"] + inputEnding], [.multipleSYN: 1])
  }

  @Test("handshake.synack_different_seq_resend", arguments: Way.all)
  func otherSYNACK(way: Way) {
    let talk = Conversation(way.family)
    talk.originator.opens()
    if way.isOut { talk.responder.answers() }
    talk.responder.segment(
      [.syn, .ack], sequence: 70_000, acknowledgment: talk.originator.sequence(0), [])
    if !way.isOut { talk.responder.answers() }
    talk.originator.acknowledges()
    talk.originator.sends("hello")
    talk.responder.sends("world")
    way.expect(
      talk, [opening + ["out 0 hello", "in 0 world"] + inputEnding], [.multipleSYNACK: 1])
  }

  @Test("handshake.synack_from_client_direction", arguments: Conversation.Family.allCases)
  func reversal(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.segment([.syn, .ack], sequence: 70_000, acknowledgment: 5, [])
    talk.opens()
    talk.originator.sends("hello")
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.weirds == [.roleAmbiguous: 1])
    #expect(handler.sockets.last?.transcript == opening + ["out 0 hello"] + inputEnding)
    #expect(handler.sockets.last?.first.originator.address == talk.originator.address)
    // Behind its own SYN it is no answer either.
    let late = Conversation(family)
    late.originator.opens()
    late.originator.segment([.syn, .ack], sequence: 70_000, acknowledgment: 5, [])
    late.responder.answers()
    late.originator.acknowledges()
    late.originator.sends("hello")
    let other = reassemble(late.frames)
    #expect(other.weirds == [.roleAmbiguous: 1])
    #expect(other.sockets.map(\.transcript) == [opening + ["out 0 hello"] + inputEnding])
  }

  @Test("handshake.data_on_third_ack", arguments: Conversation.Family.allCases)
  func thirdACK(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.opens()
    talk.responder.answers()
    talk.originator.sends("hello")
    #expect(lives(talk) == [opening + ["out 0 hello"] + inputEnding])
  }

  @Test("handshake.syn_with_data_no_tfo", arguments: Conversation.Family.allCases)
  func synData(family: Conversation.Family) {
    let talk = Conversation(family)
    let (originator, responder) = (talk.originator!, talk.responder!)
    originator.segment([.syn], sequence: 1000, acknowledgment: 0, Array("ghost".utf8))
    responder.answers()
    originator.acknowledges()
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + inputEnding])
    #expect(handler.weirds == [.synData: 1])
    // What is sent again counts, once.
    originator.sends("hello")
    #expect(lives(talk) == [opening + ["out 0 hello"] + inputEnding])
  }

  @Test("handshake.tfo_accepted", arguments: Conversation.Family.allCases)
  func fastOpen(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.offersFastOpen()
    talk.originator.opens(data: "early")
    talk.originator.change = nil
    talk.responder.answers()
    talk.originator.acknowledges()
    talk.originator.sends(" and late")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 early and late"] + inputEnding])
    #expect(handler.weirds == [:])
  }

  @Test("handshake.tfo_partial_accept", arguments: Conversation.Family.allCases)
  func fastOpenInPart(family: Conversation.Family) {
    let talk = Conversation(family)
    let (originator, responder) = (talk.originator!, talk.responder!)
    originator.offersFastOpen()
    originator.segment([.syn], sequence: 1000, acknowledgment: 0, Array("early".utf8))
    originator.change = nil
    responder.segment(
      [.syn, .ack], sequence: 5000, acknowledgment: originator.sequence(2), [])
    originator.sends("rly and late", at: 2)
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 early and late"] + inputEnding])
    #expect(handler.weirds == [:])
  }

  @Test("handshake.split_handshake", arguments: Conversation.Family.allCases)
  func split(family: Conversation.Family) {
    for hasACK in [false, true] {
      let talk = Conversation(family)
      let (originator, responder) = (talk.originator!, talk.responder!)
      originator.opens()
      if hasACK { responder.segment([.ack], sequence: 5000, acknowledgment: 1001, []) }
      responder.segment([.syn], sequence: 5000, acknowledgment: 0, [])
      originator.segment([.syn, .ack], sequence: 1000, acknowledgment: 5001, [])
      responder.acknowledges()
      originator.sends("hello")
      responder.sends("world")
      let handler = reassemble(talk.frames)
      #expect(
        handler.sockets.map(\.transcript)
          == [opening + ["out 0 hello", "in 0 world"] + inputEnding])
      #expect(handler.weirds == [:])
      #expect(handler.sockets[0].first.originator.address == originator.address)
    }
  }

  @Test("handshake.tuple_reuse_time_wait", arguments: Conversation.Family.allCases)
  func reuse(family: Conversation.Family) {
    #expect(
      Self.twoLives(family, endsFirst: { $0.closes() })
        == [opening + ["out 0 first"] + closing, opening + ["out 0 second"] + inputEnding])
  }

  static func twoLives(
    _ family: Conversation.Family, endsFirst: (Conversation) -> Void
  ) -> [[String]] {
    let first = Conversation(family)
    first.opens()
    first.originator.sends("first")
    endsFirst(first)
    let second = Conversation(
      family, initialSequences: (100_000, 200_000), start: 1_700_000_002)
    second.opens()
    second.originator.sends("second")
    // A straggler of the first life is no part of the second.
    first.waits(seconds: 10)
    first.originator.sends("first", at: 0)
    return lives(merged(first, second))
  }

  @Test("handshake.syn_fin", arguments: Conversation.Family.allCases)
  func synFIN(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.segment([.syn, .fin], sequence: 1000, acknowledgment: 0, [])
    talk.opens()
    talk.originator.sends("hello")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 hello"] + inputEnding])
    #expect(handler.weirds == [.badFlags: 1])
  }

  @Test("handshake.null_flags", arguments: Way.all)
  func nullFlags(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.segment([], sequence: sender.sequence(0), acknowledgment: 0, Array("evil".utf8))
    sender.segment([.psh], sequence: sender.sequence(0), acknowledgment: 0, Array("evil".utf8))
    sender.segment([.fin], sequence: sender.sequence(0), acknowledgment: 0, [])
    sender.sends("good")
    way.expect(
      talk, [opening + ["\(way.direction) 0 good"] + inputEnding],
      [.dataWithoutACK: 2, .badFlags: 1])
  }

  @Test(
    "Text that acknowledges what was not seen is judged after an oddity, too", arguments: Way.all)
  func badACKAfterOddity(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.segment([.psh], sequence: sender.sequence(0), acknowledgment: 0, Array("odd".utf8))
    // A hole keeps it off the fast path.
    sender.loses(4)
    sender.sends("later")
    // A pure acknowledgement is believed: the capture may lack what it speaks of.
    sender.acknowledges(exactly: 100)
    sender.segment(
      [.ack, .psh], sequence: sender.sequence(0), acknowledgment: receiver.sequence(200),
      Array("evil".utf8))
    receiver.acknowledges()
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.weirds[.badACK] == 1)
    #expect(handler.sockets.map { $0.text(way.direction) } == ["later"])
  }

  @Test("handshake.ack_beyond_snd_nxt", arguments: Way.all, [100, 60_000, 100_000, 0x4000_0000])
  func badACK(way: Way, excess: Int) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.segment(
      [.ack, .psh], sequence: sender.sequence(0), acknowledgment: receiver.sequence(excess),
      Array("evil".utf8))
    // The receiver says once more what it has.
    receiver.acknowledges()
    way.expect(talk, [opening + inputEnding], [.badACK: 1])
    sender.sends("good")
    receiver.acknowledges()
    way.expect(talk, [opening + ["\(way.direction) 0 good"] + inputEnding], [.badACK: 1])
  }

  @Test("handshake.syn_cookie_late_options", arguments: Conversation.Family.allCases)
  func lateOptions(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.windowScale = 8
    talk.opens()
    // Not scaled, as the answer did not offer it.
    talk.originator.window = 100
    talk.originator.acknowledges()
    talk.responder.sends([UInt8](repeating: 65, count: 200))
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [.outOfWindow: 1, .windowShrunk: 1])
    #expect(handler.sockets[0].last?.out.windowScale == 8)
    #expect(handler.sockets[0].last?.in.windowScale == nil)
  }
}
