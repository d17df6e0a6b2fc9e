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
  let reassembler = Reassembler(configuration)
  reassembler.take(frames, batch: batch, to: handler)
  reassembler.finish(to: handler) {}
  return handler
}

extension Reassembler {
  /// Puts frames through in batches, and does not finish.
  public func take(
    _ frames: [CapturedFrame], batch capacity: Int = 128, to handler: any SocketHandler
  ) {
    let source = MemorySource(frames)
    var batch = FrameBatch(capacity: capacity)
    while source.fill(&batch) { process(batch, to: handler) }
  }
}

/// The frames of several conversations in the order of their times.
public func merged(_ conversations: Conversation...) -> [CapturedFrame] {
  conversations.flatMap(\.frames).enumerated().sorted {
    ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset)
  }.map(\.element)
}
