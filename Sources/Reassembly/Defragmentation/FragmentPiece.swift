import Buffers
import Wire

/// Bytes of fragments, or what is left of them where others took their place.
struct FragmentPiece: BitwiseCopyable {
  private var stored: ByteStore.Piece
  private var start: UInt32
  private var length: UInt32
  /// Bytes of `stored` in front of it that are not used.
  private var skipped: UInt32 = 0
  /// Whether it came directly behind what was then the last piece.
  var continuesRun = false

  /// `nil` when the budget does not allow it.
  ///
  /// - Parameter stay: whether the bytes stay where they are, and need not be copied.
  init?(_ bytes: RawSpan, stay: Bool, at offset: Int, _ store: inout ByteStore) {
    guard let piece = stay ? unsafe store.lend(bytes) : store.copy(bytes) else { return nil }
    stored = piece
    start = UInt32(offset)
    length = UInt32(bytes.byteCount)
  }

  /// Where in the payload its bytes belong.
  var range: Range<Int> { Int(start)..<Int(start) + count }
  var count: Int { Int(length) }

  private var used: Range<Int> { Int(skipped)..<Int(skipped) + count }

  /// Copies it, should it lie where it lay: it is looked at more than once.
  mutating func own(_ store: inout ByteStore) { stored = store.own(stored) }

  func release(_ store: inout ByteStore) { store.release(stored) }

  func append(to payload: inout [UInt8]) { stored.append(used, to: &payload) }

  /// Whether a fragment that it overlaps has the same bytes there.
  func agrees(with bytes: RawSpan, at offset: Int) -> Bool {
    let common = range.clamped(to: offset..<offset + bytes.byteCount)
    let other = bytes.extracting(common.lowerBound - offset..<common.upperBound - offset)
    return stored.holds(other, at: Int(skipped) + common.lowerBound - range.lowerBound)
  }

  struct Parts {
    var before: FragmentPiece?
    var after: FragmentPiece?
    /// `false` when there was no memory for one of them.
    var areWhole = true
  }

  /// What is left of it on both sides of a range. It is not to be used any more.
  func split(around other: Range<Int>, _ store: inout ByteStore) -> Parts {
    let before = part(range.clamped(to: 0..<max(other.lowerBound, 0)))
    let after = part(range.clamped(to: other.upperBound..<max(other.upperBound, Int(UInt32.max))))
    switch (before.count, after.count) {
    case (0, 0):
      release(&store)
      return Parts()
    case (_, 0): return Parts(before: before.shrunk(&store))
    case (0, _): return Parts(after: after.shrunk(&store))
    // The smaller one is copied, so that cutting up a large one costs little.
    case (let left, let right) where left < right:
      let copy = before.copy(&store)
      return Parts(before: copy, after: after.shrunk(&store), areWhole: copy != nil)
    default:
      let copy = after.copy(&store)
      return Parts(before: before.shrunk(&store), after: copy, areWhole: copy != nil)
    }
  }

  private func part(_ range: Range<Int>) -> FragmentPiece {
    var part = self
    part.start = UInt32(range.lowerBound)
    part.length = UInt32(range.count)
    part.skipped = skipped + UInt32(max(range.lowerBound - self.range.lowerBound, 0))
    part.continuesRun = false
    return part
  }

  private func copy(_ store: inout ByteStore) -> FragmentPiece? {
    FragmentPiece(stored.bytes.extracting(used), stay: stored.isLent, at: Int(start), &store)
  }

  /// In memory of its own size, when less than half of it is used.
  private func shrunk(_ store: inout ByteStore) -> FragmentPiece {
    guard count * 2 < stored.count, let small = copy(&store) else { return self }
    release(&store)
    return small
  }
}
