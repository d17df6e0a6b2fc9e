import Analysis
package import Sockets

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
  /// How long a peek may last, in packet time; `nil` for as long as it takes.
  package var peekTimeout: Duration?
  /// How long an answer is waited for, in wall time.
  package var deadline = Duration.seconds(60)
  package var onCrash = Policy.allow
  package var onTimeout = Policy.allow
  package var onRefusedEdit = Policy.allow
  package var onNoClient = ClientPolicy.hold
  /// Payload that no analyzer was shown, as it is no stream data.
  package var onUnseen = UnseenPolicy.allow
  /// The budget of all stores together, in bytes.
  package var memory = 1 << 30
  /// Verdicts are recorded and not carried out.
  package var isDryRun = false
  /// Whether packets are written, so that it matters which of them go.
  package var writesPackets = false

  package init() {}

  /// What is done in place of a verdict that did not come, or that cannot be carried out.
  package enum Policy: String, Sendable, CaseIterable {
    case allow
    /// The bytes are taken out of the stream; where there are none it is as `allow`.
    case deny
    /// Of the whole flow, from the first undecided byte on.
    case drop
    /// As `drop`, and both ends are told so.
    case reset

    /// Whether nothing of the flow goes any further.
    var endsFlow: Bool { self == .drop || self == .reset }
  }

  /// What becomes of payload that no analyzer was shown.
  package enum UnseenPolicy: String, Sendable, CaseIterable {
    /// It is written as it was.
    case allow
    /// It is left out.
    case drop
  }

  /// Whether packets with payload that no analyzer was shown are left out.
  package var dropsUnseen: Bool { onUnseen == .drop && !isDryRun }

  /// What is done about a socket whose analyzer has no client (another process) to look at it.
  package enum ClientPolicy: String, Sendable, CaseIterable {
    /// The socket passes, not looked at.
    case pass
    /// A client is waited for, and without one the run ends.
    case hold
    /// The flow is dropped.
    case refuse
  }

  /// How long a client is waited for.
  package var clientPatience: Duration { min(.seconds(10), deadline) }
  /// What the peeks of a shard may take together: an eighth of the memory for all shards.
  var peekBytesPerShard: Int {
    max((1 << 16) + PeekList.overhead, memory / 8 / PerShard<DeferralStage>.count)
  }
  /// What is kept of the edits of a shard together: an eighth of the memory for all shards.
  var editBytesPerShard: Int { memory / 8 / PerShard<DeferralStage>.count }
  /// What is kept of the edits that one packet brings about: those of a stretch of packets are counted at
  /// its end, and have to find room until then.
  var editBytesPerPacket: Int { max(1 << 13, memory / 8 / 256) }
  /// What an edit takes besides the bytes that it puts in.
  static var editCost: Int { 128 }
  /// How many connections of a shard may have to be kept in mind when they have gone, as they were
  /// changed: an eighth of the memory for all shards.
  var departuresPerShard: Int {
    max(16, memory / 8 / PerShard<DeferralStage>.count / DepartureStore.cost)
  }
  /// What packets may come to that wait to be written, with the oldest of them undecided: an eighth of
  /// the memory. Then it is decided with what is there.
  package var spoolBytes: UInt64 { UInt64(max(1 << 18, memory / 8)) }
  /// What a packet counts for that waits, besides its bytes.
  package static var spoolCost: Int { 128 }

  /// The most that one socket may have of the pool.
  var socketShare: Int { max(1, buffers / 2) }
  /// Bytes that a peek can come to. It lies beside the pool, and may be larger than a buffer. It is a
  /// little more than the limit: who looks at a window of that size may wait for several bytes at a time.
  var largestPeek: Int {
    min(peekLimit + peekLimit / 32, peekBytesPerShard - PeekList.overhead)
  }
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
  /// Of these: as they were as long as they may be, for want of room, and as they took too long.
  package var peeksAtLimit: UInt64 = 0
  package var peeksForRoom: UInt64 = 0
  package var peeksTimedOut: UInt64 = 0
  /// Peeks that were made final, and holes given up, because too much waited to be written.
  package var spoolReached: UInt64 = 0
  /// Packets that were written undecided, as nothing could decide about them.
  package var packetsGivenUp: UInt64 = 0
  /// No answer by the deadline.
  package var timeouts: UInt64 = 0
  /// Errors thrown, and chunks let go without an answer.
  package var crashes: UInt64 = 0
  /// Answers that nobody waited for any more.
  package var lateAnswers: UInt64 = 0
  package var droppedFlows: UInt64 = 0
  /// Stream bytes of dropped flows that came after the verdict, or were undecided.
  package var droppedBytes: UInt64 = 0
  /// Ranges that became other bytes.
  package var edits: UInt64 = 0
  /// Packets with payload that no analyzer was shown, of sockets that analyzers may decide about.
  package var unseen = UnseenCounts()
  /// Those that would have, with `--dry-run`.
  package var wouldEdits: UInt64 = 0
  /// Edits of another length in the body of an HTTP message that announces its length.
  package var lengthChanges: UInt64 = 0
  /// Packets that edits have put beyond the window, as none can be announced that has room for them.
  package var packetsBeyondWindow: UInt64 = 0

  package init() {}

  package static func += (left: inout Self, right: Self) {
    left.held += right.held
    left.heldBytes += right.heldBytes
    left.bufferWaits += right.bufferWaits
    left.peeks += right.peeks
    left.finalPeeks += right.finalPeeks
    left.peeksAtLimit += right.peeksAtLimit
    left.peeksForRoom += right.peeksForRoom
    left.peeksTimedOut += right.peeksTimedOut
    left.spoolReached += right.spoolReached
    left.packetsGivenUp += right.packetsGivenUp
    left.timeouts += right.timeouts
    left.crashes += right.crashes
    left.lateAnswers += right.lateAnswers
    left.droppedFlows += right.droppedFlows
    left.droppedBytes += right.droppedBytes
    left.edits += right.edits
    left.unseen += right.unseen
    left.wouldEdits += right.wouldEdits
    left.lengthChanges += right.lengthChanges
    left.packetsBeyondWindow += right.packetsBeyondWindow
  }
}
