import Analysis

/// Stands where the pipeline stands: answers an analyzer's questions and keeps what it says.
final class RecordingEngine: AnalysisEngine {
  var socket: SocketInfo
  private(set) var records: [Record] = []
  private(set) var lines: [String] = []

  init(_ socket: SocketInfo = .sample()) { self.socket = socket }

  func currentSocket() -> SocketInfo { socket }
  func emit(_ record: Record) { records.append(record) }
  func hold(_ chunk: borrowing Chunk) -> HeldChunk { fatalError("these analyzers hold nothing") }

  func print(_ line: String) { lines.append(line) }
}

/// What may happen to a socket.
enum Step {
  case out([UInt8], at: UInt64)
  case `in`([UInt8], at: UInt64)
  case event(SocketEvent)
}

extension RecordingEngine {
  /// Attaches the analyzer to the engine's socket and shows it the steps, then the end.
  func play(_ steps: [Step], to analyzer: some Analyzer) throws {
    guard let looker = analyzer.attach(to: socket) else { return }
    try play([.event(.attached)] + steps + [.event(.detached)], to: looker)
  }

  func play(_ steps: [Step], to looker: any SocketAnalyzer) throws {
    var context = Context(engine: self)
    context.packet = PacketInfo(ordinal: 7, timestamp: .sample)
    for step in steps {
      switch step {
      case .out(let bytes, let offset):
        _ = try looker.data(Chunk(bytes.span, direction: .out, offset: offset), &context)
      case .in(let bytes, let offset):
        _ = try looker.data(Chunk(bytes.span, direction: .in, offset: offset), &context)
      case .event(let event): try looker.event(event, &context)
      }
    }
  }
}
