/// The VLAN identifiers around a conversation, outermost first: none, one, or two (QinQ). A value of
/// four bytes where an array would be an object.
@frozen
public struct VLANTags: RandomAccessCollection, Hashable, Sendable, BitwiseCopyable {
  @usableFromInline let outer: UInt16
  @usableFromInline let inner: UInt16

  /// 0 is no tag (IEEE 802.1Q calls it a priority tag).
  @inlinable
  public init(outer: UInt16 = 0, inner: UInt16 = 0) {
    self.outer = outer
    self.inner = inner
  }

  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { outer != 0 ? 2 : inner != 0 ? 1 : 0 }

  @inlinable
  public subscript(position: Int) -> UInt16 {
    precondition(position >= 0 && position < endIndex)
    return position == 0 && outer != 0 ? outer : inner
  }
}

extension VLANTags: ExpressibleByArrayLiteral, CustomStringConvertible {
  /// Of more than two the innermost two count.
  public init(arrayLiteral tags: UInt16...) {
    self.init(outer: tags.dropLast().last ?? 0, inner: tags.last ?? 0)
  }

  public var description: String { Array(self).description }
}
