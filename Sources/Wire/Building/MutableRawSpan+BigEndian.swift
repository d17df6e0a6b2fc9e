extension MutableRawSpan {
  /// Writes an integer in network order. Bounds-checked: too small a buffer is our bug and traps,
  /// so every builder says beforehand how many bytes it writes.
  @inlinable @inline(__always)
  public mutating func store<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T, bigEndianAt offset: Int
  ) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
  }

  @inlinable @inline(__always)
  public mutating func store(byte value: UInt8, at offset: Int) {
    storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  /// Copies bytes to `offset`, where there must be room for them.
  @inlinable
  public mutating func copy(_ bytes: RawSpan, at offset: Int) {
    precondition(offset >= 0 && bytes.byteCount <= byteCount &- offset)
    unsafe withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        // In bounds by the check above, and apart: no span of mutable bytes can be borrowed here.
        guard let from = source.baseAddress, let base = target.baseAddress else { return }
        unsafe (base + offset).copyMemory(from: from, byteCount: source.count)
      }
    }
  }
}
