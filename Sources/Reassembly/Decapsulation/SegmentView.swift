public import Sockets
public import Wire

/// What the layers of a frame say of the TCP segment in it: to read, for whoever follows TCP in
/// another way than the reassembler.
///
/// A value that outlives its batch; `PacketBatch.withBytes(of:)` lends the bytes that go with it.
public struct SegmentView: Sendable {
  public let source: SocketInfo.Endpoint
  public let destination: SocketInfo.Endpoint
  public let vlans: VLANTags
  /// What the tunnels around the segment add to its connection, the same for both directions; 0 in no
  /// tunnel. It is a keyed hash, good for this process alone.
  public let tunnelKey: UInt64
  /// The outer ends of the innermost tunnel.
  public let tunnel: Tunnel?

  public let sequence: SequenceNumber
  public let acknowledgment: SequenceNumber
  public let flags: TCPFlags
  /// As it stands in the header, not scaled.
  public let window: UInt16
  /// Where the options and the captured text lie in what `withBytes(of:)` lends.
  public let options: Range<Int>
  public let text: Range<Int>
  /// Bytes of the text that the capture does not hold.
  public let missing: Int
  public let checksum: ChecksumFinding
  /// Bytes of the IP packet as it was sent; of one that was put together from fragments those of its
  /// payload.
  public let ipLength: Int
  /// Whether no Ethernet carries the packet as it is: a card or a kernel put it together (GRO, LRO), or
  /// was still to take it apart (TSO).
  public let isAggregate: Bool
  /// The index of the packet in its batch.
  public let index: Int

  /// Bytes of the text as they were sent.
  public var length: Int { text.count &+ missing }

  /// What verifying the checksum of a segment or datagram came to.
  public enum ChecksumFinding: Sendable, BitwiseCopyable {
    /// There is none, or not all that it covers was captured.
    case notVerified
    case right, wrong
    /// Wrong as offload to the network card leaves it.
    case offloaded
  }
}

/// What a packet is to somebody who looks at its transport header.
public enum PacketView: Sendable {
  case segment(SegmentView)
  /// A UDP datagram.
  case datagram(SegmentView.ChecksumFinding)
  /// A header contradicts itself, or not all of it was captured. Which of TCP or UDP is among the
  /// `strays` of the batch.
  case malformed(isTruncated: Bool)
  /// Anything else. Wrong header checksums are among the `strays` of the batch.
  case other
}

extension PacketBatch {
  /// Whether the IPv4 header of the packet at `index` has a checksum of 0 that is not right. The batch
  /// must have been prepared.
  public func lacksHeaderChecksum(at index: Int) -> Bool {
    let dissection = dissections.reference(to: index)
    let offset = dissection.element.networkOffset
    guard dissection.element.kind.isPacket, !dissection.element.isIPv6,
      offset + 20 <= frames[index].capturedLength,
      let packet = try? IPv4Packet(
        validating: frames[index].bytes.extracting(droppingFirst: offset))
    else { return false }
    return packet.headerChecksum == 0 && !packet.hasValidChecksum
  }

  /// What the packet at `index` is. The batch must have been prepared.
  public func packet(at index: Int) -> PacketView {
    let dissection = dissections.reference(to: index)
    switch dissection.element.kind {
    case .tcp, .wholeTCP, .innerTCP: return .segment(segment(index, dissection))
    case .udp, .wholeUDP, .innerUDP: return .datagram(.init(dissection.element.checksum))
    case .malformed, .malformedTCP, .malformedUDP:
      return .malformed(isTruncated: dissection.element.missing > 0)
    default: return .other
    }
  }

  private func segment(_ index: Int, _ dissection: DissectionReference) -> SegmentView {
    let ends = dissection.element.keyEnds
    let text = dissection.element.text
    return SegmentView(
      source: ends.source, destination: ends.destination, vlans: dissection.element.key.vlans,
      tunnelKey: dissection.element.tunnel, tunnel: tunnel(of: dissection),
      sequence: dissection.element.sequence, acknowledgment: dissection.element.acknowledgment,
      flags: dissection.element.flags, window: dissection.element.window,
      options: (dissection.element.transportOffset &+ 20)..<text.lowerBound, text: text,
      missing: dissection.element.missing, checksum: .init(dissection.element.checksum),
      ipLength: dissection.element.ipLength, isAggregate: dissection.element.isAggregate,
      index: index)
  }

  /// Lends the bytes in which a segment's `options` and `text` lie: those of the frame, or of the
  /// datagram that was put together from fragments.
  public func withBytes<Result>(of segment: SegmentView, _ body: (RawSpan) -> Result) -> Result {
    let dissection = dissections.reference(to: segment.index)
    if dissection.element.kind.isWhole {
      let datagram = datagrams[dissection.element.datagram]
      return body(unsafe datagram.span.bytes)
    }
    return body(frames[segment.index].bytes)
  }
}

extension SegmentView.ChecksumFinding {
  fileprivate init(_ finding: Dissection.ChecksumFinding) {
    switch finding {
    case .notVerified: self = .notVerified
    case .right: self = .right
    case .wrong: self = .wrong
    case .offloaded: self = .offloaded
    }
  }
}
