import Reassembly
import Support
import Testing

/// What became of the sockets of a capture, and that the contract of the handler was kept.
func lives(
  _ frames: [CapturedFrame], _ configuration: ReassemblyConfiguration = .init(), batch: Int = 128,
  to handler: RecordingHandler = RecordingHandler(),
  sourceLocation: SourceLocation = #_sourceLocation
) -> [[String]] {
  let handler = reassemble(frames, configuration, batch: batch, to: handler)
  #expect(handler.violations == [], sourceLocation: sourceLocation)
  #expect(handler.openCount == 0, sourceLocation: sourceLocation)
  return handler.sockets.map(\.transcript)
}

func lives(
  _ talk: Conversation, _ configuration: ReassemblyConfiguration = .init(),
  sourceLocation: SourceLocation = #_sourceLocation
) -> [[String]] {
  lives(talk.frames, configuration, sourceLocation: sourceLocation)
}

/// The beginning of every connection whose handshake was seen.
let opening = ["attached", "connecting", "connected"]
/// The end of a connection that the originator closes first.
let closing = [
  "cant_send_more", "out shutdown", "cant_receive_more", "closing", "disconnecting",
  "disconnected fin", "detached",
]
let resetEnding = ["closing", "disconnecting", "disconnected reset", "detached"]
let inputEnding = ["disconnected end_of_input", "detached"]
