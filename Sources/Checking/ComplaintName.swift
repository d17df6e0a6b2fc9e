extension Complaint {
  /// What there is to complain of, as records have it.
  public enum Name: String, Sendable, CaseIterable {
    // Errors.
    case sequenceGap = "sequence_gap"
    case sequenceBack = "sequence_back"
    case sequenceBeforeStart = "sequence_before_start"
    case conflictingCopy = "conflicting_copy"
    case ackUnseen = "ack_unseen"
    case ackBeforeStart = "ack_before_start"
    case sackMalformed = "sack_malformed"
    case sackNotNegotiated = "sack_not_negotiated"
    case sackBelowAck = "sack_below_ack"
    case sackUnseen = "sack_unseen"
    case windowShrunk = "window_shrunk"
    case beyondWindow = "beyond_window"
    case badChecksum = "bad_checksum"
    case badUDPChecksum = "bad_udp_checksum"
    case badHeaderChecksum = "bad_header_checksum"
    case malformed
    case paws
    case timestampMissing = "timestamp_missing"
    case echoUnseen = "echo_unseen"
    case mssExceeded = "mss_exceeded"
    case dataAfterFIN = "data_after_fin"
    case finMoved = "fin_moved"
    case synInside = "syn_inside"
    case resetBeyond = "reset_beyond"
    case dataAfterReset = "data_after_reset"

    // Notes.
    case unfilledHole = "unfilled_hole"
    case outOfOrder = "out_of_order"
    case retransmission
    case spuriousRetransmission = "spurious_retransmission"
    case notCompared = "not_compared"
    case ackBack = "ack_back"
    case duplicateAck = "duplicate_ack"
    case keepAlive = "keep_alive"
    case zeroWindow = "zero_window"
    case windowProbe = "window_probe"
    case staleTimestamp = "stale_timestamp"
    case resetOld = "reset_old"
    case portReused = "port_reused"
    case earlierConnection = "earlier_connection"
    case captureReordered = "capture_reordered"
    case checksumOffload = "checksum_offload"
    case aggregate
    case truncated
    case connectionForgotten = "connection_forgotten"

    public var severity: Severity {
      switch self {
      case .unfilledHole, .outOfOrder, .retransmission, .spuriousRetransmission, .notCompared,
        .ackBack, .duplicateAck, .keepAlive, .zeroWindow, .windowProbe, .staleTimestamp, .resetOld,
        .portReused, .earlierConnection, .captureReordered, .checksumOffload, .aggregate,
        .truncated, .connectionForgotten:
        .note
      default: .error
      }
    }
  }
}
