import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("UDP conversations")
struct DatagramTests {
  @Test("Each datagram is a chunk; the first one connects", arguments: Conversation.Family.allCases)
  func conversation(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.datagram("ask")
    talk.responder.datagram("answer")
    talk.originator.datagram("ask again")
    let handler = reassemble(talk.frames)
    #expect(
      handler.sockets.map(\.transcript) == [
        [
          "attached", "connected", "out 0 ask", "in 0 answer", "out 3 ask again",
          "disconnected end_of_input", "detached",
        ]
      ])
    let last = handler.sockets[0].last
    #expect(last?.transport == .udp)
    #expect(last?.out.packets == 2)
    #expect(last?.in.streamBytes == 6)
  }

  @Test("Datagrams are not cut or joined: one chunk each")
  func chunks() {
    let talk = Conversation()
    for size in [1, 1400, 3] { talk.originator.datagram([UInt8].pattern(size)) }
    let sizes = reassemble(talk.frames).sockets[0].notes.compactMap { note -> Int? in
      if case .data(_, _, let bytes, _) = note { return bytes.count }
      return nil
    }
    #expect(sizes == [1, 1400, 3])
  }

  @Test("An empty datagram is a packet and no data")
  func empty() {
    let talk = Conversation()
    talk.originator.datagram("")
    let socket = reassemble(talk.frames).sockets[0]
    #expect(socket.transcript == ["attached", "connected"] + inputEnding)
    #expect(socket.last?.out.packets == 1)
  }

  @Test("What a snap length cut off a datagram is a gap")
  func cut() {
    let talk = Conversation()
    talk.originator.datagram("abcdef")
    talk.cutLast(by: 2)
    talk.originator.datagram("ghi")
    #expect(
      lives(talk) == [
        ["attached", "connected", "out 0 abcd", "out gap 4+2", "out 6 ghi"] + inputEnding
      ])
  }

  @Test("UDP and TCP of the same ports are two conversations")
  func besideTCP() {
    let talk = Conversation()
    talk.opens()
    talk.originator.datagram("udp")
    talk.originator.sends("tcp")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map { $0.text(.out) } == ["tcp", "udp"])
  }

  @Test(
    "A conversation ends after its timeout; later packets begin another",
    arguments: [(false, 60), (true, 300)] as [(Bool, Int64)])
  func timeout(isAnswered: Bool, seconds: Int64) {
    for (wait, count) in [(seconds - 1, 1), (seconds + 3, 2)] {
      let talk = Conversation()
      talk.originator.datagram("a")
      if isAnswered { talk.responder.datagram("b") }
      talk.waits(seconds: wait)
      talk.originator.datagram("c")
      #expect(lives(talk).count == count, "\(wait)")
    }
  }

  @Test("A UDP length that contradicts itself is counted, and makes no socket")
  func badLength() {
    let talk = Conversation()
    talk.originator.datagram("abc")
    let offset = talk.transportOffset + 4
    talk.changeLast { $0 = $0.replacing(offset, with: 7) }
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.isEmpty)
    #expect(handler.weirds == [.malformedUDP: 1])
  }
}
