public import Buffers

/// Frames and what was found in them: what goes from the capture to the sockets in one piece.
public struct PacketBatch: ~Copyable {
  public var frames: FrameBatch
  let dissections: ReservedArray<Dissection>

  public init(capacity: Int = 128) {
    frames = FrameBatch(capacity: capacity)
    var dissections = ReservedArray<Dissection>(capacity: capacity)
    for _ in 0..<capacity { dissections.append(Dissection()) }
    self.dissections = dissections
  }
}
