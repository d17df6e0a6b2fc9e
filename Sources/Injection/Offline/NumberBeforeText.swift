package import Sockets
import Wire

/// How far a stream is, by its packets that came before any text: where a connection is seen from the
/// middle on, the first text may stand in front of that, or behind it.
package struct NumberBeforeText: BitwiseCopyable, Sendable {
  private var number: UInt32?

  package init() {}

  /// Notes a packet that has `.beforeText`.
  ///
  /// - Returns: with the first text, the offset that the packets before it were at.
  package mutating func note(_ packet: CapturedPacket) -> Int64? {
    if packet.flags.contains(.syn) || packet.traits.contains(.isCorrupt) { return nil }
    if packet.length == 0 {
      let furthest = number ?? packet.sequence
      let isFurther = Int32(bitPattern: packet.sequence &- furthest) >= 0
      number = isFurther ? packet.sequence : furthest
      return nil
    }
    defer { number = nil }
    return number.map { Int64(Int32(bitPattern: $0 &- packet.sequence)) }
  }
}
