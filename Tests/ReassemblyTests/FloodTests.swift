import Buffers
import Generation
import Sockets
import Support
import Testing
import Wire

@testable import Reassembly

/// Keeps the frames of a generated capture.
private final class FrameSink: PacketSink {
  var frames: [CapturedFrame] = []

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    frames.append(CapturedFrame(copy frame))
  }

  func finish() throws {}
}

@Suite("Floods")
struct FloodTests {
  private func capture(
    _ flood: Flood, packets: Int = 20_000, connections: Int? = nil, ipv6: Bool = false
  ) throws -> (frames: [CapturedFrame], result: FloodResult) {
    let sink = FrameSink()
    let options = FloodOptions(packets: packets, connections: connections, seed: 3, ipv6: ipv6)
    let result = try generate(flood, options: options, into: sink)
    return (sink.frames, result)
  }

  private var small: ReassemblyConfiguration {
    var configuration = ReassemblyConfiguration()
    configuration.memory = 4 << 20
    return configuration
  }

  private func isBystander(_ socket: RecordingHandler.Socket) -> Bool {
    let text = socket.last?.originator.address.description ?? ""
    return text.hasPrefix("10.") || text.hasPrefix("2001:db8:1:")
  }

  @Test(
    "Real connections come through with all their bytes, and what happened has a name",
    arguments: [
      (.syn, 0, .flowBudgetReached, false), (.syn, 0, .flowBudgetReached, true),
      (.farAhead, 10, .outOfWindow, false),
      (.endlessHole, 40, .reassemblyBudgetReached, false),
      (.fragments, 0, .fragmentBudgetReached, false),
      (.overlap, 20, .overlapConflict, false),
    ] as [(Flood, Int, Weird, Bool)])
  func survival(flood: Flood, connections: Int, name: Weird, ipv6: Bool) throws {
    let (frames, result) = try capture(
      flood, connections: connections == 0 ? nil : connections, ipv6: ipv6)
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(small, to: handler)
    reassembler.take(frames)
    #expect(reassembler.heldBytes <= (4 << 20) / 4 + (1 << 18))
    #expect(handler.openCount <= 64 * small.socketsPerShard)
    reassembler.finish()
    #expect(reassembler.heldBytes == 0)
    #expect(handler.violations == [])
    #expect(handler.weirds[name, default: 0] > 0)
    let bystanders = handler.sockets.filter(isBystander)
    #expect(bystanders.count == Int(result.bystanders))
    var bytes = 0
    for socket in bystanders {
      #expect(socket.events.contains(.disconnected(.fin)))
      for direction in Direction.allCases {
        #expect(socket.gaps(direction) == [])
        bytes += socket.bytes(direction).count
      }
    }
    #expect(bytes == Int(result.bystanderBytes))
  }

  @Test("The work grows as the number of packets, not faster", arguments: Flood.allCases)
  func linear(flood: Flood) throws {
    let steps = try [10_000, 40_000].map { packets in
      let (frames, _) = try capture(flood, packets: packets, connections: 10)
      let decapsulator = Decapsulator(small)
      let reassembler = Reassembler(small, to: RecordingHandler())
      let source = MemorySource(frames)
      var batch = PacketBatch()
      while source.fill(&batch.frames) {
        decapsulator.prepare(&batch)
        reassembler.process(batch)
      }
      return Double(reassembler.steps) / Double(packets)
    }
    #expect(steps[1] < 2 * steps[0] + 2)
    #expect(steps[1] < 100)
  }

  @Test("Places in long lists are found in few steps, in whatever order they are asked for")
  func longList() {
    var random = SeededGenerator(seed: 5)
    var queue = SegmentQueue(budget: 1 << 20)
    var list = SegmentList()
    let offsets = Array(1...6000).shuffled(using: &random)
    for offset in offsets {
      let bytes: [UInt8] = [1]
      let queued = queue.insert(bytes.span.bytes, at: UInt64(offset) * 2, &list)
      #expect(queued == 1)
    }
    // One after the other they would be 1500 steps on average.
    #expect(queue.steps < 300 * 6000)
    var last: UInt64 = 0
    while let segment = queue.popFirst(&list) {
      #expect(segment.offset == last + 2)
      last = segment.offset
      queue.release(segment)
    }
    #expect(last == 12_000)
  }

  @Test("Bytes that differ are counted as one by one")
  func difference() {
    var random = SeededGenerator(seed: 6)
    for length in Array(0..<80) + [4079, 4080, 4096, 9001] {
      for share in [0, 0.05, 0.5, 1] {
        let one = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        let two = one.map {
          Double.random(in: 0..<1, using: &random) < share
            ? UInt8.random(in: 0...255, using: &random) : $0
        }
        let different = one.indices.filter { one[$0] != two[$0] }
        let found = one.span.bytes.difference(from: two.span.bytes)
        #expect(found?.first == different.first, "\(length) bytes")
        let first = one.span.bytes.firstDifference(from: two.span.bytes)
        #expect(first == different.first, "\(length) bytes")
        #expect(found?.count ?? 0 == different.count, "\(length) bytes")
      }
      let ones = [UInt8](repeating: 1, count: length)
      let twos = [UInt8](repeating: 2, count: length)
      #expect(ones.span.bytes.difference(from: twos.span.bytes)?.count ?? 0 == length)
    }
  }

  @Test("An idle connection outlives half-open ones that came after it")
  func idleConnection() {
    let talk = Conversation(client: 7)
    talk.opens()
    talk.originator.sends("before")
    var frames = talk.frames
    for client in 100...12_000 {
      let other = Conversation(client: client)
      other.now = talk.now.advanced(by: Int64(client) * 1000)
      other.originator.opens()
      frames += other.frames
    }
    let count = talk.frames.count
    talk.now = talk.now.advanced(by: 60_000_000_000)
    talk.originator.sends("after")
    frames += talk.frames[count...]
    let handler = reassemble(frames, small)
    #expect(handler.weirds[.flowBudgetReached, default: 0] > 0)
    #expect(handler.sockets[0].text(.out) == "beforeafter")
    #expect(!handler.sockets[0].events.contains(.disconnected(.evicted)))
  }

  @Test("Who knows the seed makes all ports collide; nothing that can be seen depends on the seed")
  func hashFlooding() throws {
    let known: UInt64 = 0x51_7C_C1_B7
    // One factor of the first product is zero.
    let addresses: UInt64 = 0x2D35_8DCC_AA6C_78A5 ^ known
    let rests = (0..<1000).map { UInt64($0) << 48 | 443 << 32 | 6 }
    let colliding = FlowHash(seed: known)
    #expect(Set(rests.map { colliding.hash(addresses, $0) }).count == 1)
    let secret = FlowHash(seed: FlowHash.processSeed)
    #expect(Set(rests.map { UInt32(truncatingIfNeeded: secret.hash(addresses, $0)) }).count > 990)
    #expect(ReassemblyConfiguration().hashSeed != known)

    let (frames, _) = try capture(.syn)
    let transcripts = [known, 7, FlowHash.processSeed].map { seed in
      var configuration = small
      configuration.hashSeed = seed
      return reassemble(frames, configuration).transcripts
    }
    #expect(transcripts[0] == transcripts[1] && transcripts[1] == transcripts[2])
  }

  @Test("Shards are about equally full", arguments: [false, true])
  func shards(ipv6: Bool) throws {
    let (frames, _) = try capture(.syn, ipv6: ipv6)
    let decapsulator = Decapsulator(ReassemblyConfiguration())
    let source = MemorySource(frames)
    var batch = PacketBatch()
    var counts = [Int](repeating: 0, count: 64)
    while source.fill(&batch.frames) {
      decapsulator.prepare(&batch)
      for index in 0..<batch.frames.count where batch.dissections[index].flags == .syn {
        counts[batch.dissections[index].shard] += 1
      }
    }
    let mean = counts.reduce(0, +) / 64
    #expect(counts.allSatisfy { (mean * 2 / 3...mean * 3 / 2).contains($0) })
  }
}

extension RecordingHandler {
  fileprivate var transcripts: [[String]] { sockets.map(\.transcript) }
}
