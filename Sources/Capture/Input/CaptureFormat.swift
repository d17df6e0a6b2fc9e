import Buffers

/// Finds the frames in the bytes of a capture file, wherever those come from.
protocol CaptureFormat {
  /// The interfaces met so far.
  var interfaces: [CaptureInterface] { get }

  /// Appends the frames from the window's position on, and moves it behind each.
  mutating func parse(_ window: inout Window, into batch: inout FrameBatch) -> ParseStop

  /// What is wrong when the input ends `available` (at least one) bytes after a record's start.
  func cutReason(of window: Window) -> String
}

/// Why a parser came to a halt. The window's position is the start of the record in question.
enum ParseStop {
  case batchIsFull
  /// The record takes this many bytes, and the window ends before.
  case needs(Int)
  /// The same of a block that is not kept where it is not in memory anyway, being so long.
  case isTooLong(CaptureBlock, Int)
  case damaged(String)
}

/// Sanity of lengths that a file claims.
enum CaptureLimits {
  /// No frame is longer, whatever its record says.
  static let recordLength = 256 << 20
  /// No block of a pcapng file is longer: such a frame, and its options.
  static let blockLength = recordLength + (1 << 20)
  /// Blocks that are no packets are taken from a stream in one piece up to here.
  static let keptBlockLength = 16 << 20
  /// So many bytes of a capture are a batch, however few frames they hold: what is in memory at a time
  /// is a number of batches.
  static let batchBytes = 1 << 20
  /// Captured lengths up to here are taken at face value (libpcap's MAXIMUM_SNAPLEN).
  static let ordinaryLength = 262_144
}

/// The bytes of a capture that are in memory, and how far they have been read.
@safe
struct Window {
  let base: UnsafeRawPointer
  let count: Int
  var position = 0
  /// Up to where cache lines have been asked for.
  var prefetched = 0

  /// `base` must hold `count` bytes as long as the window is used.
  @unsafe init(base: UnsafeRawPointer, count: Int) {
    unsafe self.base = base
    self.count = count
  }

  var available: Int { count &- position }

  /// The bytes from the position on.
  var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let span = unsafe RawSpan(_unsafeStart: base + position, byteCount: available)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}

/// Asks for every cache line from 4 KiB ahead of a record on. Walking from header to header is one
/// miss of the caches for each packet, for its addresses are no pattern that the processor knows;
/// with this linear one the walk is as fast as memory.
@inline(__always)
func prefetchAhead(
  _ base: UnsafeRawPointer, from position: Int, length: Int, count: Int, prefetched: inout Int
) {
  let end = min(position &+ length &+ 4096, count)
  if prefetched < position { prefetched = position }
  while prefetched < end {
    unsafe prefetch(base + prefetched)
    prefetched &+= 64
  }
}
