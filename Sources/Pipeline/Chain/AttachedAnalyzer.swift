import Analysis

/// The analyzer that a link of the chain has attached to a socket.
///
/// Not copyable, so that calling it in place costs no reference counting.
struct AttachedAnalyzer: ~Copyable {
  private let analyzer: any SocketAnalyzer

  init(_ analyzer: any SocketAnalyzer) { self.analyzer = analyzer }

  /// In the place of one that wants nothing of the socket.
  static var none: AttachedAnalyzer { AttachedAnalyzer(NoAnalyzer.shared) }

  /// The analyzer itself, to be kept elsewhere.
  borrowing func copy() -> any SocketAnalyzer { analyzer }

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
