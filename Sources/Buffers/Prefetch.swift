public import CSystem

/// Asks for a cache line that will be read soon. Any address is allowed.
@unsafe @inlinable @inline(__always)
public func prefetch(_ address: UnsafeRawPointer) {
  unsafe csystem_prefetch(address)
}

extension RawSpan {
  /// Asks for the cache lines of its bytes, of the first of them where they are many.
  @inlinable @inline(__always)
  public func prefetch() {
    unsafe withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      for offset in stride(from: 0, to: min(bytes.count &+ 63, 512), by: 64) {
        unsafe Buffers.prefetch(start + offset)
      }
    }
  }
}
