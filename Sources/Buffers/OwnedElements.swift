/// Some values of an object that are reached in place, without a dynamic exclusivity check or a copy.
/// Whoever has one of them may not reach it again while it is lent.
@safe
public final class OwnedElements<Element> {
  @usableFromInline let pointer: UnsafeMutablePointer<Element>
  public let count: Int

  public init(_ elements: [Element]) {
    count = elements.count
    unsafe pointer = .allocate(capacity: max(count, 1))
    for (index, element) in elements.enumerated() {
      unsafe (pointer + index).initialize(to: element)
    }
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
