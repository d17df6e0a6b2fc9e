/// Why a stream cannot be changed without breaking its connection.
@frozen
public enum EditObstacle: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
  /// Each segment is signed (RFC 2385, RFC 5925), and so is what would be changed.
  case md5Signature, authentication
  /// The parts of a Multipath TCP stream are mapped by numbers, with a checksum of its own (RFC 8684).
  case multipath
  /// On the wire: nothing was seen of what the receiver sends.
  case oneSided
  /// On the wire: data that came with the SYN (RFC 7413).
  case fastOpen
  /// The urgent byte is taken out of the stream (`--urgent oob`), which so has other offsets.
  case urgent
  /// In a packet that was fragmented.
  case fragmented
  /// In a packet of which the capture holds only a part.
  case truncated
  /// What was changed, and not acknowledged yet, is as much as is kept.
  case budget
  /// A range that is not in the chunk, or not behind the range before it.
  case range
  /// A datagram would become larger than a datagram can be.
  case size
  /// A packet that speaks of the bytes came so long before them that it is written already.
  case overtaken
  /// The datagram holds an IP packet, whose lengths and checksums would stay as they were.
  case tunnel
  /// The text would become longer than any window of its receiver can say that there is room for.
  case window

  /// As in records and summaries.
  public var name: String {
    switch self {
    case .md5Signature: "tcp_md5"
    case .authentication: "tcp_ao"
    case .multipath: "mptcp"
    case .oneSided: "one_sided"
    case .fastOpen: "fast_open"
    case .urgent: "urgent_out_of_band"
    case .fragmented: "fragmented"
    case .truncated: "truncated"
    case .budget: "edit_budget_reached"
    case .range: "bad_range"
    case .size: "too_large"
    case .overtaken: "overtaken"
    case .tunnel: "tunnel"
    case .window: "window"
    }
  }
  /// Whether what would be changed is covered by a signature.
  public var isSignature: Bool { self == .md5Signature || self == .authentication }
}
