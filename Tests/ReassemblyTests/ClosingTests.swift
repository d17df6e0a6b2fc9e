import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("How connections close")
struct ClosingTests {
  private func opened() -> Conversation {
    let talk = Conversation()
    talk.opens()
    return talk
  }

  @Test("The responder closes first")
  func responderFirst() {
    let talk = opened()
    talk.responder.finishes()
    talk.originator.finishes()
    talk.responder.acknowledges()
    #expect(
      lives(talk) == [
        opening + [
          "cant_receive_more", "in shutdown", "cant_send_more", "closing", "disconnecting",
          "disconnected fin", "detached",
        ]
      ])
  }

  @Test("After one FIN the other direction goes on")
  func halfClose() {
    let talk = opened()
    talk.originator.sends("question")
    talk.originator.finishes()
    talk.responder.sends("answer ")
    talk.originator.acknowledges()
    talk.responder.sends("goes on")
    talk.responder.finishes()
    talk.originator.acknowledges()
    #expect(
      lives(talk) == [
        opening + [
          "out 0 question", "cant_send_more", "out shutdown", "in 0 answer goes on",
          "cant_receive_more", "closing", "disconnecting", "disconnected fin", "detached",
        ]
      ])
  }

  @Test("Both FINs at once")
  func simultaneous() {
    let talk = opened()
    let (originator, responder) = (talk.originator!, talk.responder!)
    originator.segment(
      [.fin, .ack], sequence: originator.sequence(0), acknowledgment: responder.sequence(0), [])
    responder.segment(
      [.fin, .ack], sequence: responder.sequence(0), acknowledgment: originator.sequence(0), [])
    originator.segment(
      [.ack], sequence: originator.sequence(1), acknowledgment: responder.sequence(1), [])
    #expect(!lives(talk)[0].contains("disconnected fin"))
    responder.segment(
      [.ack], sequence: responder.sequence(1), acknowledgment: originator.sequence(1), [])
    #expect(lives(talk) == [opening + closing])
  }

  @Test("A FIN with data comes behind them")
  func finWithData() {
    let talk = opened()
    talk.originator.sends("bye", .fin)
    talk.responder.finishes()
    talk.originator.acknowledges()
    #expect(lives(talk) == [opening + ["out 0 bye"] + closing])
  }

  @Test("A FIN that overtook its data waits for them")
  func finBeforeData() {
    let talk = opened()
    talk.originator.sends("data")
    talk.originator.finishes()
    talk.swapsLastTwo()
    talk.originator.received = 0
    talk.responder.finishes()
    talk.originator.acknowledges()
    #expect(lives(talk) == [opening + ["out 0 data"] + closing])
  }

  @Test("A FIN that is sent again is reported once")
  func finRetransmitted() {
    let talk = opened()
    talk.originator.sends("x")
    talk.originator.finishes()
    talk.originator.finishes()
    talk.originator.sends("x", at: 0, .fin)
    talk.responder.finishes()
    talk.responder.finishes()
    talk.originator.acknowledges()
    talk.responder.finishes()
    #expect(lives(talk) == [opening + ["out 0 x"] + closing])
  }

  @Test("Text behind the FIN is no data; it is counted")
  func dataAfterFIN() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.finishes()
    talk.originator.sends("def", at: 3)
    talk.originator.sends("def", at: 4)
    talk.originator.sends("bcdef", at: 1)
    let handler = reassemble(talk.frames)
    #expect(handler.sockets[0].text(.out) == "abc")
    #expect(handler.weirds[.dataAfterFIN] == 3)
  }

  @Test("What is queued behind the place of the FIN never comes out")
  func queuedBehindFIN() {
    let talk = opened()
    talk.originator.sends("ghost", at: 10)
    talk.originator.sends("abc", at: 0, .fin)
    talk.responder.finishes()
    talk.originator.acknowledges()
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.sockets[0].transcript == opening + ["out 0 abc"] + closing)
    #expect(handler.weirds[.dataAfterFIN] == 1)
  }

  @Test("A FIN ends what is queued across its place")
  func queuedAcrossFIN() {
    let talk = opened()
    talk.originator.sends("defghi", at: 3)
    talk.originator.segment(
      [.fin, .ack], sequence: talk.originator.sequence(6),
      acknowledgment: talk.responder.sequence(0), [])
    talk.originator.sends("abc", at: 0)
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(
      handler.sockets[0].transcript == opening
        + ["out 0 abcdef", "cant_send_more", "out shutdown"] + inputEnding)
  }

  @Test(
    "A reset ends a connection in every state",
    arguments: ["syn", "syn/ack", "open", "data", "half closed", "closing"])
  func reset(state: String) {
    let talk = Conversation()
    let steps: [(String, () -> Void)] = [
      ("syn", { talk.originator.opens() }), ("syn/ack", { talk.responder.answers() }),
      ("open", { talk.originator.acknowledges() }), ("data", { talk.originator.sends("x") }),
      ("half closed", { talk.originator.finishes() }), ("closing", { talk.responder.finishes() }),
    ]
    for (name, step) in steps {
      step()
      if name == state { break }
    }
    talk.originator.segment(
      [.rst], sequence: talk.originator.sequence(talk.originator.sent), acknowledgment: 0, [])
    let transcript = lives(talk)[0]
    #expect(Array(transcript.suffix(3)) == ["disconnecting", "disconnected reset", "detached"])
    #expect(transcript.filter { $0 == "closing" }.count == 1)
  }

  @Test("The text of a reset is a diagnosis and no data")
  func resetWithPayload() {
    let talk = opened()
    talk.originator.sends("x")
    talk.responder.resets(at: nil, "go away")
    #expect(lives(talk) == [opening + ["out 0 x"] + resetEnding])
  }

  @Test("A reset at a number that no receiver takes for certain is not believed")
  func resetOutOfWindow() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.responder.resets(at: 700)
    talk.responder.resets(at: -1)
    talk.responder.resets(at: 100_000)
    talk.originator.sends("def")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets[0].transcript == opening + ["out 0 abcdef"] + inputEnding)
    #expect(handler.weirds == [.resetChallenged: 1, .resetOutOfWindow: 2])
  }

  @Test("A reset behind queued data: they come out first, with the gap before them")
  func resetBehindQueue() {
    let talk = opened()
    talk.originator.loses(3)
    talk.originator.sends("def")
    talk.originator.resets()
    #expect(lives(talk) == [opening + ["out gap 0+3", "out 3 def"] + resetEnding])
  }

  @Test(
    "A reset that begins a capture ends the socket that it makes",
    arguments: [TCPFlags.rst, [.rst, .ack]], [UInt32(7), 0x7FFF_FFFF, 0x8000_0001, 0xFFFF_FFF0])
  func resetFirst(flags: TCPFlags, number: UInt32) {
    let talk = Conversation()
    talk.originator.segment(
      flags, sequence: number &+ 99, acknowledgment: flags.contains(.ack) ? number : 0, [])
    #expect(lives(talk) == [["attached", "connected midstream"] + resetEnding])
  }

  @Test("Stragglers after the end belong to it: no second socket")
  func stragglers() {
    let talk = opened()
    talk.closes()
    talk.responder.acknowledges()
    talk.originator.acknowledges()
    talk.responder.finishes()
    talk.responder.sends("late", at: 5)
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + closing])
    #expect(handler.weirds[.dataAfterEnd] == 1)
  }

  @Test("The end of the input ends what is open, holes included")
  func endOfInput() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.responder.loses(2)
    talk.responder.sends("de")
    #expect(
      lives(talk) == [opening + ["out 0 abc", "in gap 0+2", "in 2 de"] + inputEnding])
  }
}
