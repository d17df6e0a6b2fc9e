import Analysis
import SluiceCommand

/// Repeats what is said, in capitals.
final class Shout: Analyzer, SocketAnalyzer {
  static let name = "shout"
  static let summary = "what is said, in capitals"
  init(_ options: Options) {}
  func attach(to socket: borrowing SocketInfo) -> (any SocketAnalyzer)? { self }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    let text = chunk.bytes.indices.map { String(UnicodeScalar(chunk.bytes[$0])) }.joined()
    context.print(text.uppercased())
    return .allow
  }
}

@main enum Main {
  static func main() { Sluice.main(analyzers: [Shout.self]) }
}
