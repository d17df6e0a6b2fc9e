/// A value of an object that is reached in place, without a dynamic exclusivity check: for what every
/// packet needs of an object. Whoever has it may not reach it again while it is lent.
@safe
public final class OwnedElement<Element: ~Copyable> {
  @usableFromInline let pointer: UnsafeMutablePointer<Element>

  @inlinable
  public init(_ element: consuming Element) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: element)
  }

  deinit {
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }

  @inlinable
  public var element: Element {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(pointer) }
    @inline(__always) unsafeMutableAddress { unsafe pointer }
  }
}
