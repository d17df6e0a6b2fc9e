/// How data waits, and what becomes of it when the answer is no answer.
package struct DeferralConfiguration: Sendable {
  /// Buffers of a worker's pool, 1 to 254.
  package var buffers = 40
  /// Bytes of a buffer. No chunk is larger.
  package var bufferSize = 1 << 16
  /// Every chunk is shown in a buffer, not where it lies.
  package var isThroughPool = false
  /// Bytes that a peek may hold of one direction.
  package var peekLimit = 1 << 16
  /// How long an answer is waited for, in wall time.
  package var deadline = Duration.seconds(60)
  package var onCrash = Policy.allow
  package var onTimeout = Policy.allow
  package var onRefusedEdit = Policy.allow
  /// Verdicts are recorded and not carried out.
  package var isDryRun = false
  /// Whether packets are written, so that it matters which of them go.
  package var writesPackets = false

  package init() {}

  /// What is done in place of a verdict that did not come, or that cannot be carried out.
  package enum Policy: String, Sendable, CaseIterable {
    case allow
    /// Of the whole flow, from the first undecided byte on.
    case drop
  }

  /// The most that one socket may have of the pool.
  var socketShare: Int { max(1, buffers / 2) }
  /// Bytes that a peek can come to: it is shown in one buffer.
  var largestPeek: Int { min(peekLimit, bufferSize) }
}

/// What has waited, and how it ended.
package struct DeferralCounts: Hashable, Sendable {
  /// Chunks that waited for an answer, and their bytes.
  package var held: UInt64 = 0
  package var heldBytes: UInt64 = 0
  /// Times that data waited for a free buffer.
  package var bufferWaits: UInt64 = 0
  /// Peeks, and those of them that ended before the bytes were there.
  package var peeks: UInt64 = 0
  package var finalPeeks: UInt64 = 0
  /// No answer by the deadline.
  package var timeouts: UInt64 = 0
  /// Errors thrown, and chunks let go without an answer.
  package var crashes: UInt64 = 0
  /// Answers that nobody waited for any more.
  package var lateAnswers: UInt64 = 0
  package var droppedFlows: UInt64 = 0
  /// Stream bytes of dropped flows that came after the verdict, or were undecided.
  package var droppedBytes: UInt64 = 0

  package init() {}

  package static func += (left: inout Self, right: Self) {
    left.held += right.held
    left.heldBytes += right.heldBytes
    left.bufferWaits += right.bufferWaits
    left.peeks += right.peeks
    left.finalPeeks += right.finalPeeks
    left.timeouts += right.timeouts
    left.crashes += right.crashes
    left.lateAnswers += right.lateAnswers
    left.droppedFlows += right.droppedFlows
    left.droppedBytes += right.droppedBytes
  }
}
