/// Where something that is written (a log record, a packet) belongs in the order of all output:
/// behind the input packet that caused it, and among the effects of that packet by sub-index.
///
/// Output is written in the order of keys, so that neither the number of workers nor the moment of
/// a verdict shows in it.
@frozen
public struct OutputKey: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The number of the input packet, from 1.
  public var ordinal: UInt64
  /// Counts from 0 within one input packet.
  public var subIndex: UInt64

  @inlinable
  public init(ordinal: UInt64, subIndex: UInt64 = 0) {
    self.ordinal = ordinal
    self.subIndex = subIndex
  }

  @inlinable
  public static func < (left: Self, right: Self) -> Bool {
    (left.ordinal, left.subIndex) < (right.ordinal, right.subIndex)
  }
}
