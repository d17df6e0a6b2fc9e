/// A TCP header to be written (RFC 9293 §3.1).
public struct TCPHeader: Sendable {
  public var sourcePort: UInt16
  public var destinationPort: UInt16
  public var sequence: SequenceNumber
  public var acknowledgment: SequenceNumber
  public var flags: TCPFlags
  /// As it stands in the header: not scaled.
  public var window: UInt16
  public var urgentPointer: UInt16 = 0
  public var options = TCPOptionList()

  public init(
    sourcePort: UInt16, destinationPort: UInt16, sequence: SequenceNumber,
    acknowledgment: SequenceNumber = SequenceNumber(0), flags: TCPFlags = .ack,
    window: UInt16 = 65_535
  ) {
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
  }

  public var byteCount: Int { 20 + options.byteCount }

  /// Writes `byteCount` bytes at `offset`; the checksum is 0 until `updateTCPChecksum`.
  public func write(to buffer: inout MutableRawSpan, at offset: Int = 0) {
    buffer.store(sourcePort, bigEndianAt: offset)
    buffer.store(destinationPort, bigEndianAt: offset + 2)
    buffer.store(sequence.rawValue, bigEndianAt: offset + 4)
    buffer.store(acknowledgment.rawValue, bigEndianAt: offset + 8)
    buffer.store(byte: UInt8(byteCount / 4) << 4, at: offset + 12)
    buffer.store(byte: flags.rawValue, at: offset + 13)
    buffer.store(window, bigEndianAt: offset + 14)
    buffer.store(UInt16(0), bigEndianAt: offset + 16)
    buffer.store(urgentPointer, bigEndianAt: offset + 18)
    options.write(to: &buffer, at: offset + 20)
  }
}

/// A UDP header to be written (RFC 768).
public struct UDPHeader: Hashable, Sendable, BitwiseCopyable {
  public var sourcePort: UInt16
  public var destinationPort: UInt16

  public init(sourcePort: UInt16, destinationPort: UInt16) {
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }

  public var byteCount: Int { 8 }

  /// Writes 8 bytes at `offset`; the checksum is 0 (none) until `updateUDPChecksum`. A length that
  /// the field cannot hold is 0 (RFC 2675 §4).
  public func write(payloadLength: Int, to buffer: inout MutableRawSpan, at offset: Int = 0) {
    buffer.store(sourcePort, bigEndianAt: offset)
    buffer.store(destinationPort, bigEndianAt: offset + 2)
    buffer.store(UInt16(exactly: payloadLength + 8) ?? 0, bigEndianAt: offset + 4)
    buffer.store(UInt16(0), bigEndianAt: offset + 6)
  }
}
