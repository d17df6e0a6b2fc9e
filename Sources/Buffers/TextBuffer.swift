import Glibc

/// Text that is written one piece behind the other, as the lines of a log are: UTF-8 in memory of its
/// own, which grows as it is written and is kept for what is written next.
///
/// A line of a log has many pieces, most of them of a few bytes, and an array would have to find out at
/// each whether somebody shares it.
@safe
public struct TextBuffer: ~Copyable, @unchecked Sendable {
  // Unchecked: the memory belongs to one buffer, which is never copied.
  /// Means something once there is room.
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity = 0
  /// Bytes.
  @usableFromInline var used = 0

  /// - Parameter capacity: bytes that there is room for from the start.
  public init(capacity: Int = 0) {
    unsafe base = UnsafeMutableRawPointer(bitPattern: 1)!
    reserve(capacity)
  }

  deinit { if capacity > 0 { unsafe free(base) } }

  @inlinable
  public var count: Int { used }

  @inlinable
  public var isEmpty: Bool { used == 0 }

  @inlinable
  public var last: UInt8? {
    used > 0 ? unsafe base.load(fromByteOffset: used - 1, as: UInt8.self) : nil
  }

  @inlinable
  public var span: Span<UInt8> {
    @_lifetime(borrow self) get {
      let start = unsafe UnsafePointer(base.assumingMemoryBound(to: UInt8.self))
      let span = unsafe Span(_unsafeStart: start, count: used)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  // MARK: Writing

  @inlinable @inline(__always)
  public mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe base.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
    used &+= 1
  }

  /// What the program itself says: its length is known, and a short one takes no call.
  @inlinable @inline(__always)
  public mutating func append(_ literal: StaticString) {
    let length = literal.utf8CodeUnitCount
    reserve(length)
    unsafe (base + used).copyMemory(from: literal.utf8Start, byteCount: length)
    used &+= length
  }

  @inlinable @inline(__always)
  public mutating func append(_ bytes: Span<UInt8>) {
    let length = bytes.count
    reserve(length)
    unsafe bytes.withUnsafeBytes { unsafe copy($0) }
    used &+= length
  }

  /// To where the next bytes go. Most pieces are names and numbers, too short to be worth a call: those
  /// of at least 4 and at most 16 bytes are copied as two words that may overlap.
  @inlinable @inline(__always)
  func copy(_ bytes: UnsafeRawBufferPointer) {
    let length = bytes.count
    guard length > 0, let start = unsafe bytes.baseAddress else { return }
    if length > 16 || length < 4 {
      unsafe (base + used).copyMemory(from: start, byteCount: length)
    } else if length >= 8 {
      unsafe copyEnds(of: start, length, as: UInt64.self)
    } else {
      unsafe copyEnds(of: start, length, as: UInt32.self)
    }
  }

  @inlinable @inline(__always)
  func copyEnds<Word: FixedWidthInteger & BitwiseCopyable>(
    of start: UnsafeRawPointer, _ length: Int, as type: Word.Type
  ) {
    let rest = length &- MemoryLayout<Word>.size
    let first = unsafe start.loadUnaligned(as: Word.self)
    let last = unsafe start.loadUnaligned(fromByteOffset: rest, as: Word.self)
    unsafe base.storeBytes(of: first, toByteOffset: used, as: Word.self)
    unsafe base.storeBytes(of: last, toByteOffset: used &+ rest, as: Word.self)
  }

  /// The UTF-8 of `text`, as it is.
  @inlinable
  public mutating func append(text: String) { append(text.utf8.span) }

  /// A whole number in decimal digits.
  @inlinable
  public mutating func append(decimal value: some FixedWidthInteger) {
    if value < 0 { append(UInt8(ascii: "-")) }
    appendDecimal(UInt64(value.magnitude))
  }

  @usableFromInline
  mutating func appendDecimal(_ value: UInt64) {
    reserve(20)
    var length = 1
    var bound: UInt64 = 10
    while value >= bound, length < 20 {
      length &+= 1
      let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
      bound = overflow ? .max : next
    }
    putDigits(value, count: length)
  }

  /// The last so many decimal digits of a number, with zeros in front. At most 20.
  @inlinable @inline(__always)
  public mutating func append(digits value: UInt64, count: Int) {
    precondition(count <= 20)
    reserve(20)
    putDigits(value, count: count)
  }

  /// For so many there is room.
  @inlinable @inline(__always)
  mutating func putDigits(_ value: UInt64, count: Int) {
    var rest = value
    var index = used &+ count
    used = index
    for _ in 0..<count {
      index &-= 1
      let digit = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      unsafe base.storeBytes(of: digit, toByteOffset: index, as: UInt8.self)
      rest /= 10
    }
  }

  // MARK: Room

  /// Room for so many more bytes.
  @inlinable @inline(__always)
  mutating func reserve(_ more: Int) {
    if capacity &- used < more { grow(by: more) }
  }

  @usableFromInline @inline(never)
  mutating func grow(by more: Int) {
    let size = max(capacity * 2, used + more, 256)
    let old = unsafe capacity > 0 ? base : nil
    guard let memory = unsafe realloc(old, size) else { fatalError("no memory for \(size) bytes") }
    unsafe base = memory
    capacity = size
  }

  /// Begins anew. Memory beyond so many bytes is given back.
  public mutating func removeAll(keeping most: Int = .max) {
    used = 0
    guard capacity > most else { return }
    unsafe free(base)
    capacity = 0
  }
}

extension String {
  /// What a buffer holds.
  @inlinable
  public init(_ text: borrowing TextBuffer) {
    self = unsafe text.span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
