/// The part of a stream that is in memory: whole records lie in it in one piece.
///
/// Its memory grows only for a record that is longer than it, and only as the bytes really come.
@safe
final class StreamBuffer {
  static let blockSize = 1 << 20

  private let stream: any ByteStream
  private let blockSize: Int
  private var memory: UnsafeMutableRawPointer
  private var capacity: Int
  private var start = 0
  private var end = 0
  /// Where in the stream the unread part begins.
  private(set) var offset = 0
  /// Why the stream ended before its end.
  private(set) var failure: String?

  init(_ stream: any ByteStream, blockSize: Int = blockSize) {
    self.stream = stream
    self.blockSize = blockSize
    capacity = blockSize
    unsafe memory = .allocate(byteCount: blockSize, alignment: 64)
  }

  deinit { unsafe memory.deallocate() }

  /// What has been read and not been consumed; valid until `more`.
  var window: Window {
    unsafe Window(base: UnsafeRawPointer(memory) + start, count: end - start)
  }

  func consume(_ count: Int) {
    start += count
    offset += count
  }

  /// Copies out what has been read.
  func takeAll() -> [UInt8] {
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: memory + start, count: end - start))
    consume(bytes.count)
    return bytes
  }

  /// Reads on until `needed` bytes are there, the stream pauses or it ends. Moves the window.
  func more(needed: Int) -> ReadOutcome {
    while true {
      makeRoom(for: needed)
      let free = unsafe UnsafeMutableRawBufferPointer(
        start: memory + end, count: capacity - end)
      let outcome = unsafe stream.read(into: free)
      guard case .bytes(let count) = outcome else {
        if case .failed(let reason) = outcome { failure = reason }
        return outcome
      }
      end += count
      if end - start >= needed { return outcome }
    }
  }

  /// A partial record moves to the front before the block is full, and only then: bytes that
  /// trickle in are moved once and not each time.
  private func makeRoom(for needed: Int) {
    if start == end {
      start = 0
      end = 0
    }
    if start > 0 && capacity - start < max(needed, blockSize / 2) {
      unsafe memory.copyMemory(from: memory + start, byteCount: end - start)
      end -= start
      start = 0
    }
    if end == capacity { grow() }
  }

  /// Doubles the memory, so that a claimed length costs no more than twice what has come.
  private func grow() {
    capacity *= 2
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    unsafe larger.copyMemory(from: memory + start, byteCount: end - start)
    unsafe memory.deallocate()
    unsafe memory = larger
    end -= start
    start = 0
  }
}
