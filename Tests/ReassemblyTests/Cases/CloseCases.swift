import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of starts in midstream, and of FINs")
struct CloseCases {
  private static let picked = ["attached", "connected midstream"]

  @Test("midstream.first_packet_data", arguments: Way.all)
  func firstPacketData(way: Way) {
    let talk = Conversation(way.family)
    way.sender(in: talk).sends("hello")
    way.receiver(in: talk).sends("world")
    let handler = way.expect(talk, [Self.picked + ["out 0 hello", "in 0 world"] + inputEnding])
    #expect(handler.sockets[0].first.isMidstream)
  }

  @Test("midstream.first_packet_fin", arguments: Way.all)
  func firstPacketFIN(way: Way) {
    let talk = Conversation(way.family)
    way.sender(in: talk).sends("bye", [.fin])
    way.expect(
      talk,
      [Self.picked + ["out 0 bye", "cant_send_more", "out shutdown"] + inputEnding],
      [.finWithoutSession: 1])
  }

  @Test("midstream.one_sided_server_only", arguments: Conversation.Family.allCases)
  func oneSided(family: Conversation.Family) {
    let talk = Conversation(family)
    for part in ["one ", "two ", "three"] { talk.responder.sends(part) }
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [:])
    #expect(
      handler.sockets.map(\.transcript) == [Self.picked + ["out 0 one two three"] + inputEnding])
    #expect(handler.sockets[0].first.isMidstream)
  }

  @Test("midstream.restart_of_the_box", arguments: Way.all)
  func restart(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.sends("before")
    let before = talk.frames.count
    sender.sends("after")
    // Who comes back knows nothing of what was before, and says so.
    let handler = reassemble(Array(talk.frames[before...]))
    #expect(handler.sockets.map(\.transcript) == [Self.picked + ["out 0 after"] + inputEnding])
    #expect(handler.sockets[0].first.isMidstream)
  }

  @Test("fin.fin_before_data", arguments: Way.all)
  func finBeforeData(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.sends("def", at: 3, [.fin])
    sender.sends("abc", at: 0)
    let end = way.isOut ? "cant_send_more" : "cant_receive_more"
    let handler = way.expect(
      talk,
      [
        opening + ["\(way.direction) 0 abcdef", end, "\(way.direction) shutdown"] + inputEnding
      ])
    #expect(handler.sockets[0].ordinal(of: way.isOut ? .cantSendMore : .cantReceiveMore) == 5)
  }

  @Test("fin.fin_wrong_seq", arguments: Way.all)
  func finBeyondWindow(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.segment(
      [.fin, .ack], sequence: sender.sequence(100_000), acknowledgment: receiver.sequence(0), [])
    sender.sends("abc")
    way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.finOutOfWindow: 1])
  }

  @Test("fin.fin_retransmit", arguments: Way.all)
  func finTwice(way: Way) {
    let talk = way.opened()
    for _ in 0..<3 { way.sender(in: talk).finishes() }
    let end = way.isOut ? "cant_send_more" : "cant_receive_more"
    way.expect(talk, [opening + [end, "\(way.direction) shutdown"] + inputEnding])
  }

  @Test("fin.fin_retransmit, with the text before it", arguments: Way.all)
  func textAgain(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abcdef", [.fin])
    sender.sends("abcdef", at: 0, [.fin])
    receiver.acknowledges()
    sender.sends("def", at: 3)
    let end = way.isOut ? "cant_send_more" : "cant_receive_more"
    let transcript =
      opening + ["\(way.direction) 0 abcdef", end, "\(way.direction) shutdown"] + inputEnding
    way.expect(talk, [transcript])
    sender.sends("dXf", at: 3)
    let handler = way.expect(talk, [transcript], [.lateConflict: 1])
    #expect(handler.notes[0].offset == 4)
  }

  @Test("fin.fin_higher_seq_second", arguments: Way.all)
  func finMoved(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    sender.finishes()
    sender.segment(
      [.fin, .ack], sequence: sender.sequence(10), acknowledgment: receiver.sequence(0), [])
    let end = way.isOut ? "cant_send_more" : "cant_receive_more"
    way.expect(
      talk,
      [opening + ["\(way.direction) 0 abc", end, "\(way.direction) shutdown"] + inputEnding],
      [.finMoved: 1])
  }

  @Test("fin.half_close", arguments: Way.all)
  func halfClose(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.finishes()
    receiver.acknowledges()
    for _ in 0..<10 {
      talk.waits(seconds: 60)
      receiver.sends("more ")
    }
    let end = way.isOut ? "cant_send_more" : "cant_receive_more"
    let text = String(repeating: "more ", count: 10)
    way.expect(
      talk,
      [
        opening
          + [end, "\(way.direction) shutdown", "\(way.direction.reversed) 0 \(text)"] + inputEnding
      ])
  }

  @Test("fin.fin_ack_lost_last_ack", arguments: Conversation.Family.allCases)
  func lastACKLost(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.finishes()
    talk.responder.finishes()
    talk.responder.finishes()
    talk.originator.acknowledges()
    talk.responder.finishes()
    talk.originator.acknowledges()
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [:])
    #expect(handler.sockets.map(\.transcript) == [opening + closing])
  }

  @Test("fin.syn_after_fin", arguments: Conversation.Family.allCases)
  func synAfterFIN(family: Conversation.Family) {
    // The last acknowledgement was not seen: the ports are free nevertheless.
    let lives = HandshakeCases.twoLives(family) {
      $0.originator.finishes()
      $0.responder.finishes()
    }
    #expect(lives.count == 2)
    #expect(lives[0].contains("out 0 first"))
    #expect(lives[0].contains("disconnected superseded"))
    #expect(lives[1] == opening + ["out 0 second"] + inputEnding)
  }

  @Test("fin.fin_rst_after", arguments: Way.all)
  func resetAfter(way: Way) {
    let talk = way.opened()
    talk.closes()
    way.sender(in: talk).resets()
    way.expect(talk, [opening + closing])
  }
}
