/// An oddity that is counted and does not stop the analysis.
public enum Weird: String, Hashable, Sendable, CaseIterable, BitwiseCopyable {
  case badHeaderChecksum = "ip_bad_checksum"
  /// Of TCP, UDP or ICMP.
  case badChecksum = "bad_checksum"
  /// IP that does not say how long it is, as offload leaves it.
  case zeroLength = "ip_len_zero"
  case jumbogram
  case unsupportedJumbo = "unsupported_jumbo"
  case malformedTCP = "tcp_malformed_header"
  case malformedUDP = "udp_malformed_header"
  case fragmentOverlap = "frag_overlap"
  /// An overlap with other bytes, whichever are kept.
  case fragmentOverlapConflict = "frag_overlap_conflict"
  /// A datagram that was given up because of what its fragments are.
  case fragmentedDatagramDropped = "frag_datagram_dropped"
  /// A fragment of such a datagram that came later.
  case fragmentOfDropped = "frag_of_dropped"
  /// The header of a TCP segment is not all in the first fragment (RFC 1858, RFC 3128).
  case fragmentTiny = "frag_tiny"
  case fragmentTooLarge = "frag_too_large"
  /// The length of a fragment is none that it can have, or does not fit to where others say that the
  /// datagram ends (teardrop).
  case fragmentBadLength = "frag_bad_length"
  /// IPv6: a Fragment header in a fragment.
  case fragmentNested = "frag_nested"
  case fragmentTimeout = "frag_timeout"
  case fragmentBudgetReached = "frag_budget_reached"
  /// An ICMP message says that a packet of the socket did not arrive.
  case icmpError = "icmp_error"
  /// The same, because it was too big for a link.
  case pathMTU = "pmtu"
  case tunnelLimitReached = "tunnel_limit_reached"
  case detailBudgetReached = "detail_budget_reached"
  case reassemblyBudgetReached = "reassembly_budget_reached"
  case spoolBudgetReached = "spool_budget_reached"
  case flowBudgetReached = "flow_budget_reached"
  case departureBudgetReached = "departure_budget_reached"
  case overlapConflict = "overlap_conflict"
  case dataAfterFIN = "data_after_fin"
  case dataAfterEnd = "data_after_end"
  case resetOutOfWindow = "rst_out_of_window"
  case synInEstablished = "syn_in_established"
  case truncatedSegment = "truncated_segment"
  case midstreamIgnored = "midstream_ignored"

  // Of segments: what a host would make of them, and what is noted besides.
  case badFlags = "bad_flags"
  case dataWithoutACK = "data_without_ack"
  case badACK = "bad_ack"
  case pawsReject = "paws_reject"
  case outOfWindow = "out_of_window"
  case authOptionUnexpected = "auth_option_unexpected"
  case authOptionMissing = "auth_option_missing"
  case authFlow = "auth_flow"
  case doubtsBudgetReached = "doubts_budget_reached"
  case lateConflict = "late_conflict"
  case ttlAnomaly = "ttl_anomaly"
  case duplicateCapture = "duplicate_capture"
  case overlapStorm = "overlap_storm"
  case resetUnverifiable = "rst_unverifiable"
  case resetIgnored = "rst_ignored_bad_ack"
  case resetInjectionSuspected = "rst_injection_suspected"
  case strayReset = "stray_rst"
  case resetChallenged = "rst_challenged"
  case resetStorm = "rst_storm"
  case multipleSYN = "multiple_syn"
  case multipleSYNACK = "multiple_synack"
  case roleAmbiguous = "role_ambiguous"
  case synData = "syn_data"
  case finWithoutSession = "fin_without_session"
  case finOutOfWindow = "fin_out_of_window"
  case finMoved = "fin_moved"
  case zeroWindowProbe = "zero_window_probe"
  case keepalive = "keepalive"
  case windowShrunk = "window_shrunk"
  case windowScaleBad = "wscale_bad"
  case optionMisplaced = "option_misplaced"
  case badOption = "bad_option"
  case segmentSizeExceeded = "mss_exceeded"
  case multipathJoin = "mptcp_join"
  case reservedBits = "reserved_bits"
  case urgent = "urgent"
  case urgentPending = "urgent_pending"
  /// The capture lacks acknowledgements: a sender goes on past the window of a receiver that is not heard.
  case acknowledgmentsNotCaptured = "acks_not_captured"
  /// Both ends went on at numbers beyond the window: more than that is missing in the capture.
  case lossBeyondWindow = "loss_beyond_window"
  case resumedAfterTimeout = "resumed_after_timeout"
  /// A connection had ended, and was no longer kept, when a FIN or data of it came once more.
  case lateRepetition = "late_repetition"

  /// Its place among all of them, which is what a case without values consists of. To look names up
  /// would cost more than a packet does.
  package var number: UInt8 { unsafe unsafeBitCast(self, to: UInt8.self) }

  public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// How often each oddity was seen.
public struct WeirdTotals: Sendable {
  /// By their numbers; none as long as nothing was seen.
  private var counts: [UInt64] = []

  public init() {}

  @inline(__always)
  public mutating func add(_ name: Weird, times: UInt64 = 1) {
    if counts.isEmpty { makeCounts() }
    counts[Int(name.number)] &+= times
  }

  @inline(never)
  private mutating func makeCounts() {
    counts = [UInt64](repeating: 0, count: Weird.allCases.count)
  }

  public static func += (left: inout Self, right: borrowing Self) {
    if right.counts.isEmpty { return }
    if left.counts.isEmpty { left.makeCounts() }
    for number in left.counts.indices { left.counts[number] &+= right.counts[number] }
  }

  /// Those that were seen.
  public var all: [Weird: UInt64] {
    [Weird: UInt64](uniqueKeysWithValues: zip(Weird.allCases, counts)).filter { $0.value > 0 }
  }
}
