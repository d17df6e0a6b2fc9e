import Buffers
import Glibc
import Synchronization

/// What is on its way into a file, in blocks: one is being filled, and a thread writes out the ones
/// before it. Writing is copying, and making room in the page cache, which takes longer than most
/// packets took to analyze; small files have no thread.
@safe
final class OutputBlocks: @unchecked Sendable {
  // Unchecked: a block belongs to whoever's turn it is, and the descriptor to the thread while there is
  // one.
  /// Bytes of a block: small enough to lie in a cache from one thread to the other.
  static let size = 256 << 10
  private static let count = 4

  private let descriptor: Descriptor
  private let memory: UnsafeMutableRawPointer
  /// The block at hand.
  private var place = 0
  private var turns: RingTurns?
  private var thread: WorkerThread?
  private let lengths: ReservedArray<Int>
  /// Where in a file it begins; `nil` for a pipe, or a file that is only appended to.
  let start: Int64?
  private let failure = Mutex<SystemError?>(nil)
  private let hasFailed = Atomic<Bool>(false)

  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    start = descriptor.position
    unsafe memory = .allocate(byteCount: Self.count * Self.size, alignment: 64)
    var lengths = ReservedArray<Int>(capacity: Self.count)
    for _ in 0..<Self.count { lengths.append(0) }
    self.lengths = lengths
  }

  deinit { unsafe memory.deallocate() }

  /// Copies bytes to the block at hand, which has room for them.
  @inline(__always)
  func put(_ bytes: RawSpan, at offset: Int) {
    assert(offset + bytes.byteCount <= Self.size)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe (block(place) + offset).copyMemory(from: start, byteCount: source.count)
    }
  }

  private func block(_ place: Int) -> UnsafeMutableRawPointer {
    unsafe memory + place * Self.size
  }

  /// The block at hand is full, and another one begins. What failed to be written earlier is thrown.
  func handOver(_ length: Int) throws(SystemError) {
    if turns == nil { startThread() }
    guard let turns else { return try write(place, length) }
    try check()
    lengths[place] = length
    turns.didFill()
    if let next = turns.placeToFill() { place = next }
  }

  private func startThread() {
    let turns = RingTurns(capacity: Self.count)
    guard let first = turns.placeToFill() else { return }
    assert(first == place)
    thread = WorkerThread { self.writeOut(turns) }
    if thread != nil { self.turns = turns }
  }

  private func writeOut(_ turns: RingTurns) {
    while let place = turns.placeToEmpty() {
      if !hasFailed.load(ordering: .relaxed) {
        do throws(SystemError) {
          try write(place, lengths[place])
        } catch {
          failure.withLock { $0 = error }
          hasFailed.store(true, ordering: .releasing)
        }
      }
      turns.didEmpty()
    }
  }

  private func check() throws(SystemError) {
    guard hasFailed.load(ordering: .acquiring) else { return }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Writes out everything, with so much of the block at hand, and closes the file.
  ///
  /// - Parameter patches: what is to be in the place of other bytes.
  func finish(
    _ length: Int, _ patches: [(offset: UInt64, bytes: [UInt8])] = []
  ) throws(SystemError) {
    stop()
    try check()
    try write(place, length)
    if let start {
      for (offset, bytes) in patches { try patch(start + Int64(clamping: offset), bytes) }
    }
    try descriptor.close()
  }

  /// A few bytes of a file, which are written at once.
  private func patch(_ offset: Int64, _ bytes: [UInt8]) throws(SystemError) {
    let count = try SystemError.check {
      unsafe pwrite(descriptor.number, bytes, bytes.count, Int(offset))
    }
    if count < bytes.count { throw SystemError(code: ENOSPC) }
  }

  /// Waits until the thread has written what it was given.
  func stop() {
    turns?.close()
    thread?.join()
    turns = nil
    thread = nil
  }

  private func write(_ place: Int, _ length: Int) throws(SystemError) {
    var rest = unsafe RawSpan(_unsafeStart: block(place), byteCount: length)
    while rest.byteCount > 0 {
      let written = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor.number, bytes.baseAddress, bytes.count)
      }
      if written >= 0 {
        rest = rest.extracting(droppingFirst: written)
      } else if errno == EAGAIN {
        waitForRoom()
      } else if errno != EINTR {
        throw .last
      }
    }
  }

  /// A terminal or pipe that somebody made non-blocking.
  private func waitForRoom() {
    var request = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
    unsafe poll(&request, 1, 1000)
  }
}
