/// What is kept of a connection when its socket has gone, by a number.
public struct DepartureMemo: Hashable, Sendable, BitwiseCopyable {
  public var number: UInt32

  @inlinable
  public init(number: UInt32) { self.number = number }

  /// Nothing is kept.
  public static let none = Self(number: 0)
  /// It was dropped, which is all that has to be known of it.
  public static let dropped = Self(number: .max)
}
