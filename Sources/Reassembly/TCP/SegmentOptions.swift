import Wire

/// What the options of a segment say that is looked at off the fast path.
struct SegmentOptions {
  /// TSval (RFC 7323 §3).
  var timestamp: UInt32?
  /// The kind of a signature: TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925).
  var signature: UInt8?
  var hasSACK = false
  /// Of a SYN that joins a Multipath TCP connection: the token of that (RFC 8684 §3.2).
  var joinedToken: UInt32?
  /// Whether it has an option of Multipath TCP.
  var hasMultipath = false
  /// Whether a length was impossible.
  var isMalformed = false

  /// No others than these.
  init(timestamp: UInt32?, hasSACK: Bool) {
    self.timestamp = timestamp
    self.hasSACK = hasSACK
  }

  /// - Parameter header: a whole TCP header.
  init(_ header: TCPSegment) {
    var options = header.options
    while let option = options.next() {
      switch (option.kind, option.value.byteCount) {
      case (TCPOptions.Kind.timestamps, 8): timestamp = option.value.load(bigEndianAt: 0)
      case (TCPOptions.Kind.md5Signature, 16): signature = option.kind
      case (TCPOptions.Kind.authentication, 2...): signature = option.kind
      case (TCPOptions.Kind.sack, _): hasSACK = true
      case (TCPOptions.Kind.multipath, let length):
        hasMultipath = true
        guard length == 10, option.value.byte(at: 0) >> 4 == 1 else { continue }
        if header.flags.contains(.syn) { joinedToken = option.value.load(bigEndianAt: 2) }
      default: break
      }
    }
    isMalformed = options.isMalformed
  }
}

/// What the header of a segment off the fast path says besides its dissection.
struct ExaminedSegment {
  let options: SegmentOptions
  let reservedBits: UInt8
  let urgentPointer: UInt16
  /// Nanoseconds since the last packet of the socket.
  let silence: Int64

  init(_ header: TCPSegment, silence: Int64) {
    self.silence = silence
    options = SegmentOptions(header)
    reservedBits = header.reservedBits
    urgentPointer = header.urgentPointer
  }

  /// Of a segment that is ordinary but for selective acknowledgements, without SYN and URG: there is nothing in its header that the dissection has
  /// not, and nobody waits for the header.
  init(ordinary segment: DissectionReference, silence: Int64) {
    self.silence = silence
    options = SegmentOptions(
      timestamp: segment.element.timestampIfAny,
      hasSACK: segment.element.hasSelectiveAcknowledgments)
    reservedBits = 0
    urgentPointer = 0
  }
}
