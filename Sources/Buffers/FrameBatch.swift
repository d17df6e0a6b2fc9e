/// The frames that go through the stages together. Its memory is allocated once.
@safe
public struct FrameBatch: ~Copyable {
  @usableFromInline let frames: UnsafeMutablePointer<Frame>
  public private(set) var count = 0
  /// Whether blocks that are no packets are wanted, too.
  public var keepsBlocks = false
  /// Those that stand between the frames, in their order.
  public private(set) var blocks: [CaptureBlock] = []
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
  public var hasAnything: Bool { !isEmpty || !blocks.isEmpty }

  public mutating func removeAll() {
    count = 0
    if !blocks.isEmpty { blocks.removeAll(keepingCapacity: true) }
  }

  /// Keeps the first `count` frames, and the blocks in front of the others.
  public mutating func truncate(to count: Int) {
    guard count < self.count else { return }
    self.count = max(count, 0)
    if !blocks.isEmpty { blocks.removeAll { $0.position > self.count } }
  }

  /// Keeps the frames that match, in their order, and all blocks.
  @inlinable
  public mutating func keep(where matches: (Frame) -> Bool) {
    var kept = 0
    var block = 0
    for index in 0..<count {
      if block < blocks.count { moveBlocks(from: &block, at: index, to: kept) }
      guard matches(self[index]) else { continue }
      if kept < index { unsafe (frames + kept).update(from: frames + index, count: 1) }
      kept &+= 1
    }
    if block < blocks.count { moveBlocks(from: &block, at: count, to: kept) }
    truncate(to: kept)
  }

  /// The blocks in front of a frame stand in front of another one.
  @usableFromInline
  mutating func moveBlocks(from first: inout Int, at index: Int, to place: Int) {
    while first < blocks.count, blocks[first].position <= index {
      blocks[first].position = place
      first &+= 1
    }
  }

  /// So many blocks are a batch, however few its frames are.
  private static let blockLimit = 4096

  public var isFullOfBlocks: Bool { blocks.count >= Self.blockLimit }

  /// Adds a block behind the frames that are there.
  public mutating func append(_ block: CaptureBlock) {
    var block = block
    block.position = count
    blocks.append(block)
  }

  /// Keeps the blocks that lie in front of an address.
  @unsafe
  public mutating func keepBlocks(before end: UnsafeRawPointer) {
    if !blocks.isEmpty { blocks.removeAll { unsafe !$0.ends(before: end) } }
  }

  /// Bytes of blocks, and of options of frames: what would have to be kept besides the frames.
  public var extraBytes: UInt64 {
    var sum: UInt64 = 0
    for index in 0..<count { sum &+= UInt64(self[index].record.trailingLength) }
    for block in blocks { sum &+= UInt64(block.byteCount) }
    return sum
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
