import Glibc

/// Finds elements of some other store by the hash of their key: open addressing with linear probing,
/// 8 bytes a slot, at most half full. It stores hashes and indices; keys are compared by the caller.
///
/// Keyed hashes are the caller's business; a hash must not be chosen by who sends the packets.
@safe
public struct HashIndex: ~Copyable {
  /// Hash in the upper half, index + 1 in the lower; 0 is free.
  @usableFromInline var slots: UnsafeMutablePointer<UInt64>
  @usableFromInline var mask: UInt32
  public private(set) var count = 0

  public init(minimumCapacity: Int = 64) {
    var size = 64
    while size < minimumCapacity * 2 { size *= 2 }
    unsafe slots = Self.makeSlots(size)
    mask = UInt32(size - 1)
  }

  deinit { unsafe slots.deallocate() }

  private static func makeSlots(_ size: Int) -> UnsafeMutablePointer<UInt64> {
    let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: size)
    // Written here, for the slots are read before they are written: fresh memory would fault twice,
    // and the second fault interrupts every other thread.
    unsafe slots.initialize(repeating: 0, count: size)
    return unsafe slots
  }

  /// The index under `hash` that `isWanted` accepts.
  @inlinable @inline(__always)
  public func find(_ hash: UInt32, where isWanted: (Int) -> Bool) -> Int? {
    var slot = hash & mask
    while true {
      let entry = unsafe slots[Int(slot)]
      if entry == 0 { return nil }
      if UInt32(truncatingIfNeeded: entry >> 32) == hash {
        let index = Int(UInt32(truncatingIfNeeded: entry) &- 1)
        if isWanted(index) { return index }
      }
      slot = (slot &+ 1) & mask
    }
  }

  /// The first index under `hash`, its key not compared: good enough to prefetch.
  @inlinable @inline(__always)
  public func firstCandidate(_ hash: UInt32) -> Int? { find(hash) { _ in true } }

  /// Asks for the cache line that a look-up begins at.
  @inlinable @inline(__always)
  public func prefetch(_ hash: UInt32) {
    unsafe Buffers.prefetch(UnsafeRawPointer(slots + Int(hash & mask)))
  }

  /// Adds an index that is not there yet. `index` is below 2³² - 1.
  public mutating func insert(_ index: Int, under hash: UInt32) {
    if count &* 2 > Int(mask) { grow() }
    unsafe Self.place(UInt64(hash) << 32 | UInt64(index &+ 1), in: slots, mask)
    count &+= 1
  }

  private static func place(
    _ entry: UInt64, in slots: UnsafeMutablePointer<UInt64>, _ mask: UInt32
  ) {
    var slot = UInt32(truncatingIfNeeded: entry >> 32) & mask
    while unsafe slots[Int(slot)] != 0 { slot = (slot &+ 1) & mask }
    unsafe slots[Int(slot)] = entry
  }

  @inline(never)
  private mutating func grow() {
    let size = (Int(mask) + 1) * 2
    let larger = unsafe Self.makeSlots(size)
    for slot in 0...Int(mask) where unsafe slots[slot] != 0 {
      unsafe Self.place(slots[slot], in: larger, UInt32(size - 1))
    }
    unsafe slots.deallocate()
    unsafe slots = larger
    mask = UInt32(size - 1)
  }

  /// Removes an index that is there under `hash`.
  public mutating func remove(_ index: Int, under hash: UInt32) {
    let entry = UInt64(hash) << 32 | UInt64(index &+ 1)
    var hole = hash & mask
    while unsafe slots[Int(hole)] != entry {
      precondition(unsafe slots[Int(hole)] != 0, "removing what is not there")
      hole = (hole &+ 1) & mask
    }
    // Entries behind the hole move up when that brings them no farther from home than they may be,
    // so that no look-up stops at a hole before its entry.
    var slot = hole
    while true {
      slot = (slot &+ 1) & mask
      let next = unsafe slots[Int(slot)]
      if next == 0 { break }
      let home = UInt32(truncatingIfNeeded: next >> 32) & mask
      if (slot &- home) & mask >= (slot &- hole) & mask {
        unsafe slots[Int(hole)] = next
        hole = slot
      }
    }
    unsafe slots[Int(hole)] = 0
    count &-= 1
  }

  /// Bytes that its slots take.
  public var byteCount: Int { (Int(mask) + 1) * MemoryLayout<UInt64>.stride }
}
