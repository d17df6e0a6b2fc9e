/// Which way bytes go, as the originator's own socket would say it.
@frozen
public enum Direction: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
  /// From the originator to the responder (`toserver` elsewhere).
  case out = 0
  /// From the responder to the originator (`toclient` elsewhere).
  case `in` = 1

  @inlinable
  public var reversed: Direction { self == .out ? .in : .out }

  @inlinable
  public var index: Int { Int(rawValue) }
}

extension Direction: CustomStringConvertible {
  /// `out` or `in`.
  public var description: String { self == .out ? "out" : "in" }
}
