/// An oddity that is counted and does not stop the analysis.
public enum Weird: String, Hashable, Sendable, CaseIterable {
  case badHeaderChecksum = "ip_bad_checksum"
  case badTCPChecksum = "tcp_bad_checksum"
  case badUDPChecksum = "udp_bad_checksum"
  case malformedTCP = "tcp_malformed_header"
  case malformedUDP = "udp_malformed_header"
  case fragmentOverlap = "fragment_overlap"
  /// An overlap with other bytes, whichever are kept.
  case fragmentOverlapConflict = "fragment_overlap_conflict"
  /// A datagram that was given up because of what its fragments are.
  case fragmentedDatagramDropped = "fragmented_datagram_dropped"
  /// A fragment of such a datagram that came later.
  case fragmentOfDropped = "fragment_of_dropped"
  /// Where fragments say that their datagram ends does not fit together, as in teardrop.
  case fragmentEndConflict = "fragment_end_conflict"
  /// The header of a TCP segment is not all in the first fragment (RFC 1858, RFC 3128).
  case fragmentTiny = "fragment_tiny"
  case fragmentTooLarge = "fragment_too_large"
  case fragmentBadLength = "fragment_bad_length"
  case fragmentTimeout = "fragment_timeout"
  case fragmentBudgetReached = "fragment_budget_reached"
  case reassemblyBudgetReached = "reassembly_budget_reached"
  case spoolBudgetReached = "spool_budget_reached"
  case flowBudgetReached = "flow_budget_reached"
  case overlapConflict = "overlap_conflict"
  case dataAfterFIN = "data_after_fin"
  case dataAfterEnd = "data_after_end"
  case resetOutOfWindow = "rst_out_of_window"
  case synInsideConnection = "syn_inside_connection"
  case truncatedSegment = "truncated_segment"
  case midstreamIgnored = "midstream_ignored"
}
