/// Some values of an object that are reached in place, without a dynamic exclusivity check or a copy.
/// Whoever has one of them may not reach it again while it is lent.
@safe
public final class OwnedElements<Element: ~Copyable> {
  @usableFromInline let pointer: UnsafeMutablePointer<Element>
  public let count: Int

  public init(count: Int, _ element: (Int) -> Element) {
    self.count = count
    unsafe pointer = .allocate(capacity: max(count, 1))
    for index in 0..<count { unsafe (pointer + index).initialize(to: element(index)) }
  }

  deinit {
    unsafe pointer.deinitialize(count: count)
    unsafe pointer.deallocate()
  }

  public var indices: Range<Int> { 0..<count }

  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(pointer + index)
    }
    @inline(__always) unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe pointer + index
    }
  }
}
