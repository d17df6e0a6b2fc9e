public import CSystem

/// Asks for a cache line that will be read soon. Any address is allowed.
@unsafe @inlinable @inline(__always)
public func prefetch(_ address: UnsafeRawPointer) {
  unsafe csystem_prefetch(address)
}
