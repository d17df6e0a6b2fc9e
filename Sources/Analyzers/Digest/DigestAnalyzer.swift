package import Analysis

/// The measure of the reassembly: a byte count, a hash and the gaps of each direction.
package struct DigestAnalyzer: Analyzer {
  package static let name = "digest"
  package static let summary = "bytes, SHA-256 and gaps of each direction; one record a socket"

  private let budgets = PerShard { GapBudget() }

  package init(_ options: Options) throws {}

  /// An object, and the states of two hashes.
  package var bytesPerSocket: Int { 448 }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    SocketDigest(budget: budgets[socket])
  }
}

/// Gathers both directions of a socket and reports them when it is gone.
final class SocketDigest: SocketAnalyzer {
  var interest: Interest { [.all, .observing] }
  private var originator = StreamDigest()
  private var responder = StreamDigest()
  private let budget: GapBudget

  init(budget: GapBudget) { self.budget = budget }

  deinit {
    originator.gaps.release(to: budget)
    responder.gaps.release(to: budget)
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    switch chunk.direction {
    case .out: originator.add(chunk.bytes, within: budget)
    case .in: responder.add(chunk.bytes, within: budget)
    }
    return .allow
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    switch event {
    case .gap(.out, let offset, let length):
      originator.addGap(offset: offset, length: length)
    case .gap(.in, let offset, let length):
      responder.addGap(offset: offset, length: length)
    case .detached: context.emit(record(of: context.socket))
    default: break
    }
  }

  private func record(of socket: SocketInfo) -> Record {
    let (out, `in`) = (originator.result, responder.result)
    var record = Record("digest")
    record["digest"] = [
      "midstream": .bool(socket.isMidstream), "originator": out.value, "responder": `in`.value,
    ]
    record.describe { "out \(out.text), in \(`in`.text)" }
    return record
  }
}
