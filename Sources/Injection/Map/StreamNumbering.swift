package import Wire

/// How the sequence numbers of a stream and its offsets belong together. S and R begin with the same
/// number, so that one serves both.
package struct StreamNumbering: Hashable, Sendable {
  /// The sequence number of offset 0: the one behind the SYN.
  package var origin: SequenceNumber

  package init(origin: SequenceNumber) { self.origin = origin }

  package func number(_ offset: Int64) -> SequenceNumber {
    SequenceNumber(origin.rawValue &+ UInt32(truncatingIfNeeded: offset))
  }

  /// Of the offsets that have a number, the one nearest to another offset.
  package func offset(_ number: SequenceNumber, near other: Int64) -> Int64 {
    other &+ Int64(number.distance(from: self.number(other)))
  }
}
