import Wire

/// What the TCP logic needs of a segment's header, and how long its text is.
struct Segment: BitwiseCopyable {
  var sequence: SequenceNumber
  var acknowledgment: SequenceNumber
  var flags: TCPFlags
  /// Text bytes that the capture holds.
  var captured: Int
  /// Text bytes that were sent and that the capture does not hold (snap length).
  var missing: Int

  /// Text bytes as they were sent.
  var length: Int { captured &+ missing }
}

extension TCPFlags {
  /// What takes a segment off the fast path.
  static var control: TCPFlags { TCPFlags(rawValue: 0x27) }
}
