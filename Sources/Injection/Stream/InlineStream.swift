import Wire

/// One direction of a connection that goes through: what its sender has sent, what was decided of it,
/// and how far its receiver is.
///
/// The sender says everything in S and the receiver in R, as offsets. Of a stream that is not analyzed
/// only the numbers are kept.
struct InlineStream {
  /// A segment whose new bytes wait for a decision, or for those before them.
  struct Undecided {
    var segment: StreamSegment
    /// The new bytes of it.
    var chunk: StreamChunk
    var decision: StreamDecision

    /// What it takes of the budget.
    var cost: Int { chunk.bytes.count + InlineStream.segmentCost }
  }

  /// A segment beyond a hole.
  struct Waiting {
    var start: Int64
    var segment: StreamSegment

    var end: Int64 { start &+ Int64(segment.payload.count) }
    var endsStream: Bool { segment.flags.contains(.fin) }
    /// What it takes of the budget.
    var cost: Int { segment.payload.count + InlineStream.segmentCost }
  }

  /// What a segment that is held takes besides its bytes: the smallest cost most.
  static var segmentCost: Int { 256 }

  let isAnalyzed: Bool
  /// How many bytes may be held of it, however they are.
  let budget: Int
  /// `nil` until its first segment.
  var numbering: StreamNumbering?
  var map = SequenceMap()
  var counts = InlineCounts()

  // MARK: What the sender has sent, in S

  /// From here on it is analyzed: bytes before may be with the receiver already.
  var begin: Int64 = 0
  /// SND.NXT without the FIN, as far as it was seen.
  var sent: Int64 = 0
  /// Everything before was shown to be decided.
  var taken: Int64 = 0
  /// Everything before is decided.
  var released: Int64 = 0
  /// Where the FIN stands.
  var end: Int64?
  var isEndReleased = false
  var undecided: [Undecided] = []
  /// In the order of their offsets; none reaches into another.
  var waiting: [Waiting] = []
  /// Where the segment began that came last beyond a hole.
  var newestWaiting: Int64 = 0
  /// What both take of the budget.
  var heldBytes = 0

  // MARK: What the receiver has, in R

  var log = ByteLog(start: 0)
  /// Everything before has left for the receiver: its SND.NXT.
  var left: Int64 = 0
  var hasEndLeft = false
  /// The receiver's acknowledgement: SND.UNA.
  var received: Int64 = 0
  /// The right edge of its window, at the farthest.
  var reach: Int64 = 0
  /// The shift of its windows; `nil` where the opening was not seen, and they say nothing.
  var scale: Int? = 0
  /// How often in a row it has said the same.
  var duplicates = 0

  // MARK: What the sender was told, in S

  /// RCV.NXT as the sender knows it.
  var acknowledged: Int64 = 0
  /// The right edge of the window, at the farthest.
  var edge: Int64 = 0
  /// The window as it last stood in a header.
  var window: UInt16 = 0
  var blocks: [SACKBlock] = []
  /// The end of what it was told is held beyond a hole.
  var promised: Int64 = 0
  /// Acknowledgements to be repeated when the receiver has all that stands before the hole.
  var owed = 0

  init(isAnalyzed: Bool, budget: Int) {
    self.isAnalyzed = isAnalyzed
    self.budget = budget
  }

  /// Whether its segments can go on as they are, as far as is known.
  var isUntouched: Bool { map.isIdentity && undecided.isEmpty && waiting.isEmpty }

  var hasRoom: Bool { heldBytes + log.count < budget }

  /// An edge for a window that nobody knows.
  static var farthest: Int64 { .max / 2 }

  /// Starts in the middle: what was sent until now is as it was.
  mutating func beginHere() {
    (scale, reach, edge) = (nil, Self.farthest, Self.farthest)
    begin = sent
    (taken, released, left) = (sent, sent, sent)
    received = min(received, sent)
    log = ByteLog(start: sent)
  }

  /// Where a segment without data, or the first byte of one with data, stands in R; and whether that is
  /// in front of where its sender means it to be, because what lies between has not left.
  func position(_ offset: Int64) -> (offset: Int64, isPulledBack: Bool) {
    guard isAnalyzed, !isUntouched, offset > begin else { return (offset, false) }
    if let end, offset > end {
      return hasEndLeft ? (log.end &+ 1, false) : (left, true)
    }
    return offset > released ? (left, true) : (min(map.mapped(offset), left), false)
  }

  /// SND.NXT in R, with the FIN.
  var next: Int64 { hasEndLeft ? log.end &+ 1 : left }

  /// Where a segment without data stands that says what its sender has said: behind a byte beyond the
  /// window, the receiver would not take it.
  var acceptable: Int64 { min(next, max(reach, received)) }

  /// Whether its receiver lacks nothing of what has been released.
  var isReceived: Bool { received >= log.end &+ (isEndReleased ? 1 : 0) }
}

/// What came about that is worth a word.
package struct InlineCounts: Hashable, Sendable {
  /// Edits that did not fit their chunk, or would have changed an urgent byte.
  package var refusedEdits = 0
  /// Copies with other bytes than had been sent before; those that were sent before went out again.
  package var conflictingCopies = 0
  /// Segments that were not taken because too much is held; their sender repeats them.
  package var beyondBudget = 0
  /// Segments beyond the window, which no host takes.
  package var beyondWindow = 0
}
