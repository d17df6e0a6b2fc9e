package import Wire

/// A TCP segment as both ends mean it, without the packet around it.
package struct StreamSegment: Hashable, Sendable {
  /// TSval and TSecr (RFC 7323 §3.2).
  package struct Timestamps: Hashable, Sendable {
    package var value: UInt32
    package var echo: UInt32

    package init(value: UInt32, echo: UInt32) {
      self.value = value
      self.echo = echo
    }
  }

  package var sequence: SequenceNumber
  package var acknowledgment = SequenceNumber(0)
  package var flags: TCPFlags
  /// As it stands in the header.
  package var window: UInt16 = 0
  package var urgentPointer: UInt16 = 0
  /// The MSS option.
  package var maximumSegmentSize: UInt16?
  package var windowScale: UInt8?
  package var permitsSACK = false
  package var sackBlocks: [SACKBlock] = []
  package var timestamps: Timestamps?
  package var payload: [UInt8] = []

  package init(sequence: SequenceNumber, flags: TCPFlags) {
    self.sequence = sequence
    self.flags = flags
  }

  /// Whether it says nothing but how far its sender has received.
  package var isPureAcknowledgment: Bool {
    payload.isEmpty && flags.intersection([.syn, .fin, .rst, .ack]) == .ack
  }
}
