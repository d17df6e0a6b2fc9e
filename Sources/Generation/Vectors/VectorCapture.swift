public import Buffers
internal import Wire

/// A capture that tries one thing: segments of one stream, or fragments of one datagram, in the order
/// in which they arrive.
public struct VectorCapture: Sendable {
  /// The sequence number of the originator's SYN.
  public var initialSequence: UInt32 = 1000
  /// Offset 0 is the first byte behind the SYN.
  public var segments: [Piece] = []
  /// Offset 0 is the header of a UDP datagram, which the first eight bytes are whatever is given for
  /// them; offsets and lengths in units of eight bytes, each of which is one byte eight times.
  public var fragments: [Piece] = []
  public var ipv6 = false
  public var vlan: UInt16?

  public struct Piece: Hashable, Sendable {
    public var offset: Int
    public var bytes: [UInt8]

    public init(offset: Int, bytes: [UInt8]) {
      self.offset = offset
      self.bytes = bytes
    }
  }

  public init() {}

  /// The largest offset, so that no sum overflows.
  public static var offsetLimit: Int { 1 << 31 }
  /// Bytes of a piece, and units of all fragments.
  public static var pieceLimit: Int { 1400 }
  public static var unitLimit: Int { 8000 }

  /// Writes it; answers how many packets that were.
  public func write(to sink: any PacketSink) throws -> UInt64 {
    var writer = VectorWriter(self, sink)
    if !segments.isEmpty { try writer.writeSegments() }
    if !fragments.isEmpty { try writer.writeFragments() }
    return writer.packets
  }
}

private struct VectorWriter {
  let vector: VectorCapture
  let sink: any PacketSink
  private(set) var packets: UInt64 = 0
  private let source: IPAddress
  private let destination: IPAddress

  init(_ vector: VectorCapture, _ sink: any PacketSink) {
    self.vector = vector
    self.sink = sink
    source =
      vector.ipv6 ? IPAddress(ipv6: 0x2001_0DB8_0001_0000, 1) : IPAddress(ipv4: 0x0A00_0001)
    destination =
      vector.ipv6 ? IPAddress(ipv6: 0x2001_0DB8_0002_0000, 1) : IPAddress(ipv4: 0xC000_0201)
  }

  private func headers(isAnswer: Bool = false) -> FrameHeaders {
    var ethernet = EthernetHeader(
      destination: MACAddress(isAnswer ? 0x0200_0000_0001 : 0x0201_0000_0001),
      source: MACAddress(isAnswer ? 0x0201_0000_0001 : 0x0200_0000_0001))
    ethernet.outerTag = vector.vlan.map { VLANTag($0) }
    var ip = IPHeader(
      source: isAnswer ? destination : source, destination: isAnswer ? source : destination)
    ip.identification = 7
    return FrameHeaders(ethernet: ethernet, ip: ip)
  }

  /// A handshake, and the segments; nobody closes.
  mutating func writeSegments() throws {
    let first = SequenceNumber(vector.initialSequence)
    try write(.syn, first, [])
    try write([.syn, .ack], first, [], isAnswer: true)
    try write(.ack, first + 1, [])
    for segment in vector.segments {
      try write([.ack, .psh], first + (1 + segment.offset), segment.bytes)
    }
  }

  private mutating func write(
    _ flags: TCPFlags, _ sequence: SequenceNumber, _ bytes: [UInt8], isAnswer: Bool = false
  ) throws {
    let other = SequenceNumber(5000)
    let tcp = TCPHeader(
      sourcePort: isAnswer ? 80 : 40_000, destinationPort: isAnswer ? 40_000 : 80,
      sequence: isAnswer ? other : sequence,
      acknowledgment: isAnswer
        ? sequence + 1 : flags.contains(.ack) ? other + 1 : SequenceNumber(0),
      flags: flags, window: 65_535)
    var frame = [UInt8](repeating: 0, count: 128 + bytes.count)
    var span = frame.mutableSpan
    var buffer = unsafe span.mutableBytes
    let length = headers(isAnswer: isAnswer).write(
      tcp, payload: unsafe bytes.span.bytes, to: &buffer)
    try emit(frame, length)
  }

  /// The fragment that ends last is the last one of the datagram.
  mutating func writeFragments() throws {
    let end = vector.fragments.map { $0.offset + $0.bytes.count }.max() ?? 0
    for fragment in vector.fragments {
      var bytes = fragment.bytes.flatMap { [UInt8](repeating: $0, count: 8) }
      if fragment.offset == 0 { bytes.replaceSubrange(0..<min(8, bytes.count), with: udp(end * 8)) }
      var headers = headers()
      headers.ip.protocol = .udp
      headers.ip.fragment = IPHeader.Fragment(
        offset: fragment.offset * 8, moreFragments: fragment.offset + fragment.bytes.count < end)
      var frame = [UInt8](repeating: 0, count: 128 + bytes.count)
      var span = frame.mutableSpan
      var buffer = unsafe span.mutableBytes
      let length = headers.write(payload: unsafe bytes.span.bytes, to: &buffer)
      try emit(frame, length)
    }
  }

  /// Of a datagram of so many bytes. What it says in the end is what is tried, so that its checksum
  /// cannot be known: over IPv4 there is none, and for IPv6 `-k none` is needed.
  private func udp(_ length: Int) -> [UInt8] {
    let fields = [40_000, 53, length, 0]
    return fields.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
  }

  private mutating func emit(_ bytes: [UInt8], _ length: Int) throws {
    packets += 1
    let seconds: Int64 = 1_767_225_600
    let fraction = Int64(packets) * 1000
    try unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, length <= bytes.count else { return }
      let frame = unsafe Frame(
        base: base, capturedLength: length, originalLength: length,
        timestamp: Timestamp(seconds: seconds, nanoseconds: fraction * 1000),
        stamp: UInt64(seconds) << 32 | UInt64(fraction), interface: 0, ordinal: packets,
        linkType: .ethernet)
      try sink.write(frame, interfaces: [CaptureInterface.generated])
    }
  }
}
