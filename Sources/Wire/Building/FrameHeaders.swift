/// The headers in front of a transport header, to be written as whole frames with right lengths and
/// checksums.
///
///     let count = headers.byteCount(before: tcp.byteCount + payload.byteCount)
///     headers.write(tcp, payload: payload, to: &buffer)   // buffer holds at least `count` bytes
///
/// Nothing is allocated: the buffer is the caller's. The forms that append to an array reuse its
/// capacity.
public struct FrameHeaders: Hashable, Sendable, BitwiseCopyable {
  /// Without it, the packet begins with its IP header (LINKTYPE_RAW). Its `type` is not used: it
  /// follows the family.
  public var ethernet: EthernetHeader?
  public var ip: IPHeader

  public init(ethernet: EthernetHeader? = nil, ip: IPHeader) {
    self.ethernet = ethernet
    self.ip = ip
  }

  /// The length of a whole frame with `payloadLength` bytes behind the IP header.
  public func byteCount(before payloadLength: Int) -> Int {
    (ethernet?.byteCount ?? 0) + ip.byteCount + payloadLength
  }

  /// Writes a TCP segment at `offset`; returns the length of the frame. There must be no
  /// `ip.fragment`.
  @discardableResult
  public func write(
    _ tcp: TCPHeader, payload: RawSpan, to buffer: inout MutableRawSpan, at offset: Int = 0
  ) -> Int {
    let length = tcp.byteCount + payload.byteCount
    let start = writeHeaders(.tcp, length, &buffer, offset)
    tcp.write(to: &buffer, at: start)
    buffer.copy(payload, at: start + tcp.byteCount)
    buffer.updateTCPChecksum(
      at: start, length: length, source: ip.source, destination: ip.destination)
    return start + length - offset
  }

  /// Writes a UDP datagram at `offset`; returns the length of the frame. There must be no
  /// `ip.fragment`.
  @discardableResult
  public func write(
    _ udp: UDPHeader, payload: RawSpan, to buffer: inout MutableRawSpan, at offset: Int = 0
  ) -> Int {
    let length = udp.byteCount + payload.byteCount
    let start = writeHeaders(.udp, length, &buffer, offset)
    udp.write(payloadLength: payload.byteCount, to: &buffer, at: start)
    buffer.copy(payload, at: start + udp.byteCount)
    buffer.updateUDPChecksum(
      at: start, length: length, source: ip.source, destination: ip.destination)
    return start + length - offset
  }

  /// Writes bytes behind the IP header as they are, such as those of one fragment; returns the
  /// length of the frame.
  @discardableResult
  public func write(
    payload: RawSpan, to buffer: inout MutableRawSpan, at offset: Int = 0
  ) -> Int {
    let start = writeHeaders(ip.protocol, payload.byteCount, &buffer, offset)
    buffer.copy(payload, at: start)
    return start + payload.byteCount - offset
  }

  /// Returns where the payload of the IP header begins.
  private func writeHeaders(
    _ protocol: IPProtocol, _ payloadLength: Int, _ buffer: inout MutableRawSpan, _ offset: Int
  ) -> Int {
    var start = offset
    if var ethernet {
      ethernet.type = ip.source.family == .ipv4 ? .ipv4 : .ipv6
      ethernet.write(to: &buffer, at: start)
      start += ethernet.byteCount
    }
    var ip = ip
    ip.protocol = `protocol`
    ip.write(payloadLength: payloadLength, to: &buffer, at: start)
    return start + ip.byteCount
  }
}

extension FrameHeaders {
  /// Appends a frame with a TCP segment.
  public func append(_ tcp: TCPHeader, payload: RawSpan, to bytes: inout [UInt8]) {
    let offset = bytes.count
    bytes.append(zeros: byteCount(before: tcp.byteCount + payload.byteCount))
    var span = bytes.mutableSpan
    var buffer = unsafe span.mutableBytes
    write(tcp, payload: payload, to: &buffer, at: offset)
  }

  /// Appends a frame with a UDP datagram.
  public func append(_ udp: UDPHeader, payload: RawSpan, to bytes: inout [UInt8]) {
    let offset = bytes.count
    bytes.append(zeros: byteCount(before: udp.byteCount + payload.byteCount))
    var span = bytes.mutableSpan
    var buffer = unsafe span.mutableBytes
    write(udp, payload: payload, to: &buffer, at: offset)
  }

  /// Appends a frame with any bytes behind the IP header.
  public func append(payload: RawSpan, to bytes: inout [UInt8]) {
    let offset = bytes.count
    bytes.append(zeros: byteCount(before: payload.byteCount))
    var span = bytes.mutableSpan
    var buffer = unsafe span.mutableBytes
    write(payload: payload, to: &buffer, at: offset)
  }
}

extension [UInt8] {
  fileprivate mutating func append(zeros count: Int) {
    append(contentsOf: repeatElement(0, count: count))
  }
}
