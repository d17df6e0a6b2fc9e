import Reassembly
import Sockets
import Support
import Testing
import Wire

/// Captures that were made by hand, as authors of analyzers and rules keep them.
@Suite("Everything that is there")
struct ValidityModeTests {
  /// What both modes make of a conversation: its texts, and the oddities.
  private static func texts(
    _ frames: [CapturedFrame], _ mode: ValidityMode
  ) -> (texts: [String], weirds: [Weird: Int], refused: UInt64) {
    var configuration = ReassemblyConfiguration()
    configuration.validity = mode
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(configuration, to: handler)
    reassembly.take(frames, batch: 3)
    reassembly.finish()
    let texts = handler.sockets.flatMap { [$0.text(.out), $0.text(.in)] }.filter { !$0.isEmpty }
    #expect(handler.violations == [])
    return (texts, handler.weirds, reassembly.counts.refusedBytes)
  }

  static let cases: [(Weird, @Sendable (Conversation) -> Void)] = [
    (.synData, { $0.originator.opens(data: "hello") }),
    (
      .dataWithoutACK,
      { talk in
        talk.originator.segment(
          [.psh], sequence: talk.originator.sequence(0), acknowledgment: 0, Array("hello".utf8))
      }
    ),
    (
      .dataWithoutACK,
      { talk in
        talk.opens()
        talk.originator.segment(
          [], sequence: talk.originator.sequence(0), acknowledgment: 0, Array("hello".utf8))
      }
    ),
    (
      .outOfWindow,
      { talk in
        talk.responder.window = 0
        talk.opens()
        talk.originator.sends("hello")
        talk.responder.acknowledges(0)
      }
    ),
    (
      .badACK,
      { talk in
        talk.opens()
        talk.originator.segment(
          [.ack], sequence: talk.originator.sequence(0),
          acknowledgment: talk.responder.sequence(1 << 30), Array("hello".utf8))
      }
    ),
    (
      .pawsReject,
      { talk in
        talk.originator.timestamp = 1000
        talk.opens()
        talk.originator.timestamp = 10
        talk.originator.sends("hello")
        talk.responder.acknowledges(0)
      }
    ),
  ]

  @Test("What a host would refuse is taken by its number, and said", arguments: cases.indices)
  func refused(index: Int) {
    let (weird, build) = Self.cases[index]
    let talk = Conversation()
    build(talk)
    let host = Self.texts(talk.frames, .host)
    #expect(host.texts == [] && host.refused == 5, "\(host)")
    let any = Self.texts(talk.frames, .any)
    #expect(any.texts == ["hello"] && any.refused == 0, "\(any)")
    #expect(any.weirds[weird] != nil, "\(any.weirds)")
  }

  @Test("What no host would refuse is the same")
  func ordinary() {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("abc")
    talk.originator.sends("ghi", at: 6)
    talk.originator.sends("def", at: 3)
    talk.responder.acknowledges()
    talk.responder.sends("xyz")
    talk.closes()
    let host = Self.texts(talk.frames, .host)
    #expect(host.texts == ["abcdefghi", "xyz"])
    #expect(Self.texts(talk.frames, .any).texts == host.texts)
  }
}
