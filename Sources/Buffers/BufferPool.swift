import CSystem
import Glibc
import Synchronization

/// A fixed number of buffers of one size in shared memory (memfd), for data that has to wait or that
/// is shown to somebody else. The memory is all that could be shared: which buffers are free is known
/// here alone.
///
/// A buffer is taken by its worker and may be given back on any thread.
@safe
public final class BufferPool: @unchecked Sendable {
  // Unchecked: the list of free buffers is behind a lock, and a buffer belongs to who has taken it.
  public let count: Int
  public let bufferSize: Int
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int
  /// The descriptor of the memory, for another process; -1 where the system has no memfd.
  public let descriptor: Int32
  private let free: Mutex<[UInt8]>
  /// Rung when a buffer comes back.
  private let bell: Semaphore

  /// More would not fit the lists of indices that are ended by 255.
  public static var countLimit: Int { 255 }

  /// - Parameters:
  ///   - count: 1 to 255.
  ///   - bufferSize: bytes of each.
  ///   - bell: posted whenever a buffer comes back.
  public init(count: Int, bufferSize: Int, bell: Semaphore) {
    self.count = min(max(count, 1), Self.countLimit)
    self.bufferSize = max(bufferSize, 1)
    self.bell = bell
    byteCount = (self.count * self.bufferSize + 4095) / 4096 * 4096
    descriptor = unsafe csystem_shared_memory("sluice-buffers", byteCount)
    let mapping = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE,
      descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, descriptor, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
      fatalError("no memory for \(byteCount) bytes of buffers")
    }
    unsafe base = mapping
    // The first to be taken is the first of the memory.
    free = Mutex((0..<self.count).reversed().map { UInt8($0) })
  }

  deinit {
    unsafe munmap(base, byteCount)
    if descriptor >= 0 { close(descriptor) }
  }

  /// Buffers that nobody has.
  public var freeCount: Int { free.withLock { $0.count } }

  /// Copies bytes, at most `bufferSize`, to a free buffer; `nil` when there is none.
  public func copy(_ bytes: RawSpan) -> PoolBuffer? {
    precondition(bytes.byteCount <= bufferSize)
    // The one that came back last is the one that lies in a cache.
    guard let index = free.withLock({ $0.popLast() }) else { return nil }
    let buffer = PoolBuffer(self, index: index)
    buffer.fill(bytes)
    return buffer
  }

  fileprivate func giveBack(_ index: UInt8) {
    free.withLock { $0.append(index) }
    bell.post()
  }

  fileprivate func start(of index: UInt8) -> UnsafeMutableRawPointer {
    unsafe base + Int(index) * bufferSize
  }
}

/// A buffer that was taken from its pool. It goes back when it is let go.
@safe
public final class PoolBuffer: @unchecked Sendable {
  // Unchecked: filled before anybody else has it, and only read from then on.
  private let pool: BufferPool
  /// Its number in the pool.
  public let index: UInt8
  public private(set) var count = 0

  fileprivate init(_ pool: BufferPool, index: UInt8) {
    self.pool = pool
    self.index = index
  }

  deinit { pool.giveBack(index) }

  /// Only while nobody else has it.
  public func fill(_ bytes: RawSpan) {
    precondition(bytes.byteCount <= pool.bufferSize)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe pool.start(of: index).copyMemory(from: start, byteCount: source.count)
    }
    count = bytes.byteCount
  }

  /// Where in this buffer a span lies; `nil` when it lies elsewhere.
  public func range(of span: RawSpan) -> Range<Int>? {
    unsafe span.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return nil }
      let offset = unsafe start - UnsafeRawPointer(pool.start(of: index))
      guard offset >= 0, offset + bytes.count <= count else { return nil }
      return offset..<offset + bytes.count
    }
  }

  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let span = unsafe RawSpan(_unsafeStart: pool.start(of: index), byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
