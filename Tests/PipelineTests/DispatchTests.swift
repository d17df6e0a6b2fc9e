import Analysis
import Analyzers
import Capture
import Generation
import Glibc
import Support
import Testing

@testable import Pipeline

@Suite("Several workers")
struct WorkerTests {
  private func outcome(
    _ frames: [CapturedFrame], workers: Int, memory: Int, _ dispatch: RunConfiguration.Dispatch,
    batchSize: Int = .max
  ) throws -> Outcome {
    let options = try Options()
    let chain = [
      ChainLink(name: "digest", analyzer: try DigestAnalyzer(options)),
      ChainLink(name: "flow", analyzer: try FlowAnalyzer(options)),
      ChainLink(name: "print", analyzer: try PrintAnalyzer(options)),
      ChainLink(name: "count", analyzer: try CountAnalyzer(options)),
    ]
    return try run(frames, chain, batchSize: batchSize) {
      $0.workers = workers
      $0.memory = memory
      $0.dispatch = dispatch
    }
  }

  @Test(
    "come to the same log, packets and counts as one, also when sockets are evicted",
    arguments: Workload.allCases, [1 << 30, 1 << 12])
  func same(workload: Workload, memory: Int) throws {
    let sink = MemorySink()
    _ = try generate(
      workload,
      options: GenerationOptions(bytes: workload == .many ? 6_000_000 : 1_000_000, seed: 4),
      into: sink)
    let frames = sink.frames
    let one = try outcome(frames, workers: 1, memory: memory, .inStep)
    #expect(one.log.bytes.count > 100)
    for (workers, dispatch) in [
      (1, RunConfiguration.Dispatch.ahead), (2, .automatic), (7, .automatic), (3, .inStep),
      (64, .ahead),
    ] {
      let other = try outcome(
        frames, workers: workers, memory: memory, dispatch, batchSize: workers == 2 ? 5 : .max)
      #expect(other.log.bytes == one.log.bytes, "\(workers) workers, \(dispatch)")
      #expect(other.sink.frames == frames)
      #expect(other.summary.tcpSockets == one.summary.tcpSockets)
      #expect(other.summary.streamBytes == one.summary.streamBytes)
      #expect(other.summary.weirds == one.summary.weirds)
    }
    if memory == 1 << 12 && workload == .many {
      #expect(one.summary.weirds["flow_budget_reached", default: 0] > 0)
    }
  }

  @Test("finish what they have been given when the run is interrupted")
  func interruption() throws {
    let sink = MemorySink()
    _ = try generate(.http, options: GenerationOptions(bytes: 800_000, seed: 4), into: sink)
    let outcome = try run(sink.frames, []) {
      $0.workers = 3
    } progress: {
      $0.packets < 300
    }
    #expect(outcome.summary.wasInterrupted)
    #expect(outcome.summary.packets >= 300)
    #expect(outcome.sink.frames == Array(sink.frames.prefix(Int(outcome.summary.packets))))
  }
}

@Suite("Packets that are dissected ahead, on a thread of their own")
struct DispatchTests {
  /// What a run of all analyzers wrote.
  private func outcome(
    _ frames: [CapturedFrame], _ dispatch: RunConfiguration.Dispatch, batchSize: Int = .max,
    limit: UInt64? = nil
  ) throws -> Outcome {
    let options = try Options()
    let chain = [
      ChainLink(name: "digest", analyzer: try DigestAnalyzer(options)),
      ChainLink(name: "flow", analyzer: try FlowAnalyzer(options)),
      ChainLink(name: "count", analyzer: try CountAnalyzer(options)),
    ]
    return try run(frames, chain, batchSize: batchSize) {
      $0.dispatch = dispatch
      $0.packetLimit = limit
    }
  }

  private func frames(_ workload: Workload) throws -> [CapturedFrame] {
    let sink = MemorySink()
    _ = try generate(
      workload, options: GenerationOptions(bytes: 800_000, seed: 4), into: sink)
    return sink.frames
  }

  @Test(
    "come to the same log and the same packets as in step, whatever the size of the batches",
    arguments: Workload.allCases, [1, 7, 512])
  func same(workload: Workload, batchSize: Int) throws {
    let frames = try frames(workload)
    let ahead = try outcome(frames, .ahead, batchSize: batchSize)
    let inStep = try outcome(frames, .inStep)
    #expect(ahead.log.bytes == inStep.log.bytes)
    #expect(ahead.log.bytes.count > 100)
    #expect(ahead.sink.frames == frames)
    #expect(ahead.summary.packets == UInt64(frames.count))
    #expect(ahead.summary.streamBytes == inStep.summary.streamBytes)
  }

  @Test("come to the same log, whoever is held up", arguments: 1...6)
  func delays(seed: Int) throws {
    let frames = try frames(.http)
    // Some of the calls to the analyzer take long, and some of the batches until they are written: so
    // the few places of the ring are all full, or all empty, again and again.
    func outcome(_ dispatch: RunConfiguration.Dispatch, dawdles: Bool) throws -> Outcome {
      var script = ScriptedAnalyzer("dawdler", Diary())
      script.answer = { chunk in
        if dawdles, (Int(chunk.offset) + chunk.bytes.count) % (4 + seed * 7) == 0 { usleep(300) }
        return .allow
      }
      let digest = try DigestAnalyzer(Options())
      var batches = 0
      return try run(
        frames, [ChainLink(name: "digest", analyzer: digest), link(script)],
        batchSize: seed % 2 == 0 ? 16 : .max
      ) {
        $0.dispatch = dispatch
        $0.memory = 32 << 20
      } progress: { _ in
        batches += 1
        if dawdles, batches % (2 + seed) == 0 { usleep(2000) }
        return true
      }
    }
    let ahead = try outcome(.ahead, dawdles: true)
    let isSame = ahead.log.bytes == (try outcome(.inStep, dawdles: false)).log.bytes
    #expect(isSame)
    #expect(ahead.log.bytes.count > 100_000)
    #expect(ahead.sink.frames == frames)
  }

  @Test("end where the limit says, though more of them are ready", arguments: [1, 129, 5000])
  func limit(_ limit: UInt64) throws {
    let frames = try frames(.many)
    let ahead = try outcome(frames, .ahead, limit: limit)
    #expect(ahead.summary.packets == limit)
    #expect(ahead.sink.frames == Array(frames.prefix(Int(limit))))
    #expect(ahead.log.bytes == (try outcome(frames, .inStep, limit: limit)).log.bytes)
  }

  @Test("end when the run is interrupted")
  func interruption() throws {
    let frames = try frames(.http)
    let outcome = try run(frames, [ChainLink(name: "flow", analyzer: FlowAnalyzer(Options()))]) {
      $0.dispatch = .ahead
    } progress: {
      $0.packets < 300
    }
    #expect(outcome.summary.wasInterrupted)
    let packets = outcome.summary.packets
    #expect(packets >= 300)
    #expect(outcome.sink.frames == Array(frames.prefix(Int(packets))))
  }

  @Test("are none in an empty input")
  func empty() throws {
    #expect(try outcome([], .ahead).summary.packets == 0)
  }
}
