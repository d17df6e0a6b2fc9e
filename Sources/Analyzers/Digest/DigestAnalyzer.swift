package import Analysis

/// The measure of the reassembly: a byte count, a hash and the gaps of each direction.
package struct DigestAnalyzer: Analyzer {
  package static let name = "digest"
  package static let summary = "bytes, SHA-256 and gaps of each direction; one record a socket"

  package init(_ options: Options) throws {}

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { SocketDigest() }
}

/// Gathers both directions of a socket and reports them when it is gone.
final class SocketDigest: SocketAnalyzer {
  private var originator = StreamDigest()
  private var responder = StreamDigest()

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    switch chunk.direction {
    case .out: originator.add(chunk.bytes)
    case .in: responder.add(chunk.bytes)
    }
    return .allow
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    switch event {
    case .gap(.out, let offset, let length): originator.gaps.add(offset: offset, length: length)
    case .gap(.in, let offset, let length): responder.gaps.add(offset: offset, length: length)
    case .detached: context.emit(record(of: context.socket))
    default: break
    }
  }

  private func record(of socket: SocketInfo) -> Record {
    var record = Record("digest")
    record["digest"] = [
      "midstream": .bool(socket.isMidstream), "originator": originator.value,
      "responder": responder.value,
    ]
    record.text = "out \(originator.text), in \(responder.text)"
    return record
  }
}
