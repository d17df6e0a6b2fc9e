package import Analysis

/// Puts bytes in front of each direction of a stream: a banner. `direction=` chooses one of the two.
///
/// It leaves streams alone whose first byte was not seen. Of datagrams it is the first one of each
/// direction that grows.
package struct InsertAnalyzer: Analyzer {
  package static let name = "insert"
  package static let summary = "puts text in front of each direction (direction= for one of them)"
  package static let settings = [
    Setting("text", .literal, "what is inserted, once, before the first byte of the direction")
  ]

  private let edit: Edit
  private let shards = PerShard { InsertShard() }

  package init(_ options: Options) throws {
    guard let text = options.literal("text"), !text.isEmpty else {
      throw OptionError("text= is missing: what is to be inserted")
    }
    edit = Edit(0..<0, with: text)
  }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    InsertSocket(edit, shards[socket], isMidstream: socket.isMidstream && socket.transport == .tcp)
  }

  package func finish(_ context: inout FinishContext) {
    let total = shards.all.reduce(into: (inserted: UInt64(0), missed: UInt64(0))) {
      $0.inserted += $1.inserted
      $0.missed += $1.missed
    }
    context.summarize("inserted in \(total.inserted.counted("stream"))")
    if total.missed > 0 {
      context.summarize("not in \(total.missed.counted("stream")) without a first byte")
    }
  }
}

final class InsertShard {
  var inserted: UInt64 = 0
  /// Streams whose first byte was not seen.
  var missed: UInt64 = 0
}

final class InsertSocket: SocketAnalyzer {
  var interest: Interest { .data }

  private let edit: Edit
  private let shard: InsertShard
  private let isMidstream: Bool
  /// By `Direction.index`.
  private var isDone: (Bool, Bool) = (false, false)

  init(_ edit: Edit, _ shard: InsertShard, isMidstream: Bool) {
    self.edit = edit
    self.shard = shard
    self.isMidstream = isMidstream
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    let isDone = chunk.direction == .out ? isDone.0 : isDone.1
    if isDone || chunk.bytes.isEmpty { return .allow }
    if chunk.direction == .out { self.isDone.0 = true } else { self.isDone.1 = true }
    if chunk.offset > 0 || isMidstream {
      shard.missed += 1
      return .allow
    }
    shard.inserted += 1
    return .edit([edit])
  }
}
