import Checking
import Support
import Testing

@Suite("Budgets")
struct MemoryTests {
  private var options: CheckOptions {
    var options = CheckOptions.everything
    options.memory = 1 << 16
    return options
  }

  @Test("What no longer can be compared is said, and is no conflict")
  func notCompared() {
    let talk = Conversation()
    talk.scalesWindows()
    talk.opens()
    let block = [UInt8](repeating: 7, count: 1400)
    for _ in 0..<20 {
      talk.originator.sends(block)
      talk.responder.acknowledges()
    }
    talk.originator.sends([UInt8](repeating: 8, count: 1400), at: 0)
    var options = CheckOptions.everything
    options.compared = 4096
    let names = judge(talk.frames, options).names
    #expect(names == [.spuriousRetransmission: 1, .notCompared: 1])
    #expect(judge(talk.frames).names[.conflictingCopy] == 1)
  }

  @Test("Bytes are let go of where nothing was heard of for longest")
  func bytes() {
    let talks = (1...40).map { Conversation(client: $0) }
    for talk in talks {
      talk.opens()
      talk.originator.sends("first")
    }
    for talk in talks { talk.originator.sends("other", at: 0) }
    let frames = talks.flatMap { $0.frames.dropLast() } + talks.map { $0.frames.last! }
    let names = judge(frames, options).names
    #expect(names[.retransmission] == 40)
    #expect(names[.notCompared] == 40 && names[.conflictingCopy] == nil)
    #expect(judge(frames).names[.conflictingCopy] == 40)
  }

  @Test("Connections make room for others, and it is counted")
  func connections() {
    let talks = (1...300).map { Conversation(client: $0) }
    for talk in talks {
      talk.opens()
      talk.originator.sends("abc")
      talk.responder.acknowledges()
    }
    let judgement = judge(talks.flatMap(\.frames), options)
    #expect(judgement.counts.connections == 300)
    #expect(judgement.names == [.connectionForgotten: 300 - 64])
  }

  @Test("More holes than are kept apart are complained of early, and none twice")
  func holes() {
    let talk = Conversation()
    talk.opens()
    for index in 0..<1000 { talk.originator.sends("x", at: index * 2 + 1) }
    talk.responder.acknowledges(exactly: 2000)
    let names = judge(talk.frames).names
    #expect(names == [.sequenceGap: 256, .unfilledHole: 744])
  }

  @Test("Of one name the first, the tenth and the hundredth are reported, with their numbers")
  func sampled() {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("abcdef")
    for _ in 0..<250 { talk.originator.sends("X", at: 2) }
    let judgement = judge(talk.frames, CheckOptions())
    #expect(judgement.complaints.map(\.count) == [1, 10, 100])
    #expect(judgement.names == [.conflictingCopy: 250, .retransmission: 250])
  }
}
