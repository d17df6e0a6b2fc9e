/// Points at one element of a `ReservedArray`: good for as long as that element is.
@safe
@frozen
public struct ElementReference<Element: ~Copyable>: BitwiseCopyable {
  @usableFromInline let pointer: UnsafeMutablePointer<Element>

  @inlinable
  init(_ pointer: UnsafeMutablePointer<Element>) { unsafe self.pointer = pointer }

  /// Points at what lies at `address`, which must be an element.
  @unsafe @inlinable
  public init(_ address: UnsafeMutableRawPointer) {
    unsafe pointer = address.assumingMemoryBound(to: Element.self)
  }

  @unsafe @inlinable
  public var address: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(pointer) }

  @inlinable
  public var element: Element {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(pointer) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe pointer }
  }

  /// Asks for its first two cache lines.
  @inlinable @inline(__always)
  public func prefetch() {
    unsafe Buffers.prefetch(UnsafeRawPointer(pointer))
    unsafe Buffers.prefetch(UnsafeRawPointer(pointer) + 64)
  }
}

/// Points at some elements of a `ReservedArray` that lie side by side: good for as long as they are.
@safe
@frozen
public struct ElementReferences<Element: ~Copyable>: BitwiseCopyable {
  @usableFromInline let first: UnsafeMutablePointer<Element>
  public let count: Int

  @inlinable
  init(_ first: UnsafeMutablePointer<Element>, count: Int) {
    unsafe self.first = first
    self.count = count
  }

  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return unsafe UnsafePointer(first + index)
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return unsafe first + index
    }
  }
}

extension ReservedArray where Element: ~Copyable {
  @inlinable @inline(__always)
  public func reference(to index: Int) -> ElementReference<Element> {
    precondition(index >= 0 && index < count)
    return unsafe ElementReference(base + index)
  }

  /// `count` elements from `index` on.
  @inlinable @inline(__always)
  public func references(from index: Int, count: Int) -> ElementReferences<Element> {
    precondition(index >= 0 && count >= 0 && index <= self.count &- count)
    return unsafe ElementReferences(base + index, count: count)
  }
}
