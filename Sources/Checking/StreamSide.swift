import Sockets
import Wire

/// One direction of a connection: what its sender has sent, and what the receiver has said of it.
///
/// Sequence numbers become offsets of 64 bits, so that nothing below has to think of their wrapping: 0 is
/// the first byte behind the SYN, or the first that was seen.
struct StreamSide {
  /// What stands in the header for offset 0; `nil` until something of the direction is seen.
  private(set) var origin: SequenceNumber?
  var hasSYN = false
  /// From where on the stream is known: less than 0 where earlier bytes turn up of a stream whose start
  /// was not seen.
  var start: Int64 = 0
  /// Behind the last byte or FIN that was seen (SND.MAX).
  var high: Int64 = 0
  var holes = Holes()
  /// Where the FIN stands.
  var fin: Int64?
  var isReset = false
  var packets: UInt64 = 0
  var bytes: StreamBytes?

  // What its SYN offers, and its timestamps.
  var maximumSegmentSize: UInt16?
  var windowScale: UInt8?
  var permitsSACK = false
  var hasTimestamps = false
  var clock = TimestampClock()

  // What the receiver says of it.
  /// The highest acknowledgement of what was seen.
  var acknowledged: Int64?
  /// Acknowledged and not seen yet.
  var claims: [Claim] = []
  /// The furthest right edge of a window that was announced.
  var edge: Int64?
  /// The last one.
  var announced: Int64?
  /// The window field of the last acknowledgement, and where its own text began.
  var lastWindow: UInt16?
  var lastUpdate = Int64.min
  /// The first segment beyond the window, until it is known what to think of it.
  var overrun: Overrun?

  struct Claim {
    var offset: Int64
    var packet: PacketInfo
    var isSACK: Bool
    /// What was seen when it came.
    var seen: Int64
  }

  struct Overrun {
    var offset: Int64
    var end: Int64
    var edge: Int64
    var packet: PacketInfo
  }

  var isOpen: Bool { origin != nil }

  mutating func open(at sequence: SequenceNumber) { origin = sequence }

  /// The offset of a sequence number: the one that is nearest to the end of the stream.
  func offset(of sequence: SequenceNumber) -> Int64 {
    guard let origin else { return 0 }
    let near = origin + Int(truncatingIfNeeded: high)
    return high &+ Int64(sequence.distance(from: near))
  }

  /// Where text ends at most: in front of the FIN.
  var textHigh: Int64 { fin ?? high }
}

/// The timestamps of a sender (RFC 7323).
struct TimestampClock {
  /// The first TSval, and the newest.
  private(set) var first: UInt32?
  private(set) var newest: UInt32 = 0
  /// TS.Recent of the receiver, as far as it is certain, and when it was set.
  private(set) var recent: (value: UInt32, time: Timestamp)?
  /// An echo that was never sent: the value, the packet with it, and for how many more segments it is
  /// waited for.
  var awaited: (value: UInt32, packet: PacketInfo, patience: Int)?

  mutating func note(_ value: UInt32) {
    if first == nil || Self.isAfter(value, newest) { newest = value }
    if first == nil { first = value }
  }

  /// The receiver remembers the value (RFC 7323 §4.3).
  mutating func setRecent(_ value: UInt32, _ time: Timestamp) {
    if let recent, Self.isAfter(recent.value, value) { return }
    recent = (value, time)
  }

  /// The SYN sets it, whatever was before.
  mutating func restart(_ value: UInt32, _ time: Timestamp) { recent = (value, time) }

  /// Whether a receiver drops a segment with the value (RFC 7323 §5). After 24 days it does not.
  func isStale(_ value: UInt32, at time: Timestamp) -> Bool {
    guard let recent, Self.isAfter(recent.value, value) else { return false }
    return time.since(recent.time) < 24 * 86_400 * 1_000_000_000
  }

  static func isAfter(_ left: UInt32, _ right: UInt32) -> Bool {
    Int32(bitPattern: left &- right) > 0
  }
}
