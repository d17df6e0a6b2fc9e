import Checking
import Generation
import Support
import Testing

@Suite("Synthetic captures")
struct GeneratedTests {
  private func capture(_ workload: Workload, _ options: GenerationOptions) throws -> [CapturedFrame]
  {
    let sink = MemorySink()
    _ = try generate(workload, options: options, into: sink)
    return sink.frames
  }

  @Test(
    "Those without oddities have none",
    arguments: [Workload.http, .bulk, .many, .mail], [false, true])
  func good(workload: Workload, ipv6: Bool) throws {
    let frames = try capture(workload, GenerationOptions(bytes: 300_000, ipv6: ipv6))
    var options = CheckOptions.everything
    options.isInOrder = true
    let judgement = judge(frames, options)
    #expect(judgement.errors.isEmpty)
    #expect(judgement.counts.connections > 0)
    #expect(judgement.counts.segments == judgement.counts.packets)
  }

  @Test("Adverse ones have what they promise, and nothing else")
  func adverse() throws {
    let judgement = judge(try capture(.adverse, GenerationOptions(bytes: 2_000_000)))
    #expect(Set(judgement.errors.map(\.name)) == [.conflictingCopy, .sequenceGap])
    #expect((judgement.names[.outOfOrder] ?? 0) > 100)
    #expect((judgement.names[.retransmission] ?? 0) > 10)
    #expect(judgement.names[.notCompared] == nil)
  }

  @Test(
    "A stream of which one segment was made longer, and nothing else, is no good", arguments: 0..<3)
  func careless(change: Int) {
    let talk = Conversation()
    talk.opens()
    for index in 0..<6 {
      talk.originator.sends("question \(index)")
      if index == 2 {
        // What a rewriter does that keeps no books.
        switch change {
        case 0: talk.originator.sends("more", at: talk.originator.sent - 1)
        case 1: talk.originator.loses(2)
        default: talk.responder.received += 3
        }
      }
      talk.responder.acknowledges()
      talk.responder.sends("answer")
      talk.originator.acknowledges()
    }
    #expect(!judge(talk.frames).errors.isEmpty || change == 1)
    #expect(change != 1 || judge(talk.frames).names[.unfilledHole] == 1)
  }
}
