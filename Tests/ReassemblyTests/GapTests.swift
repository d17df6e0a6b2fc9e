import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("When a hole becomes a gap")
struct GapTests {
  private func opened() -> Conversation {
    let talk = Conversation()
    talk.opens()
    return talk
  }

  @Test("A hole that is filled late is no gap, however late")
  func filled() {
    let talk = opened()
    talk.originator.loses(3)
    for _ in 0..<50 { talk.originator.sends("x") }
    for _ in 0..<50 { talk.responder.acknowledges() }
    talk.originator.sends("abc", at: 0)
    let text = "abc" + String(repeating: "x", count: 50)
    #expect(lives(talk) == [opening + ["out 0 " + text] + inputEnding])
  }

  @Test(
    "What the receiver acknowledged and the capture does not hold is a gap, after some patience")
  func acknowledged() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.loses(4)
    talk.originator.sends("hij")
    talk.responder.acknowledges(10)
    for _ in 0..<8 { talk.responder.acknowledges() }
    talk.originator.sends("klm")
    #expect(
      lives(talk) == [
        opening + ["out 0 abc", "out gap 3+4", "out 7 hijklm"] + inputEnding
      ])
  }

  @Test("Captures merged from several queues show the ACK before the data: that is no gap")
  func acknowledgedEarly() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.loses(4)
    talk.originator.sends("hij")
    talk.responder.acknowledges(10)
    for _ in 0..<5 { talk.responder.acknowledges() }
    talk.originator.sends("defg", at: 3)
    #expect(lives(talk) == [opening + ["out 0 abcdefghij"] + inputEnding])
  }

  @Test("Patience begins anew with each hole")
  func patience() {
    let talk = opened()
    var text = ""
    for index in 0..<20 {
      // The second half is captured first, then the ACK of both, then the first half.
      talk.originator.sends("b", at: index * 2 + 1)
      talk.responder.acknowledges(index * 2 + 2)
      talk.originator.sends("a", at: index * 2)
      text += "ab"
    }
    #expect(lives(talk) == [opening + ["out 0 " + text] + inputEnding])
  }

  @Test("Several holes are several gaps, each at its place")
  func several() {
    let talk = opened()
    for _ in 0..<3 {
      talk.originator.loses(2)
      talk.originator.sends("x")
    }
    talk.originator.finishes()
    #expect(
      lives(talk) == [
        opening + [
          "out gap 0+2", "out 2 x", "out gap 3+2", "out 5 x", "out gap 6+2", "out 8 x",
          "cant_send_more", "out shutdown",
        ] + inputEnding
      ])
  }

  @Test("A hole before the FIN, acknowledged with it, is a gap, and the FIN comes")
  func beforeFIN() {
    let talk = opened()
    talk.originator.sends("abc")
    talk.originator.loses(4)
    talk.originator.finishes()
    talk.responder.acknowledges(8)
    for _ in 0..<9 { talk.responder.acknowledges() }
    #expect(
      lives(talk) == [
        opening + ["out 0 abc", "out gap 3+4", "cant_send_more", "out shutdown"] + inputEnding
      ])
  }

  @Test("A hole before the FIN is one gap even where something stands behind the FIN")
  func behindFIN() {
    let talk = opened()
    talk.originator.sends("ghost", at: 20)
    talk.originator.segment(
      [.fin, .ack], sequence: talk.originator.sequence(4),
      acknowledgment: talk.responder.sequence(0), [])
    talk.responder.acknowledges(25)
    for _ in 0..<9 { talk.responder.acknowledges() }
    #expect(
      lives(talk) == [
        opening + ["out gap 0+4", "cant_send_more", "out shutdown"] + inputEnding
      ])
  }

  @Test("A stream may hold a mebibyte behind a hole; then the hole is given up")
  func budget() throws {
    let talk = Conversation()
    talk.scalesWindows()
    talk.opens()
    talk.originator.loses(10)
    let block = [UInt8].pattern(16_384)
    for _ in 0..<80 {
      talk.originator.sends(block)
      talk.responder.acknowledges(0)
    }
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.weirds[.reassemblyBudgetReached] == 1)
    let socket = handler.sockets[0]
    #expect(socket.gaps(.out) == [[0, 10]])
    #expect(socket.bytes(.out).count == 80 * 16_384)
    // Not at the end, but when the budget was reached.
    let ordinal = try #require(socket.ordinal(of: .gap(.out, offset: 0, length: 10)))
    #expect(ordinal == 3 + 2 * 64 - 1)
  }

  @Test("Where no receiver is seen, 64 KiB are enough")
  func oneSidedBudget() {
    let talk = Conversation()
    talk.originator.opens()
    talk.originator.loses(10)
    for _ in 0..<80 { talk.originator.sends([UInt8].pattern(1024)) }
    let socket = reassemble(talk.frames).sockets[0]
    #expect(socket.ordinal(of: .gap(.out, offset: 0, length: 10)) == 53)
    #expect(socket.bytes(.out).count == 80 * 1024)
  }

  @Test("A timeout gives up the holes first, then the socket")
  func timeout() {
    let talk = opened()
    talk.originator.loses(2)
    talk.originator.sends("x")
    let other = Conversation(client: 2, start: 1_700_000_000 + 7300)
    for _ in 0..<4 {
      other.originator.datagram("tick")
      other.waits(seconds: 100)
    }
    let transcripts = lives(merged(talk, other))
    #expect(
      transcripts[0] == opening + [
        "out gap 0+2", "out 2 x", "disconnected timeout", "detached",
      ])
  }

  @Test("After all holes, every store is empty", arguments: [1, 7, 64])
  func stores(batch: Int) {
    let talk = opened()
    for index in stride(from: 3000, to: 0, by: -2) {
      talk.originator.sends("x", at: index)
      talk.responder.sends("y", at: index)
    }
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembler.take(talk.frames, batch: batch)
    #expect(reassembler.heldBytes > 0)
    reassembler.finish()
    #expect(reassembler.heldBytes == 0)
    #expect(handler.violations == [])
  }
}
