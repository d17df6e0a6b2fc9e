/// Which way bytes go, as the originator's own socket would say it.
@frozen
public enum Direction: UInt8, Hashable, Sendable, BitwiseCopyable {
  /// From the originator to the responder (`toserver` elsewhere).
  case out = 0
  /// From the responder to the originator (`toclient` elsewhere).
  case `in` = 1

  @inlinable
  public var reversed: Direction { self == .out ? .in : .out }

  @inlinable
  public var index: Int { Int(rawValue) }
}

extension Direction: CaseIterable {
  /// Both, in order. Unlike an array it takes no memory.
  @frozen
  public struct Both: RandomAccessCollection, Sendable {
    @inlinable
    init() {}

    @inlinable
    public var startIndex: Int { 0 }

    @inlinable
    public var endIndex: Int { 2 }

    @inlinable
    public subscript(index: Int) -> Direction { index == 0 ? .out : .in }
  }

  public typealias AllCases = Both

  @inlinable
  public static var allCases: Both { Both() }
}

extension Direction: CustomStringConvertible {
  /// `out` or `in`.
  public var description: String { self == .out ? "out" : "in" }
}
