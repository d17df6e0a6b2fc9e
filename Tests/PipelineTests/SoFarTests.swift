import Analyzers
import Generation
import Support
import Testing

@testable import Pipeline

@Suite("How far a run is")
struct SoFarTests {
  @Test(
    "can be asked between batches, whoever does the work",
    arguments: [
      (1, RunConfiguration.Dispatch.inStep), (1, .ahead), (3, .inStep), (3, .ahead), (64, .ahead),
    ])
  func asked(workers: Int, dispatch: RunConfiguration.Dispatch) throws {
    let sink = MemorySink()
    _ = try generate(.many, options: GenerationOptions(bytes: 800_000, seed: 4), into: sink)
    var configuration = RunConfiguration()
    configuration.workers = workers
    configuration.dispatch = dispatch
    let run = try Run(
      configuration, source: MemorySource(sink.frames, batchSize: 16), log: MemoryLog(),
      formatter: EVEFormatter())
    var answers: [RunSummary] = []
    let summary = try run.perform { progress in
      if let answer = run.summarySoFar() {
        #expect(answer.packets == progress.packets)
        answers.append(answer)
      }
      return true
    }
    let sockets = answers.map(\.tcpSockets)
    // Workers answer after their next batch, and have at most 64 of them in hand.
    #expect(sockets.count >= sink.frames.count / 16 / 130)
    #expect(!sockets.isEmpty && sockets == sockets.sorted())
    #expect(sockets.allSatisfy { $0 > 0 && $0 <= summary.tcpSockets })
  }
}
