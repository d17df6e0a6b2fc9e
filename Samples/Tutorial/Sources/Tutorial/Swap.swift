import Analysis

/// Puts another text in the place of one, wherever streams are cut.
struct Swap: Analyzer {
  static let name = "swap"
  static let summary = "puts another text in the place of one"
  static let settings = [
    Setting("text", .literal, "what to look for"),
    Setting("with", .literal, default: "", "what stands in its place"),
  ]

  private let text: [UInt8]
  private let replacement: [UInt8]

  init(_ options: Options) throws {
    guard let text = options.literal("text"), !text.isEmpty else {
      throw OptionError("text=: expected what to look for")
    }
    self.text = text
    replacement = options.literal("with") ?? []
  }

  /// A datagram is one piece: there is nothing to ask for.
  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    socket.transport == .tcp ? SocketSwap(text, with: replacement) : nil
  }
}

final class SocketSwap: SocketAnalyzer {
  private let text: [UInt8]
  private let replacement: [UInt8]

  init(_ text: [UInt8], with replacement: [UInt8]) {
    self.text = text
    self.replacement = replacement
  }

  var interest: Interest { .data }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    var edits: [Edit] = []
    var end = 0
    while let place = text.firstPlace(in: chunk.bytes.extracting(droppingFirst: end)) {
      edits.append(Edit(end + place..<end + place + text.count, with: replacement))
      end += place + text.count
    }
    // The last bytes may be the beginning of it.
    let kept = text.overlap(withEndOf: chunk.bytes.extracting(droppingFirst: end))
    if kept > 0, chunk.final == nil {
      return .editPrefix(edits, count: chunk.bytes.count - kept, need: 1)
    }
    return edits.isEmpty ? .allow : .edit(edits)
  }
}
