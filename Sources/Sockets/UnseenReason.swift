/// Why payload that was captured is no data of a stream, so that no analyzer was shown it.
@frozen
public enum UnseenReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
  // Segments that a host would not take (RFC 9293 §3.10.7).
  case badChecksum, badFlags, badAcknowledgment, outdatedTimestamp, outOfWindow, signature
  /// In front of the first byte of the stream, or of the first one that was captured.
  case beforeStart
  /// Behind the FIN, behind the end of the connection, or in a reset.
  case behindFIN, behindEnd, inReset
  /// Its place in the stream had been given up as a gap when it came.
  case afterGap
  /// It came with a SYN, and the answer did not acknowledge it.
  case inSYN
  /// Other bytes than those that an analyzer was shown of the same place.
  case conflict
  /// It repeats an ended connection that is not kept any more.
  case lateRepetition
  /// Of a connection whose start was not seen, with `--midstream no`.
  case midstream
  /// Too much waited to be written, and nothing could decide about it.
  case undecided
  /// An ICMP error quotes it.
  case quote
  /// In an IP packet that carries neither TCP nor UDP, or in one that is no IP packet.
  case otherProtocol, notIP
  /// In a packet whose headers make no sense, or in one that nothing here decodes.
  case malformed, unsupportedLinkType
  /// In fragments of a datagram of which others are missing.
  case incompleteDatagram

  /// As in the summary.
  public var name: String {
    switch self {
    case .badChecksum: "bad_checksum"
    case .badFlags: "bad_flags"
    case .badAcknowledgment: "bad_ack"
    case .outdatedTimestamp: "paws_reject"
    case .outOfWindow: "out_of_window"
    case .signature: "signature"
    case .beforeStart: "before_start"
    case .behindFIN: "data_after_fin"
    case .behindEnd: "data_after_end"
    case .inReset: "data_in_rst"
    case .afterGap: "after_gap"
    case .inSYN: "syn_data"
    case .conflict: "conflict"
    case .lateRepetition: "late_repetition"
    case .midstream: "midstream_ignored"
    case .undecided: "undecided"
    case .quote: "icmp_quote"
    case .otherProtocol: "other_protocol"
    case .notIP: "not_ip"
    case .malformed: "malformed"
    case .unsupportedLinkType: "unsupported_link_type"
    case .incompleteDatagram: "incomplete_datagram"
    }
  }
}

/// How many packets with payload no analyzer was shown, by the reason.
public struct UnseenCounts: Hashable, Sendable {
  private var counts: [UInt64] = []

  public init() {}

  public var isEmpty: Bool { counts.isEmpty }

  public mutating func add(_ reason: UnseenReason) {
    if counts.isEmpty { counts = [UInt64](repeating: 0, count: UnseenReason.allCases.count) }
    counts[Int(reason.rawValue)] += 1
  }

  public subscript(reason: UnseenReason) -> UInt64 {
    counts.isEmpty ? 0 : counts[Int(reason.rawValue)]
  }

  public static func += (left: inout Self, right: Self) {
    if left.counts.isEmpty {
      left.counts = right.counts
    } else {
      for index in right.counts.indices { left.counts[index] += right.counts[index] }
    }
  }

  /// Those that there were.
  public var all: [(reason: UnseenReason, packets: UInt64)] {
    UnseenReason.allCases.map { ($0, self[$0]) }.filter { $0.packets > 0 }
  }
}

/// How much of the text of a packet is no data of its stream.
public enum UntakenText: Hashable, Sendable {
  /// All of it.
  case all
  /// What stands before a stream offset; what follows is data.
  case before(Int64)
  /// As much as its receiver does not acknowledge.
  case unlessAcknowledged
  /// Some of it, which cannot be told apart from what is data.
  case some
}
