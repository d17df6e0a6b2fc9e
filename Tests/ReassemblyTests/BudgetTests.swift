import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Budgets")
struct BudgetTests {
  /// The smallest that there is: 64 sockets a shard.
  private var small: ReassemblyConfiguration {
    var configuration = ReassemblyConfiguration()
    configuration.memory = 1 << 20
    return configuration
  }

  @Test("When the flow budget is reached, an idle socket goes for each new one")
  func eviction() {
    var frames: [CapturedFrame] = []
    for client in 1...6000 {
      let talk = Conversation(client: client)
      talk.now = talk.now.advanced(by: Int64(client) * 1_000_000)
      talk.originator.opens()
      frames += talk.frames
    }
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(small, to: handler)
    reassembler.take(frames)
    #expect(handler.openCount <= 64 * 32)
    #expect(handler.openCount > 64 * 24)
    reassembler.finish()
    #expect(handler.violations == [])
    #expect(handler.openCount == 0)
    let evicted = handler.sockets.filter { $0.events.contains(.disconnected(.evicted)) }
    #expect(evicted.count == Int(reassembler.counts.evicted))
    #expect(evicted.count == handler.weirds[.flowBudgetReached])
    #expect(handler.sockets.count == 6000)
    #expect(reassembler.counts.tcpSockets == 6000)
  }

  @Test("A connection that is in use outlives a flood of SYNs")
  func evictionSparesTheBusy() {
    let talk = Conversation(client: 7)
    talk.opens()
    var frames = talk.frames
    for client in 100...8000 {
      let other = Conversation(client: client)
      other.now = other.now.advanced(by: Int64(client) * 5_000_000)
      other.originator.opens()
      frames += other.frames
      if client % 100 == 0 {
        let count = talk.frames.count
        talk.now = other.now
        talk.originator.sends("x")
        frames += talk.frames[count...]
      }
    }
    let handler = reassemble(frames, small)
    #expect(handler.violations == [])
    #expect(handler.sockets[0].text(.out).count == 80)
    #expect(!handler.sockets[0].events.contains(.disconnected(.evicted)))
  }

  @Test("When the queue budget is reached, holes are given up, and what fits nowhere goes out")
  func queueBudget() {
    var frames: [CapturedFrame] = []
    let block = [UInt8].pattern(1400)
    for client in 1...150 {
      let talk = Conversation(client: client)
      talk.scalesWindows()
      talk.opens()
      talk.responder.acknowledges()
      talk.originator.loses(5)
      for _ in 0..<50 { talk.originator.sends(block) }
      frames += talk.frames
    }
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(small, to: handler)
    reassembler.take(frames)
    #expect(reassembler.heldBytes <= 64 * (1 << 17))
    reassembler.finish()
    #expect(reassembler.heldBytes == 0)
    #expect(handler.violations == [])
    #expect(handler.weirds[.reassemblyBudgetReached, default: 0] > 0)
    for socket in handler.sockets {
      #expect(socket.bytes(.out).count == 50 * 1400)
      #expect(socket.gaps(.out) == [[0, 5]])
    }
  }

  @Test("Segments of single bytes with holes between them do not make the queue a burden")
  func manyPieces() {
    let talk = Conversation()
    talk.scalesWindows()
    talk.opens()
    talk.responder.acknowledges()
    // From the end to the middle and then from the start: the worst order for a sorted list.
    for index in 0..<5000 { talk.originator.sends([1], at: 100_000 + index * 2) }
    for index in 0..<2000 { talk.originator.sends([2], at: 10_000 + index * 2) }
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembler.take(talk.frames)
    // Each piece costs more than its byte.
    #expect(reassembler.heldBytes <= 1 << 19)
    reassembler.finish()
    #expect(handler.violations == [])
    #expect(handler.weirds[.reassemblyBudgetReached, default: 0] > 0)
    #expect(reassembler.heldBytes == 0)
  }
}
