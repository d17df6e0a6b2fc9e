/// Where some bytes lie, kept beyond the call that they were lent to: good for as long as whoever keeps
/// it knows that they stay.
@safe
public struct LentBytes: BitwiseCopyable {
  @usableFromInline let start: UnsafeRawPointer
  public let count: Int

  @unsafe @inlinable @inline(__always)
  public init(_ bytes: RawSpan) {
    unsafe start = bytes.withUnsafeBytes {
      unsafe $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    }
    count = bytes.byteCount
  }

  @unsafe @inlinable @inline(__always)
  init(_ start: UnsafeRawPointer, count: Int) {
    unsafe self.start = start
    self.count = count
  }

  @unsafe @inlinable
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let span = unsafe RawSpan(_unsafeStart: start, byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Made of an `address`, and how many bytes lie there.
  @unsafe @inlinable
  public init(address: UInt64, count: Int) {
    let start = unsafe UnsafeRawPointer(bitPattern: UInt(address))
    unsafe self.init(start ?? UnsafeRawPointer(bitPattern: 1)!, count: count)
  }

  @inlinable
  public var address: UInt64 { unsafe UInt64(UInt(bitPattern: start)) }

  /// What lies before the bytes, as far as it is known to be there.
  @unsafe @inlinable
  public func preceding(_ count: Int) -> LentBytes { unsafe LentBytes(start - count, count: count) }

  /// The same with what follows.
  @unsafe @inlinable
  public func extended(by count: Int) -> LentBytes {
    unsafe LentBytes(start, count: self.count + count)
  }

  /// Where other bytes begin in these, if they lie in them.
  @inlinable @inline(__always)
  public func offset(of other: RawSpan) -> Int? {
    guard count > 0, other.byteCount > 0 else { return nil }
    let distance = unsafe LentBytes(other).start - start
    return distance >= 0 && distance + other.byteCount <= count ? distance : nil
  }
}
