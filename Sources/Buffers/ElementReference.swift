/// Points at one element of a `ReservedArray`: good for as long as that element is.
@safe
@frozen
public struct ElementReference<Element: ~Copyable>: BitwiseCopyable {
  @usableFromInline let pointer: UnsafeMutablePointer<Element>

  @inlinable
  init(_ pointer: UnsafeMutablePointer<Element>) { unsafe self.pointer = pointer }

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
    return unsafe ElementReference(base + index)
  }
}
