import Glibc

/// A fixed number of elements in address space that is reserved with the first of them and touched as
/// it is used, so that it grows without moving: references into it stay, and no growth copies.
/// Of what is never used nothing is asked of the kernel: most arrays of most runs stay empty.
///
/// Elements are reached in place: no copy, no dynamic exclusivity check, no reference counting.
@safe
public struct ReservedArray<Element: ~Copyable>: ~Copyable {
  /// Means something once there is an element.
  @usableFromInline var base: UnsafeMutablePointer<Element>
  public let capacity: Int
  @usableFromInline var used = 0
  /// So many elements have memory.
  @usableFromInline var ready = 0

  @inlinable
  public var count: Int { used }
  private let byteCount: Int

  /// Room for `capacity` elements. Memory is used only for those that are appended.
  public init(capacity: Int) {
    self.capacity = max(capacity, 1)
    byteCount = self.capacity * MemoryLayout<Element>.stride
    unsafe base = Self.nowhere
  }

  deinit {
    guard ready > 0 else { return }
    unsafe base.deinitialize(count: used)
    if isSmall { unsafe free(base) } else { unsafe munmap(base, byteCount) }
  }

  /// So little that the heap has it at hand, and no mapping of its own is worth while.
  private var isSmall: Bool { byteCount <= 1 << 15 }

  /// Aligned, so that it is a pointer; nobody reads what is there.
  private static var nowhere: UnsafeMutablePointer<Element> {
    unsafe UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment)!
  }

  private mutating func reserve() {
    if isSmall {
      // Whole cache lines: elements are laid out for them, and another thread has no part in them.
      var memory: UnsafeMutableRawPointer?
      let lines = (byteCount + 63) / 64 * 64
      guard unsafe posix_memalign(&memory, 64, lines) == 0, let memory = unsafe memory else {
        fatalError("no memory for \(byteCount) bytes")
      }
      unsafe base = memory.bindMemory(to: Element.self, capacity: capacity)
      return
    }
    let mapping = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
      fatalError("no address space for \(byteCount) bytes; is there a limit (ulimit -v)?")
    }
    unsafe base = mapping.bindMemory(to: Element.self, capacity: capacity)
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
    if ready == 0 { reserve() }
    if isSmall {
      ready = capacity
      return
    }
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
  /// Zeros; much of it is not touched before it is used, as fresh memory holds them.
  public init(zeros count: Int) {
    self.init(capacity: count)
    reserve()
    if isSmall { unsafe memset(base, 0, byteCount) }
    used = count
    ready = count
  }
}
