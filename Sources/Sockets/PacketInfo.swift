public import Wire

/// Which packet something belongs to.
@frozen
public struct PacketInfo: Hashable, Sendable, BitwiseCopyable {
  /// The number of the packet in the whole input, from 1.
  public var ordinal: UInt64
  public var timestamp: Timestamp

  @inlinable
  public init(ordinal: UInt64, timestamp: Timestamp) {
    self.ordinal = ordinal
    self.timestamp = timestamp
  }
}
