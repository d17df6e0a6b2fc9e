import Buffers
import Deferral
import Injection

/// What became of a packet after its batch had gone on.
struct LaterFate {
  var ordinal: UInt64
  var outcome: PacketOutcome
}

/// Notes in the batch at hand what becomes of its packets, and keeps what becomes of earlier ones.
final class FateBook: PacketFates {
  /// The packets at hand.
  var batch: ElementReference<Batch>?
  private var later: [LaterFate] = []

  func decide(packet ordinal: UInt64, _ outcome: PacketOutcome) {
    if let batch, let index = batch.element.index(ofPacket: ordinal) {
      batch.element.setFate(outcome, at: index)
    } else {
      later.append(LaterFate(ordinal: ordinal, outcome: outcome))
    }
  }

  func takeLater() -> [LaterFate] {
    defer { later = [] }
    return later
  }
}
