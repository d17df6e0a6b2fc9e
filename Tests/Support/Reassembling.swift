import Buffers
import Reassembly
import Sockets
import Wire

/// Puts frames through a reassembler, to the end of the input.
@discardableResult
public func reassemble(
  _ frames: [CapturedFrame], _ configuration: ReassemblyConfiguration = .init(), batch: Int = 128,
  to handler: RecordingHandler = RecordingHandler()
) -> RecordingHandler {
  let reassembly = WholeReassembly(configuration, to: handler)
  reassembly.take(frames, batch: batch)
  reassembly.finish()
  return handler
}

/// A decapsulator and the reassemblers behind it, one worker or several, all on one thread.
public final class WholeReassembly {
  private let handler: any SocketHandler
  private let division: ShardDivision
  private let decapsulator: Decapsulator
  private let reassemblers: [Reassembler]
  private var findings = DecapsulationFindings()

  public init(
    _ configuration: ReassemblyConfiguration, workers: Int = 1, to handler: any SocketHandler
  ) {
    self.handler = handler
    division = ShardDivision(workers: workers)
    decapsulator = Decapsulator(configuration, division)
    reassemblers = (0..<workers).map { [division] in
      Reassembler(configuration, worker: $0, of: division, to: handler)
    }
  }

  public var counts: ReassemblyCounts {
    reassemblers.reduce(into: findings.counts) { $0 += $1.counts }
  }

  public var heldBytes: Int {
    reassemblers.reduce(decapsulator.heldBytes) { $0 + $1.heldBytes }
  }

  /// Puts frames through in batches, and does not finish.
  public func take(_ frames: [CapturedFrame], batch capacity: Int = 128) {
    let source = MemorySource(frames)
    var batch = PacketBatch(capacity: capacity, division)
    while source.fill(&batch.frames) { take(&batch) }
  }

  public func take(_ batch: inout PacketBatch) {
    decapsulator.prepare(&batch)
    add(batch.findings)
    for reassembler in reassemblers { reassembler.process(batch) }
  }

  public func finish() {
    add(decapsulator.finish())
    for reassembler in reassemblers { reassembler.beginEnd(with: reassemblers[0].lastPacket) }
    // One after the other, whoever has it: they share a handler.
    while let next = reassemblers.compactMap({ $0.birth(after: 0) }).min() {
      for reassembler in reassemblers { reassembler.end(through: next) }
    }
  }

  private func add(_ found: DecapsulationFindings) {
    findings += found
    let nowhere = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
    for (weird, times) in found.weirds.all {
      for _ in 0..<times { handler.weird(WeirdNote(weird), of: nil, packet: nowhere) }
    }
  }
}

/// The frames of several conversations in the order of their times.
public func merged(_ conversations: Conversation...) -> [CapturedFrame] {
  conversations.flatMap(\.frames).enumerated().sorted {
    ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset)
  }.map(\.element)
}
