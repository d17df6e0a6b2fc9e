import Buffers
import CSystem
import Glibc
import Synchronization

/// Fills the page tables of a mapped file ahead of its reader, on whatever thread has nothing else to
/// do, and empties them behind it. The reader takes a page fault for every 64 KiB that nobody has
/// filled: a third of the time that a large capture takes.
///
/// Only a hint to the kernel: the mapping reads the same with and without it.
@safe
final class ReadAhead: @unchecked Sendable {
  // Unchecked: what several threads touch is atomic or locked, and the mapping is only advised about.
  private let base: UnsafeMutableRawPointer
  private let count: Int
  private let position = Atomic<Int>(0)
  private var lastSignal = 0
  private var isStarted = false
  /// How far it has been filled, for who has locked `ahead`.
  private var filled = 0
  private var isCached = true

  private let extent: Extent
  /// What was emptied behind the reader.
  private let emptied = Atomic<Int>(0)

  /// How far its pages reach around the reader.
  struct Extent {
    let step: Int
    let ahead: Int
    let behind: Int
    /// All of that.
    var size: Int { ahead + behind + 2 * step }

    /// More is of no use.
    static let most = 72 << 20
    private static let least = 1 << 20

    /// - Parameter size: of all that is in memory at a time, about.
    init(_ size: Int) {
      // Steps of at least 64 KiB: the kernel maps as much with one fault.
      let unit = min(max(size, Self.least), Self.most) / 72 / 32_768 * 32_768
      step = max(2 * unit, 1 << 16)
      ahead = 24 * unit
      behind = 32 * unit
    }

    /// Smaller files may stay in memory as they are.
    var smallestFile: Int { min(4 * step, ahead) }
  }

  private static let again = 64 << 20
  /// Those that have started, until their mappings go.
  private static let all = Mutex<[ReadAhead]>([])
  /// Of those the ones that are being read, the one that began last in front.
  private static let ahead = Mutex<[ReadAhead]>([])
  /// So much of files may be in memory, the program and other captures included.
  private var mostResident = 0
  /// After so many page faults of a thread it is asked how much that is, which takes three system calls.
  /// Most faults bring 64 KiB.
  private static let patience = Atomic<Int>(8)
  /// MADV_POPULATE_READ (Linux 5.14), which the C library's headers here may not know.
  private static let populateRead: Int32 = 22

  /// `base` stays mapped until `stop`.
  @unsafe
  init(_ base: UnsafeRawPointer, count: Int, _ extent: Extent) {
    unsafe self.base = UnsafeMutableRawPointer(mutating: base)
    self.count = count
    self.extent = extent
  }

  /// Tells how far the reader has come. Called for every batch.
  @inline(__always)
  func reached(_ position: Int) {
    if position &- lastSignal >= extent.step { signal(position) }
  }

  @inline(never)
  private func signal(_ position: Int) {
    lastSignal = position
    self.position.store(position, ordering: .relaxed)
    if !isStarted { start() }
    // Where nobody has the time to, it must not fill the memory.
    empty(behind: position, after: extent.behind)
  }

  /// Gives back what has been passed, if that is at least `least`. What is looked at again comes from
  /// the file again.
  private func empty(behind position: Int, after least: Int) {
    let passed = (position - extent.behind) / extent.step * extent.step
    let start = emptied.load(ordering: .relaxed)
    // In larger steps: it interrupts the other threads.
    guard passed >= start + least else { return }
    emptied.store(passed, ordering: .relaxed)
    // Once more what was filled while it was passed, and what was looked at after it was given back,
    // as frames are worked on behind the reader. Where nothing is left that costs next to nothing.
    let first = max(start - Self.again, 0)
    unsafe madvise(base + first, passed - first, MADV_DONTNEED)
  }

  /// Frames that wait for others are looked at again long after they were passed, and each look brings
  /// 64 KiB back, or a large page: when that has become too much, all of it goes once more.
  static func giveBackPassed() {
    guard csystem_has_faulted(patience.load(ordering: .relaxed)) != 0 else { return }
    all.withLock { all in
      guard let most = all.map(\.mostResident).max(), csystem_resident_files() > most else {
        return
      }
      for one in all {
        unsafe madvise(one.base, one.emptied.load(ordering: .relaxed), MADV_DONTNEED)
      }
    }
  }

  /// Not before the first step: of many files only the first packet is looked at for long.
  private func start() {
    isStarted = true
    mostResident = csystem_resident_files() + 2 * extent.size
    Self.patience.store(max(extent.size / 4 / 65_536, 8), ordering: .relaxed)
    Self.all.withLock { $0.append(self) }
    Self.ahead.withLock { $0.insert(self, at: 0) }
  }

  /// The reader has come to the end. Returns when nobody fills any more; what it holds is given back.
  func stop() {
    Self.ahead.withLock { $0.removeAll { $0 === self } }
    giveBack()
  }

  /// Fills another step of a file that is being read; `false` where all is filled that is to be, or
  /// another thread is at it.
  static func fillSome() -> Bool {
    ahead.withLockIfAvailable { ahead in ahead.contains { $0.fillStep() } } ?? false
  }

  private func fillStep() -> Bool {
    let position = position.load(ordering: .relaxed)
    empty(behind: position, after: extent.behind / 2)
    // Where the reader is, it takes the faults itself.
    filled = max(filled, (position / extent.step + 1) * extent.step)
    guard filled < min(position + extent.ahead, count) else { return false }
    let length = min(extent.step, count - filled)
    let before = csystem_thread_faults()
    if isCached {
      unsafe csystem_touch(base + filled, length)
    } else {
      // Pages that have gone (a file that shrank) are an error here, and damage for the reader.
      _ = unsafe madvise(base + filled, length, Self.populateRead)
    }
    filled += length
    // What is in memory anyway comes 64 KiB at a time, and faster if it is just looked at. What has
    // to be read comes page by page then.
    let after = csystem_thread_faults()
    let windows = length / 65_536 + 2
    isCached = after.major == before.major && after.minor - before.minor <= windows * 3 / 2
    return true
  }

  private func giveBack() {
    emptied.store(count, ordering: .relaxed)
    unsafe madvise(base, count, MADV_DONTNEED)
  }

  /// The mapping is about to go.
  func end() {
    stop()
    Self.all.withLock { $0.removeAll { $0 === self } }
  }
}
