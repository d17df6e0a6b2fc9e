/// How far a receiver is and how far it lets its sender go, as offsets of one stream.
package struct ReceiveWindow: Hashable, Sendable {
  /// The first offset that it lacks.
  package var acknowledgment: Int64
  /// What it says its window is, in bytes.
  package var size: Int64

  package init(acknowledgment: Int64, size: Int64) {
    self.acknowledgment = acknowledgment
    self.size = size
  }

  /// The first offset that it does not want yet.
  package var edge: Int64 { acknowledgment &+ size }
}

extension SequenceMap {
  /// What a receiver of R says, as its sender has to hear it. It is the edge that is mapped: the size
  /// changes by what lies between.
  package func acknowledged(_ window: ReceiveWindow) -> ReceiveWindow {
    let acknowledgment = acknowledged(window.acknowledgment)
    let edge = max(acknowledged(window.edge), acknowledgment)
    return ReceiveWindow(acknowledgment: acknowledgment, size: edge &- acknowledgment)
  }

  /// What a receiver of S said, as it would have said it of R.
  package func mapped(_ window: ReceiveWindow) -> ReceiveWindow {
    let acknowledgment = mapped(window.acknowledgment)
    return ReceiveWindow(
      acknowledgment: acknowledgment,
      size: max(mapped(window.edge), acknowledgment) &- acknowledgment)
  }
}
