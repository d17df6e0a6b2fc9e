import Analysis

/// The analyzer that one link of the chain has attached to one socket.
///
/// Not copyable, so that calling it in place costs no reference counting.
struct ChainSlot: ~Copyable {
  private let analyzer: any SocketAnalyzer
  let interest: Interest

  init(_ analyzer: any SocketAnalyzer, interest: Interest) {
    self.analyzer = analyzer
    self.interest = interest
  }

  /// A slot whose link wants nothing of the socket.
  static var empty: ChainSlot { ChainSlot(NoAnalyzer.shared, interest: []) }

  @inline(__always)
  borrowing func data(
    _ chunk: borrowing Chunk, _ context: inout Context
  ) throws -> Verdict {
    try analyzer.data(chunk, &context)
  }

  @inline(__always)
  borrowing func event(_ event: SocketEvent, _ context: inout Context) throws {
    try analyzer.event(event, &context)
  }
}

private final class NoAnalyzer: SocketAnalyzer, Sendable {
  static let shared = NoAnalyzer()
}
