package import Buffers
package import Capture
package import Deferral
package import Sockets

/// What was analyzed, and what was not.
package struct RunSummary: Sendable {
  package struct Analyzer: Sendable {
    package var name: String
    /// What it says of itself: `3 matches in 12 streams`.
    package var statements: [String] = []
    /// Errors that it threw; `--on-crash` was applied to each.
    package var failures: UInt64 = 0
    package var firstFailure: String?
    /// The packet that brought the first one about.
    var firstFailurePacket = UInt64.max
    /// Answers that did not come by the deadline; `--on-timeout` was applied to each.
    package var timeouts: UInt64 = 0
    /// Sockets that it had no client for; `--on-no-client` was applied to each.
    package var socketsWithoutClient: UInt64 = 0
    /// Verdicts that made no sense where they were given, by their word; the data was allowed.
    package var refused: [String: UInt64] = [:]
    /// Edits that were not possible, by the name of what was in the way; `--on-refused-edit` was
    /// applied to each.
    package var obstacles: [String: UInt64] = [:]
    /// Ranges that its edits changed, or would have with `--dry-run`, and those that were not possible.
    package var edits: UInt64 = 0
    package var refusedEdits: UInt64 = 0

    package init(name: String) { self.name = name }

    /// What the workers report of one link, there being at least one worker.
    init(summing parts: [Self]) {
      self.init(name: parts.first?.name ?? "")
      for part in parts {
        statements += part.statements
        failures += part.failures
        timeouts += part.timeouts
        socketsWithoutClient += part.socketsWithoutClient
        if part.firstFailurePacket < firstFailurePacket {
          firstFailure = part.firstFailure
          firstFailurePacket = part.firstFailurePacket
        }
        refused.merge(part.refused, uniquingKeysWith: +)
        obstacles.merge(part.obstacles, uniquingKeysWith: +)
        edits += part.edits
        refusedEdits += part.refusedEdits
      }
    }
  }

  package var packets: UInt64 = 0
  /// Bytes of all frames as captured.
  package var bytes: UInt64 = 0
  package var tcpSockets: UInt64 = 0
  package var udpSockets: UInt64 = 0
  package var streamBytes: UInt64 = 0
  /// Bytes of segments that a host would not take, and that were not taken.
  package var refusedBytes: UInt64 = 0
  package var gaps: UInt64 = 0
  package var gapBytes: UInt64 = 0
  /// Wrong checksums; their packets were not used.
  package var badChecksums: UInt64 = 0
  /// Wrong checksums that offload to the network card explains; their packets were used.
  package var offloadedChecksums: UInt64 = 0
  /// Packets of which the capture holds only a part.
  package var truncatedPackets: UInt64 = 0
  /// Packets of link types that cannot be decoded, by the name of the type.
  package var unsupportedLinkTypes: [String: UInt64] = [:]
  /// Packets that carry neither IPv4 nor IPv6.
  package var otherPackets: UInt64 = 0
  /// IP packets that carry neither TCP nor UDP.
  package var otherProtocols: UInt64 = 0
  /// Packets whose headers contradict themselves.
  package var malformedPackets: UInt64 = 0
  package var fragments: UInt64 = 0
  /// Oddities by name.
  package var weirds: [String: UInt64] = [:]
  package var analyzers: [Analyzer] = []
  package var deferral = DeferralCounts()
  package var onCrash = DeferralConfiguration.Policy.allow
  package var onRefusedEdit = DeferralConfiguration.Policy.allow
  /// Whether nothing was really dropped (`--dry-run`).
  package var isDryRun = false
  /// Packets with payload that no analyzer was shown, where packets are written; and whether they were
  /// left out.
  package var unseen = UnseenCounts()
  package var dropsUnseen = false
  /// Whether packets were written, so that what was changed shows anywhere (`-w`).
  package var writesPackets = false
  /// Packets that were left out of the written capture.
  package var packetsLeftOut: UInt64 = 0
  /// Packets that were written in another form.
  package var packetsRewritten: UInt64 = 0
  /// What the input said about packets, and could not be written.
  package var unkept = Unkept()
  /// Why files of the input ended early.
  package var damages: [CaptureDamage] = []
  /// Packets that were there and did not come this far.
  package var omissions = Omissions()
  /// The analyzer whose client was waited for in vain, for which the run ended.
  package var absentClient: String?
  /// Whether INT or TERM ended the run.
  package var wasInterrupted = false

  package init() {}
}
