/// A TCP sequence number (RFC 9293 §3.4): arithmetic is modulo 2³², and nothing traps.
@frozen
public struct SequenceNumber: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32

  @inlinable
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// How far `self` lies after `other`; negative when it lies before.
  @inlinable
  public func distance(from other: Self) -> Int {
    Int(Int32(bitPattern: rawValue &- other.rawValue))
  }

  @inlinable
  public static func + (left: Self, right: Int) -> Self {
    Self(left.rawValue &+ UInt32(truncatingIfNeeded: right))
  }

  @inlinable
  public static func += (left: inout Self, right: Int) { left = left + right }

  @inlinable
  public func isAfter(_ other: Self) -> Bool { distance(from: other) > 0 }

  @inlinable
  public func isBefore(_ other: Self) -> Bool { distance(from: other) < 0 }
}

extension SequenceNumber: CustomStringConvertible {
  public var description: String { String(rawValue) }
}
