import Wire

extension Conversation {
  /// The IP packet in the last frame, as far as an ICMP message quotes it: its header and so many bytes.
  public func quotesLast(_ count: Int = 8) -> [UInt8] {
    let end = min(transportOffset + count, frames[frames.count - 1].bytes.count)
    return Array(frames[frames.count - 1].bytes[networkOffset..<end])
  }

  /// A router's ICMP message with a right checksum, of the conversation's family.
  ///
  /// - Parameters:
  ///   - word: the four bytes behind the checksum.
  ///   - end: who it is sent to: the sender of what it quotes.
  public func sendsICMP(
    type: UInt8, code: UInt8, word: UInt32 = 0, quoting quote: [UInt8], to end: End
  ) {
    let router =
      family == .ipv4
      ? IPAddress(ipv4: 0x0AFF_FF01) : IPAddress(ipv6: 0x2001_0DB8_FFFF_0000, 1)
    var headers = headers(from: end.peer)
    headers.ip.source = router
    headers.ip.protocol = family == .ipv4 ? .icmp : .icmpv6
    let fields = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    var message = [type, code, 0, 0] + fields + quote
    var sum = Checksum()
    if family == .ipv6 {
      sum = .pseudoHeader(
        source: router, destination: end.address, protocol: IPProtocol.icmpv6.rawValue,
        length: message.count)
    }
    message.withRawSpan { sum.add($0) }
    message[2] = UInt8(sum.complemented >> 8)
    message[3] = UInt8(truncatingIfNeeded: sum.complemented)
    var bytes: [UInt8] = []
    message.withRawSpan { headers.append(payload: $0, to: &bytes) }
    append(bytes)
  }
}
