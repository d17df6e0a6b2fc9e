import Analysis
import Analyzers
import Pipeline
import Reassembly
import Support
import Synchronization

/// What the analyzers of a chain were told, line by line: `a out hello`.
final class Diary: @unchecked Sendable {
  // Unchecked: workers only add lines, behind the lock.
  private let lock = Mutex(())
  var lines: [String] = []
  /// Numbers of the packets of the lines.
  var ordinals: [UInt64] = []

  func note(_ line: String, _ ordinal: UInt64) {
    lock.withLock { _ in
      lines.append(line)
      ordinals.append(ordinal)
    }
  }
}

/// An analyzer of a test: writes down what it is told and answers as the test says.
struct ScriptedAnalyzer: Analyzer {
  static let name = "scripted"
  static let summary = "for tests"

  typealias Answer = @Sendable (Chunk.Copy) throws -> Verdict

  var mark = "a"
  var diary = Diary()
  var interest: Interest = .all
  var isWanted: @Sendable (SocketInfo) -> Bool = { _ in true }
  var answer: Answer = { _ in .allow }
  var onEvent: @Sendable (SocketEvent) throws -> Void = { _ in }

  init(_ mark: String, _ diary: Diary, interest: Interest = .all) {
    self.mark = mark
    self.diary = diary
    self.interest = interest
  }

  init(_ options: Options) {}

  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    isWanted(socket) ? ScriptedSocket(self) : nil
  }

  func finish(_ context: inout FinishContext) {
    var record = Record("finish")
    record["mark"] = .string(mark)
    context.emit(record)
    context.summarize("\(mark) is done")
  }
}

final class ScriptedSocket: SocketAnalyzer {
  private let script: ScriptedAnalyzer
  init(_ script: ScriptedAnalyzer) { self.script = script }

  var interest: Interest { script.interest }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) throws -> Verdict {
    let copy = Chunk.Copy(chunk)
    let text = String(decoding: copy.bytes, as: UTF8.self)
    script.diary.note("\(script.mark) \(chunk.direction) \(text)", context.packet.ordinal)
    return try script.answer(copy)
  }

  func event(_ event: SocketEvent, _ context: inout Context) throws {
    script.diary.note("\(script.mark) \(event)", context.packet.ordinal)
    var record = Record("note")
    record["event"] = .string("\(event)")
    record["mark"] = .string(script.mark)
    context.emit(record)
    try script.onEvent(event)
  }
}

extension Chunk {
  struct Copy: Sendable {
    var bytes: [UInt8]
    var direction: Direction
    var offset: UInt64
    var final: FinalReason?

    init(_ chunk: borrowing Chunk) {
      bytes = chunk.bytes.indices.map { _ in 0 }
      for index in chunk.bytes.indices { bytes[index] = chunk.bytes[index] }
      direction = chunk.direction
      offset = chunk.offset
      final = chunk.final
    }
  }
}

/// What came of a run.
struct Outcome {
  var summary: RunSummary
  var log = MemoryLog()
  var sink = MemorySink()

  var eventTypes: [String] { log.records.compactMap { $0["event_type"] as? String } }
}

/// Runs a chain over frames in memory.
func run(
  _ frames: [CapturedFrame], _ chain: [ChainLink], batchSize: Int = .max,
  _ configure: (inout RunConfiguration) -> Void = { _ in },
  progress: (Run.Progress) -> Bool = { _ in true }
) throws -> Outcome {
  var configuration = RunConfiguration()
  configuration.chain = chain
  configure(&configuration)
  let (log, sink) = (MemoryLog(), MemorySink())
  let run = try Run(
    configuration, source: MemorySource(frames, batchSize: batchSize), sink: sink, log: log,
    formatter: EVEFormatter())
  let summary = try run.perform(progress: progress)
  return Outcome(summary: summary, log: log, sink: sink)
}

func link(_ analyzer: ScriptedAnalyzer, _ select: (inout Selection) -> Void = { _ in }) -> ChainLink
{
  var selection = Selection()
  select(&selection)
  return ChainLink(name: "scripted", analyzer: analyzer, selection: selection)
}
