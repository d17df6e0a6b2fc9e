/// The bytes of R that have been decided, from the oldest that the receiver has not acknowledged on:
/// what has once been sent for a number never changes.
///
/// It keeps one byte more, which a keep-alive may have to repeat.
struct ByteLog {
  private var bytes: [UInt8] = []
  /// How many at the front of `bytes` are gone.
  private var gone = 0
  /// The offset in R of the first byte that is there.
  private(set) var start: Int64

  init(start: Int64) { self.start = start }

  var count: Int { bytes.count - gone }
  var end: Int64 { start &+ Int64(count) }

  mutating func append(_ content: some Sequence<UInt8>) { bytes.append(contentsOf: content) }

  subscript(range: Range<Int64>) -> ArraySlice<UInt8> {
    let lower = gone + Int(range.lowerBound &- start)
    return bytes[lower..<lower + Int(range.upperBound &- range.lowerBound)]
  }

  /// Lets go of what lies before an offset, but for one byte.
  mutating func drop(before offset: Int64) {
    let count = Int(clamping: min(offset &- 1, end) &- start)
    guard count > 0 else { return }
    gone += count
    start &+= Int64(count)
    if gone > 4096, gone > bytes.count / 2 {
      bytes.removeFirst(gone)
      gone = 0
    }
  }
}
