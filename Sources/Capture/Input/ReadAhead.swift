import Buffers
import CSystem
import Glibc
import Synchronization

/// Fills the page tables of a mapped file ahead of its reader, on a thread of its own, and empties
/// them behind it. The reader would take a page fault for every 64 KiB instead: a third of the time
/// that a large capture takes.
///
/// Only a hint to the kernel: the mapping reads the same with and without it.
@safe
final class ReadAhead: @unchecked Sendable {
  // Unchecked: what both threads touch is atomic, and the mapping is only advised about.
  private let base: UnsafeMutableRawPointer
  private let count: Int
  private let position = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)
  private let bell = Semaphore()
  private var thread: WorkerThread?
  private var lastSignal = 0
  private var isStarted = false
  private static let threads = Atomic<Int>(0)

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

  /// So many files are read ahead at the same time; the others take the page faults.
  private static let mostThreads = 16
  /// Smaller files are read before a thread would pay.
  private static let smallestForThread = 8 << 20
  private static let again = 64 << 20
  /// Those that have started, until their mappings go.
  private static let all = Mutex<[ReadAhead]>([])
  /// So much of files may be in memory, the program and other captures included.
  private var mostResident = 0
  /// MADV_POPULATE_READ (Linux 5.14), which the C library's headers here may not know.
  private static let populateRead: Int32 = 22

  /// `base` stays mapped until `stop`.
  @unsafe
  init(_ base: UnsafeRawPointer, count: Int, _ extent: Extent) {
    unsafe self.base = UnsafeMutableRawPointer(mutating: base)
    self.count = count
    self.extent = extent
  }

  /// Tells how far the reader has come. Called for every batch; wakes the thread for every step.
  @inline(__always)
  func reached(_ position: Int) {
    if position &- lastSignal >= extent.step { signal(position) }
  }

  @inline(never)
  private func signal(_ position: Int) {
    lastSignal = position
    self.position.store(position, ordering: .relaxed)
    if !isStarted { start() }
    if thread != nil { bell.post() }
    // Where the thread has no processor the reader must not fill the memory meanwhile.
    empty(behind: position, after: thread == nil ? extent.behind / 2 : extent.behind)
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
    guard csystem_has_faulted(8) != 0 else { return }
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
    Self.all.withLock { $0.append(self) }
    guard count >= Self.smallestForThread else { return }
    let others = Self.threads.wrappingAdd(1, ordering: .relaxed).oldValue
    if others < Self.mostThreads { thread = WorkerThread { self.run() } }
    // Without a thread the reader takes the page faults.
    if thread == nil { Self.threads.wrappingSubtract(1, ordering: .relaxed) }
  }

  /// Ends the thread; returns when it no longer knows the mapping. What it holds is given back.
  func stop() {
    defer { giveBack() }
    guard let thread else { return }
    isStopped.store(true, ordering: .relaxed)
    bell.post()
    thread.join()
    self.thread = nil
    Self.threads.wrappingSubtract(1, ordering: .relaxed)
  }

  private func run() {
    var filled = 0
    var isCached = true
    while !isStopped.load(ordering: .relaxed) {
      while !isStopped.load(ordering: .relaxed) {
        let position = position.load(ordering: .relaxed)
        empty(behind: position, after: extent.behind / 2)
        // Where the reader has been nothing is to be filled any more.
        filled = max(filled, position / extent.step * extent.step)
        guard filled < min(position + extent.ahead, count) else { break }
        let length = min(extent.step, count - filled)
        let before = csystem_thread_faults()
        if isCached {
          unsafe csystem_touch(base + filled, length)
        } else {
          // Pages that have gone (a file that shrank) are an error here, and damage for the reader.
          let isKnown = unsafe madvise(base + filled, length, Self.populateRead) == 0
          if !isKnown, errno == EINVAL { return }
        }
        filled += length
        // What is in memory anyway comes 64 KiB at a time, and faster if it is just looked at. What has
        // to be read comes page by page then.
        let after = csystem_thread_faults()
        let windows = length / 65_536 + 2
        isCached = after.major == before.major && after.minor - before.minor <= windows * 3 / 2
      }
      bell.wait()
    }
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
