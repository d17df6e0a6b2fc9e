import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("One pair of ports, several connections")
struct ReuseTests {
  /// The same ends again, with other numbers.
  private func another(after talk: Conversation, seconds: Int64 = 1) -> Conversation {
    let next = Conversation(initialSequences: (900_000, 800_000))
    next.now = talk.now
    next.waits(seconds: seconds)
    return next
  }

  @Test("After a close the ports begin anew", arguments: [0, 1, 10, 600] as [Int64])
  func afterClose(seconds: Int64) {
    let first = Conversation()
    first.opens()
    first.originator.sends("one")
    first.closes()
    let second = another(after: first, seconds: seconds)
    second.opens()
    second.originator.sends("two")
    second.closes()
    let handler = reassemble(first.frames + second.frames)
    #expect(handler.violations == [])
    #expect(
      handler.sockets.map(\.transcript) == [
        opening + ["out 0 one"] + closing, opening + ["out 0 two"] + closing,
      ])
    #expect(handler.sockets[0].id != handler.sockets[1].id)
    #expect(handler.sockets[0].id.sequence != handler.sockets[1].id.sequence)
    #expect(handler.sockets[0].first.flowID != handler.sockets[1].first.flowID)
  }

  @Test("With the old one open, another SYN supersedes it: its holes go first")
  func whileOpen() {
    let first = Conversation()
    first.opens()
    first.originator.sends("one")
    first.originator.loses(2)
    first.originator.sends("x")
    let second = another(after: first)
    second.opens()
    second.originator.sends("two")
    #expect(
      lives(first.frames + second.frames) == [
        opening + [
          "out 0 one", "out gap 3+2", "out 5 x", "disconnected superseded", "detached",
        ],
        opening + ["out 0 two"] + inputEnding,
      ])
  }

  @Test("The roles may change with the next connection")
  func rolesChange() {
    let first = Conversation()
    first.opens()
    first.closes()
    let second = another(after: first)
    second.responder.opens()
    second.originator.answers()
    second.responder.acknowledges()
    second.responder.sends("hello")
    let handler = reassemble(first.frames + second.frames)
    #expect(
      handler.sockets.map(\.transcript) == [
        opening + closing, opening + ["out 0 hello"] + inputEnding,
      ])
    #expect(handler.sockets[1].first.originator.port == second.responder.port)
  }

  @Test("After a reset the same SYN again is another try")
  func afterReset() {
    let talk = Conversation()
    talk.originator.opens()
    talk.responder.segment(
      [.rst, .ack], sequence: 0, acknowledgment: talk.originator.sequence(0), [])
    talk.waits(seconds: 1)
    talk.originator.initialSequence += 64_000
    talk.originator.opens()
    talk.responder.answers()
    talk.originator.acknowledges()
    #expect(
      lives(talk) == [["attached", "connecting"] + resetEnding, opening + inputEnding])
  }

  @Test("The next connection may begin with its SYN/ACK")
  func synAckAfterClose() {
    let first = Conversation()
    first.opens()
    first.closes()
    let second = another(after: first)
    second.responder.answers()
    second.originator.sends("two")
    let transcripts = lives(first.frames + second.frames)
    #expect(transcripts.count == 2)
    #expect(transcripts[1] == opening + ["out 0 two"] + inputEnding)
  }

  @Test("VLAN tags are a part of what tells conversations apart")
  func vlans() throws {
    let talks = [[], [7], [8], [7, 8], [8, 7]].map { Conversation(vlans: $0) }
    var frames: [CapturedFrame] = []
    for (index, talk) in talks.enumerated() {
      talk.opens()
      talk.originator.sends("\(index)")
    }
    for step in 0..<4 { frames += talks.map { $0.frames[step] } }
    let handler = reassemble(frames)
    #expect(handler.sockets.map(\.first.vlans) == [[], [7], [8], [7, 8], [8, 7]])
    #expect(handler.sockets.map { $0.text(.out) } == ["0", "1", "2", "3", "4"])
  }

  @Test("Both directions of one VLAN are one conversation")
  func vlanBothWays() {
    let talk = Conversation(.ipv6, vlans: [100, 2000])
    talk.opens()
    talk.originator.sends("a")
    talk.responder.sends("b")
    talk.closes()
    #expect(lives(talk) == [opening + ["out 0 a", "in 0 b"] + closing])
  }

  @Test("Packets to oneself are conversations like others")
  func land() {
    let talk = Conversation()
    talk.opens()
    var frames = talk.frames
    for index in frames.indices {
      // Source address and port over those of the destination.
      frames[index].bytes.replaceSubrange(30..<34, with: frames[index].bytes[26..<30])
      frames[index].bytes.replaceSubrange(36..<38, with: frames[index].bytes[34..<36])
    }
    var configuration = ReassemblyConfiguration()
    configuration.checksums = .none
    // Each end speaks to itself.
    #expect(lives(frames, configuration).count == 2)
  }
}
