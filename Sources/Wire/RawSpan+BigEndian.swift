extension RawSpan {
  /// An integer in network order. Bounds-checked: an offset outside the span is our bug and traps,
  /// so every view checks its lengths once, in its initialiser.
  @inlinable @inline(__always)
  public func load<T: FixedWidthInteger & BitwiseCopyable>(
    bigEndianAt offset: Int, as type: T.Type = T.self
  ) -> T {
    // The load is bounds-checked, and an integer has no invalid bit pattern.
    T(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// An integer in the order of this machine, which is little-endian.
  @inlinable @inline(__always)
  public func load<T: FixedWidthInteger & BitwiseCopyable>(
    littleEndianAt offset: Int, as type: T.Type = T.self
  ) -> T {
    T(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  @inlinable @inline(__always)
  public func byte(at offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// A vector of integers in the order of this machine.
  @inlinable @inline(__always)
  func load<T: SIMD & BitwiseCopyable>(vectorAt offset: Int, as type: T.Type = T.self) -> T {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }
}
