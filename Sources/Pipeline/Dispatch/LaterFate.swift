import Injection

/// What became of a packet after its batch had gone on.
struct LaterFate {
  var ordinal: UInt64
  var outcome: PacketOutcome
}
