public import Sockets
public import Wire

/// What an analyzer may ask and do during a call.
public struct Context: ~Copyable {
  /// The packet that completed what is being reported.
  public package(set) var packet: PacketInfo
  /// Which analyzer of the chain is being called, from 0.
  package var link: Int

  /// What was put into the streams during the call, in order.
  package var injections: [Injection] = []

  package struct Injection {
    package var direction: Direction
    package var bytes: [UInt8]
  }

  /// What was decided of the whole flow in an event.
  package var flowVerdict: Verdict?

  // The engine owns this context, so it outlives it; a strong reference would be a cycle.
  private unowned let engine: any AnalysisEngine

  /// Whether an event has brought nothing about.
  package var asksForNothing: Bool { flowVerdict == nil && injections.isEmpty }

  package init(engine: any AnalysisEngine) {
    self.engine = engine
    packet = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
    link = 0
  }

  /// Packet time.
  public var time: Timestamp { packet.timestamp }

  /// The socket as it stands now. Made anew at each call.
  public var socket: SocketInfo { engine.currentSocket() }

  /// Writes a record about this socket to the event log.
  public func emit(_ record: Record) { engine.emit(record) }

  /// Keeps a chunk for an answer that comes later: copies it to the pool of buffers, and waits for a
  /// free one where there is none. Whoever calls it answers `.pending` to the chunk.
  public func hold(_ chunk: borrowing Chunk) -> HeldChunk { engine.hold(chunk) }

  /// Decides in an event, `attached` for one, what becomes of the whole flow: `.bypass`, `.dropFlow`
  /// or `.resetFlow`. Other verdicts are for data, and refused.
  public mutating func decide(_ verdict: Verdict) { flowVerdict = verdict }

  /// Puts bytes into a direction, behind all that this analyzer has let go of it: in front of the chunk
  /// that it is called for, where that goes the same way. They leave with what comes next in that
  /// direction, be it an acknowledgement alone. Of TCP only.
  public mutating func inject(_ bytes: some Sequence<UInt8>, into direction: Direction) {
    let bytes = Array(bytes)
    if !bytes.isEmpty { injections.append(Injection(direction: direction, bytes: bytes)) }
  }

  /// Writes a line of text to the event log.
  public func print(_ line: String) { engine.print(line) }
}

/// What an analyzer may do at the end of a run.
public struct FinishContext: ~Copyable {
  private unowned let engine: any AnalysisEngine
  /// What the analyzer wants said of it in the summary.
  package private(set) var summaries: [String] = []

  package init(engine: any AnalysisEngine) { self.engine = engine }

  /// Writes a record about the whole run to the event log.
  public func emit(_ record: Record) { engine.emit(record) }

  /// Adds to what the summary says of this analyzer: `3 matches in 12 streams`.
  public mutating func summarize(_ text: String) { summaries.append(text) }
}

/// What stands behind a context.
package protocol AnalysisEngine: AnyObject {
  func currentSocket() -> SocketInfo
  func emit(_ record: Record)
  func print(_ line: String)
  func hold(_ chunk: borrowing Chunk) -> HeldChunk
}
