import Buffers
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

  /// So many files are read ahead at the same time; the others take the page faults.
  private static let mostThreads = 16
  /// Smaller files are read before a thread would pay.
  static let smallestFile = 8 << 20
  private static let step = 2 << 20
  private static let ahead = 24 << 20
  private static let behind = 32 << 20
  /// MADV_POPULATE_READ (Linux 5.14), which the C library's headers here may not know.
  private static let populateRead: Int32 = 22

  /// `base` stays mapped until `stop`.
  @unsafe
  init(_ base: UnsafeRawPointer, count: Int) {
    unsafe self.base = UnsafeMutableRawPointer(mutating: base)
    self.count = count
  }

  /// Tells how far the reader has come. Called for every batch; wakes the thread for every step.
  @inline(__always)
  func reached(_ position: Int) {
    if position &- lastSignal >= Self.step { signal(position) }
  }

  @inline(never)
  private func signal(_ position: Int) {
    lastSignal = position
    self.position.store(position, ordering: .relaxed)
    if !isStarted { start() }
    bell.post()
  }

  /// Not before the first step: of many files only the first packet is looked at for long.
  private func start() {
    isStarted = true
    let others = Self.threads.wrappingAdd(1, ordering: .relaxed).oldValue
    if others < Self.mostThreads { thread = WorkerThread { self.run() } }
    // Without a thread the reader takes the page faults.
    if thread == nil { Self.threads.wrappingSubtract(1, ordering: .relaxed) }
  }

  /// Ends the thread; returns when it no longer knows the mapping.
  func stop() {
    guard let thread else { return }
    isStopped.store(true, ordering: .relaxed)
    bell.post()
    thread.join()
    self.thread = nil
    Self.threads.wrappingSubtract(1, ordering: .relaxed)
  }

  private func run() {
    var filled = 0
    var emptied = 0
    while !isStopped.load(ordering: .relaxed) {
      let position = position.load(ordering: .relaxed)
      let end = min(position + Self.ahead, count)
      while filled < end, !isStopped.load(ordering: .relaxed) {
        let length = min(Self.step, count - filled)
        // Pages that have gone (a file that shrank) are an error here, and damage for the reader.
        if unsafe madvise(base + filled, length, Self.populateRead) != 0, errno == EINVAL { return }
        filled += length
      }
      // In larger steps: it interrupts the other threads.
      let passed = (position - Self.behind) / Self.step * Self.step
      if passed >= emptied + Self.behind / 2 {
        unsafe madvise(base + emptied, passed - emptied, MADV_DONTNEED)
        emptied = passed
      }
      bell.wait()
    }
  }
}
