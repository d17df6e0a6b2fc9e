import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("How connections open")
struct OpeningTests {
  @Test("A handshake, data, and a close", arguments: Conversation.Family.allCases)
  func wholeLife(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.sends("hello")
    talk.responder.sends("world")
    talk.closes()
    #expect(lives(talk) == [opening + ["out 0 hello", "in 0 world"] + closing])
  }

  @Test("A SYN that is sent again is the same connection")
  func synRetransmitted() {
    let talk = Conversation()
    talk.originator.opens()
    talk.originator.opens()
    talk.responder.answers()
    talk.responder.answers()
    talk.originator.acknowledges()
    talk.closes()
    #expect(lives(talk) == [opening + closing])
  }

  @Test("Data on the SYN is data; the connection counts as open with it")
  func dataOnSYN() {
    let talk = Conversation()
    talk.originator.opens(data: "early")
    talk.originator.received = 0
    talk.responder.answers()
    talk.originator.sends(" late")
    #expect(lives(talk) == [opening + ["out 0 early late"] + inputEnding])
  }

  @Test("Data before the last ACK of the handshake is data")
  func dataBeforeACK() {
    let talk = Conversation()
    talk.originator.opens()
    talk.responder.answers()
    talk.responder.sends("banner")
    #expect(lives(talk) == [opening + ["in 0 banner"] + inputEnding])
  }

  @Test("A refused connection never connects")
  func refused() {
    let talk = Conversation()
    talk.originator.opens()
    talk.responder.segment(
      [.rst, .ack], sequence: 0, acknowledgment: talk.originator.sequence(0), [])
    #expect(lives(talk) == [["attached", "connecting"] + resetEnding])
  }

  @Test("A refusal of another SYN is not taken")
  func refusalOfAnother() {
    let talk = Conversation()
    talk.originator.opens()
    talk.responder.segment([.rst, .ack], sequence: 0, acknowledgment: 7, [])
    #expect(lives(talk) == [["attached", "connecting"] + inputEnding])
  }

  @Test("A capture that begins with the SYN/ACK has the roles right, and connects with the ACK")
  func synAckFirst() {
    let talk = Conversation()
    talk.responder.answers()
    talk.originator.acknowledges()
    talk.originator.sends("hello")
    talk.closes()
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 hello"] + closing])
    #expect(handler.sockets[0].first.originator.port == talk.originator.port)
    #expect(handler.sockets[0].ordinal(of: .connected(midstream: false)) == 2)
  }

  @Test("A SYN that the SYN/ACK overtook belongs to it, its options too")
  func synAfterSYNACK() {
    let talk = Conversation()
    talk.originator.opens()
    talk.responder.answers()
    talk.swapsLastTwo()
    talk.originator.acknowledges()
    talk.originator.sends("x")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 x"] + inputEnding])
    #expect(handler.sockets[0].last?.out.maximumSegmentSize == 1460)
  }

  @Test("A SYN that its data overtook belongs to them")
  func synAfterData() {
    let talk = Conversation()
    talk.originator.opens()
    talk.originator.sends("x")
    talk.swapsLastTwo()
    talk.responder.answers()
    let transcripts = lives(talk)
    #expect(transcripts.count == 1)
    #expect(transcripts[0].contains("out 0 x"))
  }

  @Test("A SYN/ACK with another number, and its text, belong to nothing")
  func contradictingSYNACK() {
    let talk = Conversation()
    talk.opens()
    talk.responder.segment(
      [.syn, .ack], sequence: talk.responder.sequence(10),
      acknowledgment: talk.originator.sequence(0), Array("ghost".utf8))
    talk.responder.sends("data")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["in 0 data"] + inputEnding])
    #expect(handler.weirds == [.synInEstablished: 1])
  }

  @Test("Both ends open at once: one connection")
  func simultaneous() {
    let talk = Conversation()
    talk.originator.opens()
    talk.responder.opens()
    talk.originator.answers()
    talk.responder.answers()
    talk.originator.sends("a")
    talk.responder.sends("b")
    #expect(lives(talk) == [opening + ["out 0 a", "in 0 b"] + inputEnding])
  }

  @Test("A connection picked up in midstream connects at once, and says so")
  func midstream() {
    let talk = Conversation()
    talk.originator.sends("hello")
    talk.responder.sends("world")
    talk.closes()
    let start = ["attached", "connected midstream", "out 0 hello", "in 0 world"]
    #expect(lives(talk) == [start + closing])
  }

  @Test("Midstream connections can be left out")
  func noMidstream() {
    var configuration = ReassemblyConfiguration()
    configuration.midstream = false
    let talk = Conversation()
    talk.originator.sends("hello")
    talk.responder.sends("world")
    let handler = reassemble(talk.frames, configuration)
    #expect(handler.sockets.isEmpty)
    #expect(handler.weirds == [.midstreamIgnored: 2])
  }

  @Test("One side only: the data goes out, and a hole that nobody confirms is a gap at the end")
  func oneSided() {
    let talk = Conversation()
    talk.originator.opens()
    talk.originator.sends("abc")
    talk.originator.loses(4)
    talk.originator.sends("def")
    talk.originator.finishes()
    #expect(
      lives(talk) == [
        opening + ["out 0 abc", "out gap 3+4", "out 7 def", "cant_send_more", "out shutdown"]
          + inputEnding
      ])
  }

  @Test("Options of both SYNs are known")
  func options() throws {
    let talk = Conversation()
    talk.opens()
    let info = try #require(reassemble(talk.frames).sockets.first?.last)
    #expect(info.out.maximumSegmentSize == 1460)
    #expect(info.in.maximumSegmentSize == 1460)
    #expect(info.out.state == .established)
  }

  @Test("States of both ends at every step", arguments: 0...8)
  func states(steps: Int) throws {
    let talk = Conversation()
    let script: [() -> Void] = [
      { talk.originator.opens() }, { talk.responder.answers() },
      { talk.originator.acknowledges() }, { talk.originator.sends("x") },
      { talk.originator.finishes() }, { talk.responder.acknowledges() },
      { talk.responder.finishes() }, { talk.originator.acknowledges() },
    ]
    let expected: [(TCPState, TCPState)] = [
      (.synSent, .listen), (.synSent, .synReceived), (.established, .established),
      (.established, .established), (.finWait1, .closeWait), (.finWait2, .closeWait),
      (.timeWait, .lastAck), (.timeWait, .closed),
    ]
    for step in script.prefix(steps) { step() }
    guard steps > 0 else { return }
    let info = try #require(reassemble(talk.frames).sockets.first?.last)
    // The end of input comes after: it changes no state.
    let wanted = expected[steps - 1]
    if steps == 2 {
      // The ACK in the SYN/ACK makes the originator's end established.
      #expect(info.out.state == .established && info.in.state == .synReceived)
    } else {
      #expect(info.out.state == wanted.0)
      #expect(info.in.state == wanted.1)
    }
  }
}
