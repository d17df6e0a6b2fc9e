import Glibc

/// A fixed number of elements in address space that is reserved at once and touched as it is used,
/// so that it grows without moving: references into it stay, and no growth copies.
///
/// Elements are reached in place: no copy, no dynamic exclusivity check, no reference counting.
@safe
public struct ReservedArray<Element: ~Copyable>: ~Copyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let capacity: Int
  @usableFromInline var used = 0
  /// So many elements have memory.
  @usableFromInline var ready = 0

  @inlinable
  public var count: Int { used }
  private let byteCount: Int

  /// Reserves room for `capacity` elements. Memory is used only for those that are appended.
  public init(capacity: Int) {
    self.capacity = max(capacity, 1)
    let pageSize = 4096
    byteCount =
      (self.capacity * MemoryLayout<Element>.stride + pageSize - 1) / pageSize * pageSize
    let mapping = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
      fatalError("no address space for \(byteCount) bytes; is there a limit (ulimit -v)?")
    }
    unsafe base = mapping.bindMemory(to: Element.self, capacity: self.capacity)
  }

  deinit {
    unsafe base.deinitialize(count: used)
    unsafe munmap(base, byteCount)
  }

  public var isFull: Bool { count == capacity }

  /// The array must not be full.
  @inlinable @inline(__always)
  public mutating func append(_ element: consuming Element) {
    if used == ready { grow() }
    unsafe (base + used).initialize(to: element)
    used &+= 1
  }

  /// Asks for memory in pieces of a few pages, as each trap costs more than a page: as much as there is
  /// already, but no more than 16 KiB, which is still in the caches when it is used.
  @usableFromInline @inline(never)
  mutating func grow() {
    precondition(used < capacity)
    let stride = MemoryLayout<Element>.stride
    let start = used * stride
    let end = min(start + min(max(start, 4096), 1 << 14), byteCount)
    let first = start / 4096 * 4096
    let last = (end + 4095) / 4096 * 4096
    // MADV_POPULATE_WRITE (Linux 5.14). Where it fails memory comes as it did.
    _ = unsafe madvise(UnsafeMutableRawPointer(base) + first, last - first, 23)
    ready = min(max(last / stride, used + 1), capacity)
  }

  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(base + index)
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe base + index
    }
  }

  /// Where an element lies, for as long as the array lives.
  @unsafe
  func address(of index: Int) -> UnsafeMutableRawPointer {
    precondition(index >= 0 && index < count)
    return unsafe UnsafeMutableRawPointer(base + index)
  }

  /// The index of the element that lies somewhere.
  @unsafe
  func index(at address: UnsafeMutableRawPointer) -> Int {
    unsafe (address - UnsafeMutableRawPointer(base)) / MemoryLayout<Element>.stride
  }

  /// Asks for the cache line at `offset` bytes into an element. Any index is allowed.
  @inlinable @inline(__always)
  public func prefetch(_ index: Int, offset: Int = 0) {
    unsafe Buffers.prefetch(UnsafeRawPointer(base + index) + offset)
  }
}

extension ReservedArray where Element: FixedWidthInteger {
  /// Zeros, as fresh memory holds them: none of it is touched.
  public init(zeros count: Int) {
    self.init(capacity: count)
    used = count
    ready = count
  }
}
