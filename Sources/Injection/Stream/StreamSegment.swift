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

  /// How many numbers it takes: SYN and FIN have one each (SEG.LEN).
  package var length: Int {
    payload.count + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
  }

  /// Whether it says nothing but how far its sender has received.
  package var isPureAcknowledgment: Bool {
    payload.isEmpty && flags.intersection([.syn, .fin, .rst, .ack]) == .ack
  }
}

extension StreamSegment {
  /// Its first bytes, and the others with what stands at the end. The first part of an empty one, and
  /// the second of one that has no more, are empty.
  func split(at count: Int) -> (before: StreamSegment, after: StreamSegment) {
    guard count > 0 else {
      var before = self
      before.payload = []
      before.flags.subtract([.fin, .psh])
      return (before, self)
    }
    var (before, after) = (self, self)
    before.payload = Array(payload.prefix(count))
    before.flags.subtract([.fin, .psh])
    after.payload = Array(payload.dropFirst(count))
    after.sequence += count
    after.urgentPointer = UInt16(clamping: Int(urgentPointer) - count)
    if Int(urgentPointer) <= count { after.flags.remove(.urg) }
    return (before, after)
  }

  /// Leaves out what stands behind so many bytes, where a stream has ended.
  mutating func cut(to count: Int64) {
    guard Int64(payload.count) > count else {
      if Int64(payload.count) < count { flags.remove(.fin) }
      return
    }
    payload.removeLast(payload.count - Int(clamping: max(count, 0)))
    flags.remove(.fin)
  }
}
