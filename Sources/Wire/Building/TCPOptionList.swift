/// A range of a stream that the receiver holds: `left ..< right` (RFC 2018 §3).
@frozen
public struct SACKBlock: Hashable, Sendable, BitwiseCopyable {
  public var left: SequenceNumber
  public var right: SequenceNumber

  @inlinable
  public init(left: SequenceNumber, right: SequenceNumber) {
    self.left = left
    self.right = right
  }
}

/// The options of a TCP header to be written: at most 40 bytes, kept in place.
///
/// Each `append` says whether there was room; without room nothing changes.
public struct TCPOptionList: Sendable {
  @usableFromInline var storage = InlineArray<40, UInt8>(repeating: 0)
  @usableFromInline var used = 0

  public init() {}

  /// With the padding to a multiple of 4, which is End of Option List (RFC 9293 §3.1).
  public var byteCount: Int { (used + 3) & ~3 }

  public mutating func removeAll() {
    storage = InlineArray(repeating: 0)
    used = 0
  }

  /// Bytes that are options already, padding included: as they stand in another header.
  @discardableResult
  public mutating func append(raw bytes: RawSpan) -> Bool {
    guard bytes.byteCount <= 40 - used else { return false }
    for index in 0..<bytes.byteCount { storage[used + index] = bytes.byte(at: index) }
    used += bytes.byteCount
    return true
  }

  /// Any option: its kind, its length and `value`.
  @discardableResult
  public mutating func append(kind: UInt8, value: RawSpan) -> Bool {
    guard beginOption(kind, valueLength: value.byteCount) else { return false }
    return append(raw: value)
  }

  @discardableResult
  public mutating func appendNoOperation() -> Bool {
    guard used < 40 else { return false }
    put(TCPOptions.Kind.noOperation)
    return true
  }

  @discardableResult
  public mutating func appendMaximumSegmentSize(_ size: UInt16) -> Bool {
    guard beginOption(TCPOptions.Kind.maximumSegmentSize, valueLength: 2) else { return false }
    put(size)
    return true
  }

  @discardableResult
  public mutating func appendWindowScale(_ shift: UInt8) -> Bool {
    guard beginOption(TCPOptions.Kind.windowScale, valueLength: 1) else { return false }
    put(shift)
    return true
  }

  @discardableResult
  public mutating func appendSACKPermitted() -> Bool {
    beginOption(TCPOptions.Kind.sackPermitted, valueLength: 0)
  }

  /// TSval and TSecr (RFC 7323 §3.2).
  @discardableResult
  public mutating func appendTimestamps(value: UInt32, echo: UInt32) -> Bool {
    guard beginOption(TCPOptions.Kind.timestamps, valueLength: 8) else { return false }
    put(value)
    put(echo)
    return true
  }

  /// One to four blocks.
  @discardableResult
  public mutating func appendSACK(_ blocks: Span<SACKBlock>) -> Bool {
    guard blocks.count > 0,
      beginOption(TCPOptions.Kind.sack, valueLength: 8 * blocks.count)
    else { return false }
    for index in blocks.indices {
      put(blocks[index].left.rawValue)
      put(blocks[index].right.rawValue)
    }
    return true
  }

  /// Writes `byteCount` bytes at `offset`.
  public func write(to buffer: inout MutableRawSpan, at offset: Int) {
    for index in 0..<byteCount { buffer.store(byte: storage[index], at: offset + index) }
  }

  private mutating func beginOption(_ kind: UInt8, valueLength: Int) -> Bool {
    guard valueLength + 2 <= 40 - used else { return false }
    put(kind)
    put(UInt8(truncatingIfNeeded: valueLength + 2))
    return true
  }

  /// Room has been checked.
  private mutating func put<T: FixedWidthInteger>(_ value: T) {
    for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
      storage[used] = UInt8(truncatingIfNeeded: value >> T(shift))
      used += 1
    }
  }
}
