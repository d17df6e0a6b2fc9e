/// Takes packets in their final order: a capture file, a wire.
public protocol PacketSink: AnyObject {
  /// Writes one frame. `interfaces` are those of the source that the frame's index speaks of.
  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws

  /// Writes out what is still buffered. Nothing may be written afterwards.
  func finish() throws
}
