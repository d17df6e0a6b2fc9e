/// Sixteen bytes in some object that another part of the program fills with a value of a type of its
/// own, so that it needs no table beside the objects.
@safe
@frozen
public struct Room: BitwiseCopyable {
  @usableFromInline let address: UnsafeMutableRawPointer

  public static var byteCount: Int { 16 }

  /// `address` must hold `byteCount` bytes and be a multiple of it.
  @unsafe @inlinable
  public init(_ address: UnsafeMutableRawPointer) { unsafe self.address = address }

  /// The room must not hold a value that owns something.
  @inlinable @inline(__always)
  public func initialize<Value: ~Copyable>(to value: consuming Value) {
    precondition(
      MemoryLayout<Value>.size <= Self.byteCount
        && MemoryLayout<Value>.alignment <= Self.byteCount)
    unsafe address.initializeMemory(as: Value.self, to: value)
  }

  /// The room must hold such a value.
  @unsafe @inlinable @inline(__always)
  public func reference<Value: ~Copyable>(to type: Value.Type) -> ElementReference<Value> {
    unsafe ElementReference(address)
  }
}
