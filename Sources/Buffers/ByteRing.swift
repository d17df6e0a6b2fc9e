import Glibc

/// Copies of the bytes that were put in last: what is older makes room.
@safe
public struct ByteRing: ~Copyable {
  /// Empty until something is put in.
  private var storage = ReservedArray<UInt8>(capacity: 1)
  private let size: Int
  /// Bytes ever put in, and left out to keep pieces in one.
  private var end: UInt64 = 0

  /// Memory is used as it fills.
  public init(size: Int) { self.size = size }

  /// The place of a copy; `nil` where it is larger than the ring.
  public mutating func append(_ bytes: RawSpan) -> UInt64? {
    guard bytes.byteCount <= size else { return nil }
    if storage.count == 0 { storage = ReservedArray(zeros: size) }
    let rest = size - Int(end % UInt64(size))
    if rest < bytes.byteCount { end += UInt64(rest) }
    let place = end
    let index = Int(place % UInt64(size))
    unsafe bytes.withUnsafeBytes {
      if let source = $0.baseAddress {
        unsafe memcpy(storage.reference(to: index).address, source, $0.count)
      }
    }
    end += UInt64(bytes.byteCount)
    return place
  }

  /// A copy, while it is still there.
  public func bytes(at place: UInt64, count: Int) -> LentBytes? {
    guard end - place <= UInt64(size), place + UInt64(count) <= end, count > 0 else { return nil }
    let start = unsafe UnsafeRawPointer(
      storage.reference(to: Int(place % UInt64(size))).address)
    return unsafe LentBytes(start, count: count)
  }
}
