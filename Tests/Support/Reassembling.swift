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
  let reassembler = Reassembler(configuration, to: handler)
  reassembler.take(frames, batch: batch)
  reassembler.finish()
  return handler
}

extension Reassembler {
  /// Puts frames through in batches, and does not finish.
  public func take(_ frames: [CapturedFrame], batch capacity: Int = 128) {
    let source = MemorySource(frames)
    var batch = PacketBatch(capacity: capacity)
    while source.fill(&batch.frames) {
      dissector.dissect(&batch)
      process(batch)
    }
  }
}

/// The frames of several conversations in the order of their times.
public func merged(_ conversations: Conversation...) -> [CapturedFrame] {
  conversations.flatMap(\.frames).enumerated().sorted {
    ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset)
  }.map(\.element)
}
