/// The frames that go through the stages together. Its memory is allocated once.
@safe
public struct FrameBatch: ~Copyable {
  @usableFromInline let frames: UnsafeMutablePointer<Frame>
  public private(set) var count = 0
  public let capacity: Int
  /// How many frames it is to take, when these are fewer than it has room for.
  public var limit: Int {
    didSet { limit = min(max(limit, 1), capacity) }
  }

  public init(capacity: Int = 64) {
    self.capacity = capacity
    limit = capacity
    unsafe frames = .allocate(capacity: capacity)
  }

  deinit { unsafe frames.deallocate() }

  public var isFull: Bool { count >= limit }
  public var isEmpty: Bool { count == 0 }

  public mutating func removeAll() { count = 0 }

  /// Keeps the first `count` frames.
  public mutating func truncate(to count: Int) { self.count = min(self.count, max(count, 0)) }

  /// Keeps the frames that match, in their order.
  @inlinable
  public mutating func keep(where matches: (Frame) -> Bool) {
    var kept = 0
    for index in 0..<count where matches(self[index]) {
      if kept < index { unsafe (frames + kept).update(from: frames + index, count: 1) }
      kept &+= 1
    }
    truncate(to: kept)
  }

  /// Bytes of all frames.
  public var capturedBytes: UInt64 {
    var sum: UInt64 = 0
    for index in 0..<count { sum &+= UInt64(self[index].capturedLength) }
    return sum
  }

  /// The batch must not be full.
  public mutating func append(_ frame: Frame) {
    precondition(count < capacity)
    unsafe (frames + count).initialize(to: frame)
    count &+= 1
  }

  /// A frame in place, whose index is checked once.
  @inlinable @inline(__always)
  public func reference(to index: Int) -> ElementReference<Frame> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return unsafe ElementReference(frames + index)
  }

  /// Asks for what the batch knows of a frame, not for its bytes. Any index is allowed.
  @inlinable @inline(__always)
  public func prefetch(_ index: Int) {
    unsafe Buffers.prefetch(UnsafeRawPointer(frames) + index &* MemoryLayout<Frame>.stride)
  }

  /// Asks for the cache line at `offset` in the bytes of a frame. Any offset is allowed.
  @inlinable @inline(__always)
  public func prefetch(bytesOf index: Int, at offset: Int) {
    let bytes = unsafe LentBytes(reference(to: index).element.bytes)
    unsafe Buffers.prefetch(bytes.start + offset)
  }

  @inlinable
  public subscript(index: Int) -> Frame {
    @inline(__always) unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(frames + index)
    }
  }
}
