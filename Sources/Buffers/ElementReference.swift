/// Points at one element of a `ReservedArray`: good for as long as that element is.
@safe
@frozen
public struct ElementReference<Element: ~Copyable>: BitwiseCopyable {
  @usableFromInline let pointer: UnsafeMutablePointer<Element>
  /// Its place in the array.
  public let index: Int

  @inlinable
  init(_ pointer: UnsafeMutablePointer<Element>, index: Int) {
    unsafe self.pointer = pointer
    self.index = index
  }

  @inlinable
  public var element: Element {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(pointer) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe pointer }
  }
}

extension ReservedArray where Element: ~Copyable {
  @inlinable @inline(__always)
  public func reference(to index: Int) -> ElementReference<Element> {
    precondition(index >= 0 && index < count)
    return unsafe ElementReference(base + index, index: index)
  }
}
