import Analysis

/// Finds a text in streams, wherever these are cut, and drops the flows with it if it is told to.
struct Find: Analyzer {
  static let name = "find"
  static let summary = "where a text occurs in streams"
  static let settings = [
    Setting("text", .literal, "what to look for"),
    Setting("drop", .flag, default: "no", "whether such flows are left out of -w"),
  ]

  private let text: [UInt8]
  private let drops: Bool

  init(_ options: Options) throws {
    guard let text = options.literal("text"), !text.isEmpty else {
      throw OptionError("text=: expected what to look for")
    }
    self.text = text
    drops = options.flag("drop")
  }

  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { SocketFind(text, drops: drops) }
}

final class SocketFind: SocketAnalyzer {
  private let text: [UInt8]
  private let drops: Bool

  init(_ text: [UInt8], drops: Bool) {
    self.text = text
    self.drops = drops
  }

  var interest: Interest { .data }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    if let place = text.firstPlace(in: chunk.bytes) {
      var record = Record("find")
      record["find"] = [
        "direction": .string("\(chunk.direction)"),
        "offset": Record.Value(chunk.offset + UInt64(place)),
      ]
      context.emit(record)
      return drops ? .dropFlow : .allowPrefix(place + text.count, need: 0)
    }
    // The last bytes may be the beginning of it.
    let kept = text.overlap(withEndOf: chunk.bytes)
    if kept == 0 || chunk.final != nil { return .allow }
    return .allowPrefix(chunk.bytes.count - kept, need: 1)
  }
}
