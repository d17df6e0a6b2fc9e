import Analysis

/// How many lines each end of a socket has said.
struct Lines: Analyzer {
  static let name = "lines"
  static let summary = "how many lines each end of a socket has said"

  init(_ options: Options) {}

  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { SocketLines() }
}

/// Counts the lines of one socket.
final class SocketLines: SocketAnalyzer {
  private var lines = [0, 0]

  var interest: Interest { [.data, .events, .observing] }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    let newline = UInt8(ascii: "\n")
    for index in chunk.bytes.indices where chunk.bytes[index] == newline {
      lines[chunk.direction.index] += 1
    }
    return .allow
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    guard case .disconnected = event else { return }
    var record = Record("lines")
    record["lines"] = ["out": Record.Value(lines[0]), "in": Record.Value(lines[1])]
    context.emit(record)
  }
}
