import Analysis

/// Asks a list, which takes its time, whether a request may pass.
final class Gate: Analyzer, SocketAnalyzer {
  static let name = "gate"
  static let summary = "asks a slow list whether a request may pass"
  static let settings = [Setting("closed", .text, default: "/", "the paths that may not pass")]

  private let list: PathList

  init(_ options: Options) { list = PathList(closed: options.text("closed") ?? "/") }

  /// It keeps nothing of a socket, so it may serve all of them, from all workers.
  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { self }

  var interest: Interest { .dataOut }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    guard chunk.offset == 0 else { return .allow }
    guard let path = path(ofRequest: chunk.bytes) else {
      return chunk.final == nil ? .allowPrefix(0, need: 1) : .allow
    }
    let held = context.hold(chunk)
    Task { [list] in
      held.answer(try await list.isOpen(path) ? .bypass : .dropFlow)
    }
    return .pending
  }

  /// The second word of the first line; `nil` while that is not complete.
  private func path(ofRequest bytes: Span<UInt8>) -> Substring? {
    guard let end = bytes.indices.first(where: { bytes[$0] == UInt8(ascii: "\n") }) else {
      return nil
    }
    let line = String(decoding: (0..<end).map { bytes[$0] }, as: UTF8.self)
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    return words.count > 1 ? words[1] : ""
  }
}

/// Stands for a service that is asked over a network.
actor PathList {
  private let closed: String

  init(closed: String) { self.closed = closed }

  func isOpen(_ path: Substring) async throws -> Bool {
    try await Task.sleep(for: .milliseconds(20))
    return !path.hasPrefix(closed)
  }
}
