import Analysis

/// Writes the streams of one socket, and reports the files when it is gone: a socket that had
/// neither data nor gaps has no record.
final class SocketRecorder: SocketAnalyzer {
  var interest: Interest { [.all, .observing] }
  private let files: FileCache
  private let limit: UInt64
  private let budget: GapBudget
  private var originator = StreamRecording()
  private var responder = StreamRecording()

  init(files: FileCache, limit: UInt64, budget: GapBudget) {
    self.files = files
    self.limit = limit
    self.budget = budget
  }

  deinit {
    originator.gaps.release(to: budget)
    responder.gaps.release(to: budget)
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) throws -> Verdict {
    switch chunk.direction {
    case .out: try originator.write(chunk, to: files, limit: limit, of: context)
    case .in: try responder.write(chunk, to: files, limit: limit, of: context)
    }
    return .allow
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    switch event {
    case .gap(.out, let offset, let length):
      originator.gaps.add(offset: offset, length: length, within: budget)
    case .gap(.in, let offset, let length):
      responder.gaps.add(offset: offset, length: length, within: budget)
    case .detached: finish(&context)
    default: break
    }
  }

  private func finish(_ context: inout Context) {
    originator.close(in: files)
    responder.close(in: files)
    if originator.isEmpty && responder.isEmpty { return }
    let socket = context.socket
    var record = Record("record")
    record["record"] = [
      "originator": originator.value(named: StreamFileName.of(socket, .out)),
      "responder": responder.value(named: StreamFileName.of(socket, .in)),
    ]
    context.emit(record)
  }
}
