import Buffers
import Sockets
import Wire

// ICMP errors that quote a packet of an edited stream (RFC 792, RFC 4443 §2.4).
extension FrameScratch {
  /// Makes it a copy of a frame with other numbers in the quoted header, and without the text behind that
  /// where it is to go.
  mutating func rewriteQuote(
    _ quote: PacketRewrite.Quote, _ rewrite: PacketRewrite, of frame: Frame,
    _ surroundings: Surroundings
  ) {
    let packet = rewrite.packet
    let message = Int(packet.networkOffset)
    let header = Int(packet.transportOffset)
    let oldEnd = header + Int(packet.headerLength) + Int(packet.captured)
    let end = quote.losesText ? header + Int(packet.headerLength) : oldEnd
    fill(frame.bytes.extracting(0..<end))
    if quote.losesText {
      let isPadded =
        frame.linkType == .ethernet && frame.originalLength >= FrameRewriter.smallestEthernetFrame
      if isPadded { append(zeros: max(FrameRewriter.smallestEthernetFrame - bytes.count, 0)) }
    } else {
      append(frame.bytes.extracting(droppingFirst: end))
    }
    var span = bytes.mutableSpan
    var memory = unsafe span.mutableBytes
    memory.changeQuotedNumbers(rewrite, at: header, end: end)
    memory.changeICMPChecksum(at: message, end: end, oldEnd: oldEnd, surroundings, frame.bytes)
    guard end != oldEnd else { return }
    let extent = Extent(end: end, change: end - oldEnd, number: 0)
    memory.changeLayers(surroundings, below: message, extent, from: frame.bytes)
  }
}

extension MutableRawSpan {
  /// As much of a TCP header as is quoted.
  fileprivate mutating func changeQuotedNumbers(
    _ rewrite: PacketRewrite, at header: Int, end: Int
  ) {
    guard rewrite.packet.traits.contains(.tcp), header + 8 <= end else { return }
    let changed = header..<min(header + 12, end)
    var (before, after) = (Checksum(), Checksum())
    before.add(bytes.extracting(changed))
    let sequence: UInt32 = bytes.load(bigEndianAt: header + 4)
    store(sequence &+ rewrite.numbers.sequenceDelta, bigEndianAt: header + 4)
    if rewrite.packet.traits.contains(.acknowledges), header + 12 <= end {
      let acknowledged: UInt32 = bytes.load(bigEndianAt: header + 8)
      store(acknowledged &+ rewrite.numbers.acknowledgmentDelta, bigEndianAt: header + 8)
    }
    after.add(bytes.extracting(changed))
    guard header + 18 <= end else { return }
    // That of the segment as it was, but for its numbers: its text is not here to be summed.
    let field: UInt16 = bytes.load(bigEndianAt: header + 16)
    store(Checksum.updated(field, replacing: before, with: after), bigEndianAt: header + 16)
  }

  /// The checksum of the message changes by what has changed, so that a wrong one stays as wrong
  /// (RFC 1624).
  fileprivate mutating func changeICMPChecksum(
    at message: Int, end: Int, oldEnd: Int, _ surroundings: Surroundings, _ old: RawSpan
  ) {
    let field: UInt16 = bytes.load(bigEndianAt: message + 2)
    var (before, after) = (Checksum(), Checksum())
    before.add(old.extracting(message..<oldEnd))
    after.add(bytes.extracting(message..<end))
    let network = surroundings.layers.last { $0.isIP && $0.offset < message }
    if network?.kind == .ipv6 {
      before.add(UInt32(truncatingIfNeeded: oldEnd - message))
      after.add(UInt32(truncatingIfNeeded: end - message))
    }
    store(Checksum.updated(field, replacing: before, with: after), bigEndianAt: message + 2)
  }
}
