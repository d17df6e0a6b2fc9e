package import Sockets
import Synchronization

/// What a client is told of data that is held for it: numbers, as it may be another process.
package struct HeldNotice: Hashable, Sendable {
  package var socket: SocketID
  package var dataIndex: UInt32
  package var dataSize: Int
  /// Indices in the pool, ended by 255.
  package var buffers: [UInt8]
}

/// What a client answers: a verdict for a `dataIndex`, or buffers of it that it needs no more, or both.
package struct Response: Hashable, Sendable {
  package var socket: SocketID
  package var dataIndex: UInt32
  package var verdict: Verdict?
  /// Indices in the pool; one of 255 ends them.
  package var releasedBuffers: [UInt8]

  package init(
    socket: SocketID, dataIndex: UInt32, verdict: Verdict? = nil, releasedBuffers: [UInt8] = []
  ) {
    self.socket = socket
    self.dataIndex = dataIndex
    self.verdict = verdict
    self.releasedBuffers = releasedBuffers
  }
}

/// What is held for a client that knows it by numbers. Verdicts and buffers come back in any order, on
/// any thread, late or twice; what fits nothing is refused, counted, and does no harm.
package final class HeldChunks: Sendable {
  /// Why a response was refused, or a part of it.
  package enum Refusal: String, Hashable, Sendable, CaseIterable {
    /// The socket has gone, or never was.
    case staleSocket = "stale socket"
    /// No data of this index is held, or it has its verdict.
    case unknownData = "unknown data"
    /// The data does not lie in this buffer, or no longer.
    case unknownBuffer = "unknown buffer"
  }

  private struct Entry {
    var held: HeldChunk
    var isAnswered = false
    var buffers: [UInt8]
  }

  private struct State {
    var sockets: [SocketID: [UInt32: Entry]] = [:]
    var refusals: [Refusal: Int] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  /// A socket of which data may be held from now on.
  package func open(_ socket: SocketID) { state.withLock { $0.sockets[socket] = [:] } }

  /// A socket has gone: what comes for it is stale.
  package func close(_ socket: SocketID) {
    // Let go outside of the lock, as that is heard elsewhere.
    let entries = state.withLock { $0.sockets.removeValue(forKey: socket) }
    _ = entries
  }

  package func add(_ held: HeldChunk) -> HeldNotice {
    state.withLock {
      $0.sockets[held.socket, default: [:]][held.dataIndex] = Entry(
        held: held, buffers: held.buffers)
    }
    return HeldNotice(
      socket: held.socket, dataIndex: held.dataIndex, dataSize: held.count,
      buffers: held.buffers + [255])
  }

  /// Takes a response, as far as it fits.
  package func take(_ response: Response) {
    var answered: HeldChunk?
    var released: HeldChunk?
    state.withLock { state in
      guard var entries = state.sockets[response.socket] else {
        state.refusals[.staleSocket, default: 0] += 1
        return
      }
      guard var entry = entries[response.dataIndex] else {
        state.refusals[.unknownData, default: 0] += 1
        return
      }
      for buffer in response.releasedBuffers.prefix(while: { $0 != 255 }) {
        guard let place = entry.buffers.firstIndex(of: buffer) else {
          state.refusals[.unknownBuffer, default: 0] += 1
          continue
        }
        entry.buffers.remove(at: place)
        if entry.buffers.isEmpty { released = entry.held }
      }
      if response.verdict != nil {
        if entry.isAnswered { state.refusals[.unknownData, default: 0] += 1 }
        if !entry.isAnswered { answered = entry.held }
        entry.isAnswered = true
      }
      entries[response.dataIndex] = entry.isAnswered && entry.buffers.isEmpty ? nil : entry
      state.sockets[response.socket] = entries
    }
    released?.release()
    if let verdict = response.verdict { answered?.answer(verdict) }
  }

  package var refusals: [Refusal: Int] { state.withLock { $0.refusals } }
}
