/// Captures for these tests, made byte by byte: little-endian pcap of Ethernet frames.
enum CaptureBuilder {
  static func pcap(_ frames: [[UInt8]], linkType: UInt32 = 1) -> [UInt8] {
    header(linkType: linkType)
      + frames.enumerated().flatMap { record($1, second: 1_700_000_000 + UInt32($0)) }
  }

  static func header(linkType: UInt32 = 1) -> [UInt8] {
    little(0xA1B2_C3D4 as UInt32) + little(2 as UInt16) + little(4 as UInt16)
      + little(0 as UInt64) + little(65_535 as UInt32) + little(linkType)
  }

  static func record(_ frame: [UInt8], second: UInt32, claiming length: UInt32? = nil) -> [UInt8] {
    little(second) + little(250_000 as UInt32) + little(length ?? UInt32(frame.count))
      + little(UInt32(frame.count)) + frame
  }

  /// Handshake, one line each way, FINs: 9 frames from `client`, an originating port.
  static func conversation(client: UInt16 = 40_000, server: UInt16 = 80) -> [[UInt8]] {
    let question = Array("hello\n".utf8)
    let answer = Array("good morning\n".utf8)
    var originator = TCPEnd(port: client, sequence: 1000)
    var responder = TCPEnd(port: server, sequence: 9000)
    var frames: [[UInt8]] = []
    func out(_ flags: UInt8, _ data: [UInt8] = []) {
      frames.append(originator.segment(to: &responder, flags: flags, data, isReply: false))
    }
    func back(_ flags: UInt8, _ data: [UInt8] = []) {
      frames.append(responder.segment(to: &originator, flags: flags, data, isReply: true))
    }
    out(syn)
    back(syn | ack)
    out(ack)
    out(push | ack, question)
    back(push | ack, answer)
    out(ack)
    out(fin | ack)
    back(fin | ack)
    out(ack)
    return frames
  }

  /// A part of a UDP datagram to 10.0.0.2, or to another host of its network.
  static func fragment(
    _ payload: [UInt8], at offset: Int, more: Bool, to host: UInt8 = 2
  ) -> [UInt8] {
    let place = UInt16(offset / 8) | (more ? 0x2000 : 0)
    var ip: [UInt8] = [0x45, 0] + big(UInt16(20 + payload.count)) + [0, 7] + big(place)
    ip += [64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, host]
    ip.replaceSubrange(10..<12, with: big(checksum(ip)))
    return ethernet(0x0800, ip + payload)
  }

  static let arp = ethernet(0x0806, [UInt8](repeating: 0, count: 28))

  static func ethernet(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
    [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + big(type) + payload
  }

  private static let fin: UInt8 = 1
  private static let syn: UInt8 = 2
  private static let push: UInt8 = 8
  private static let ack: UInt8 = 16
}

/// One end of a connection, as far as building segments needs it.
struct TCPEnd {
  var port: UInt16
  var sequence: UInt32
  var acknowledged: UInt32 = 0

  mutating func segment(
    to peer: inout TCPEnd, flags: UInt8, _ data: [UInt8], isReply: Bool
  ) -> [UInt8] {
    let addresses: [UInt8] = isReply ? [10, 0, 0, 2, 10, 0, 0, 1] : [10, 0, 0, 1, 10, 0, 0, 2]
    let acknowledgment = flags & 16 == 0 ? 0 : acknowledged
    var tcp = big(port) + big(peer.port) + big(sequence) + big(acknowledgment)
    tcp += [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0] + data
    let pseudoHeader = addresses + [0, 6] + big(UInt16(tcp.count))
    tcp.replaceSubrange(16..<18, with: big(checksum(pseudoHeader + tcp)))
    var ip: [UInt8] = [0x45, 0] + big(UInt16(20 + tcp.count)) + [0, 1, 0x40, 0, 64, 6, 0, 0]
    ip += addresses
    ip.replaceSubrange(10..<12, with: big(checksum(ip)))
    sequence &+= UInt32(data.count) &+ (flags & 3 == 0 ? 0 : 1)
    peer.acknowledged = sequence
    return CaptureBuilder.ethernet(0x0800, ip + tcp)
  }
}

/// RFC 1071.
private func checksum(_ bytes: [UInt8]) -> UInt16 {
  var sum: UInt32 = 0
  for (index, byte) in bytes.enumerated() { sum += UInt32(byte) << (index % 2 == 0 ? 8 : 0) }
  while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
  return ~UInt16(sum)
}

private func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<(T.bitWidth / 8)).reversed().map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
}

private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] { big(value).reversed() }
