import Testing
import Wire

@Suite struct BuildingTests {
  static let v4 = IPHeader(
    source: IPAddress(ipv4: 0xC000_0201), destination: IPAddress(ipv4: 0xC633_6402))
  static let v6 = IPHeader(
    source: IPAddress(ipv6: 0x2001_0DB8 << 32, 1),
    destination: IPAddress(ipv6: 0x2001_0DB8 << 32, 2))
  static let ethernet = EthernetHeader(
    destination: MACAddress(0x0200_0000_0002), source: MACAddress(0x0200_0000_0001))

  @Test("an Ethernet header has its tags in order")
  func ethernetHeader() {
    var header = Self.ethernet
    header.type = .ipv6
    header.outerTag = VLANTag(100, priority: 5, type: .providerVLAN)
    header.innerTag = VLANTag(0xF002)
    var bytes = [UInt8](repeating: 0xEE, count: header.byteCount + 1)
    bytes.withBuffer { header.write(to: &$0, at: 1) }
    #expect(bytes == [0xEE] + [UInt8](hex: "020000000002 020000000001 88a8 a064 8100 0002 86dd"))
    header.outerTag = nil
    #expect(header.byteCount == 18)
    #expect(header.innerTag?.identifier == 2)
  }

  @Test("an IPv4 frame is exactly these bytes")
  func ipv4Bytes() {
    var ip = Self.v4
    ip.identification = 0x1_0007
    ip.trafficClass = 2
    var bytes: [UInt8] = []
    FrameHeaders(ip: ip).append(
      UDPHeader(sourcePort: 53, destinationPort: 1024), payload: ([0xAA] as [UInt8]).span.bytes,
      to: &bytes)
    #expect(bytes.prefix(20) == [UInt8](hex: "4502001d 00074000 40114e90 c0000201 c6336402")[...])
    #expect(bytes.suffix(9).prefix(6) == [UInt8](hex: "0035 0400 0009")[...])
  }

  @Test(
    "TCP frames of both families are read back with right checksums",
    arguments: [31, 32] as [UInt64])
  func tcp(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    for round in 0..<400 {
      var tcp = TCPHeader(
        sourcePort: .random(in: 0 ... .max, using: &random), destinationPort: 80,
        sequence: SequenceNumber(.random(in: 0 ... .max, using: &random)),
        acknowledgment: SequenceNumber(77), flags: [.ack, .psh], window: 5)
      tcp.urgentPointer = 9
      for _ in 0..<Int.random(in: 0...10, using: &random) { tcp.options.appendWindowScale(3) }
      let payload = random.bytes(.random(in: 0...1600, using: &random))
      var headers = FrameHeaders(ip: round % 2 == 0 ? Self.v4 : Self.v6)
      if round % 3 > 0 { headers.ethernet = Self.ethernet }
      if round % 3 > 1 { headers.ethernet?.outerTag = VLANTag(7) }
      bytes.removeAll(keepingCapacity: true)
      headers.append(tcp, payload: payload.span.bytes, to: &bytes)
      #expect(bytes.count == headers.byteCount(before: tcp.byteCount + payload.count))

      let link = headers.ethernet?.byteCount ?? 0
      let datagram = bytes.span.bytes.extracting(droppingFirst: link)
      let start: Int
      if round % 2 == 0 {
        let packet = try IPv4Packet(validating: datagram)
        #expect(packet.hasValidChecksum && packet.protocol == .tcp && !packet.isTruncated)
        start = packet.headerLength
      } else {
        let packet = try IPv6Packet(validating: datagram)
        #expect(packet.protocol == .tcp && !packet.isTruncated)
        start = packet.payloadOffset
      }
      if link > 0 {
        let type: UInt16 = bytes.span.bytes.load(bigEndianAt: link - 2)
        #expect(type == (round % 2 == 0 ? 0x0800 : 0x86DD))
      }
      let transport = datagram.extracting(droppingFirst: start)
      let segment = try TCPSegment(validating: transport)
      #expect(segment.sourcePort == tcp.sourcePort && segment.destinationPort == 80)
      #expect(segment.sequence == tcp.sequence && segment.acknowledgment == tcp.acknowledgment)
      #expect(segment.flags == tcp.flags && segment.window == 5 && segment.urgentPointer == 9)
      #expect(segment.headerLength == tcp.byteCount)
      #expect([UInt8](segment.payload) == payload)
      let isRight = Self.isRight(transport, headers.ip, .tcp)
      #expect(isRight, "seed \(seed)")
    }
  }

  static func isRight(_ transport: RawSpan, _ ip: IPHeader, _ number: IPProtocol) -> Bool {
    var sum = Checksum.pseudoHeader(
      source: ip.source, destination: ip.destination, protocol: number.rawValue,
      length: transport.byteCount)
    sum.add(transport)
    return sum.folded == 0xFFFF
  }

  @Test("a UDP checksum is right, and never written as 0")
  func udp() throws {
    var zeros = 0
    var bytes: [UInt8] = []
    // One of 65,536 values of the payload makes the sum come out as 0.
    for value in 0...UInt16.max {
      bytes.removeAll(keepingCapacity: true)
      FrameHeaders(ip: Self.v6).append(
        UDPHeader(sourcePort: 1, destinationPort: 2),
        payload: [UInt8(value >> 8), UInt8(value & 255)].span.bytes, to: &bytes)
      let transport = bytes.span.bytes.extracting(droppingFirst: 40)
      let isRight = Self.isRight(transport, Self.v6, .udp)
      #expect(isRight)
      let checksum = try UDPDatagram(validating: transport).checksum
      #expect(checksum != 0)
      if checksum == 0xFFFF { zeros += 1 }
    }
    #expect(zeros >= 1)
  }

  @Test("fragments carry their place", arguments: [true, false])
  func fragments(isIPv6: Bool) throws {
    var ip = isIPv6 ? Self.v6 : Self.v4
    ip.identification = 0x4321
    ip.fragment = IPHeader.Fragment(offset: 1480, moreFragments: true)
    var bytes: [UInt8] = []
    FrameHeaders(ip: ip).append(
      payload: ([1, 2, 3, 4, 5, 6, 7, 8] as [UInt8]).span.bytes, to: &bytes)
    if isIPv6 {
      let packet = try IPv6Packet(validating: bytes.span.bytes)
      #expect(packet.isFragment && packet.moreFragments && packet.fragmentOffset == 1480)
      #expect(packet.identification == 0x4321 && packet.protocol == .tcp)
      #expect(packet.payload.byteCount == 8)
    } else {
      let packet = try IPv4Packet(validating: bytes.span.bytes)
      #expect(packet.isFragment && packet.moreFragments && packet.fragmentOffset == 1480)
      #expect(!packet.dontFragment && packet.hasValidChecksum && packet.identification == 0x4321)
      #expect(packet.payload.byteCount == 8)
    }
  }

  @Test(
    "a length that its field cannot hold is written as 0, as offload leaves it",
    arguments: [true, false])
  func offload(isIPv6: Bool) throws {
    let payload = [UInt8](repeating: 7, count: 70_000)
    var bytes: [UInt8] = []
    FrameHeaders(ip: isIPv6 ? Self.v6 : Self.v4).append(
      UDPHeader(sourcePort: 1, destinationPort: 2), payload: payload.span.bytes, to: &bytes)
    if isIPv6 {
      let packet = try IPv6Packet(validating: bytes.span.bytes)
      #expect(packet.hasOffloadedLength == true)
    } else {
      let packet = try IPv4Packet(validating: bytes.span.bytes)
      #expect(packet.hasOffloadedLength == true)
    }
    let datagram = try UDPDatagram(
      validating: bytes.span.bytes.extracting(droppingFirst: isIPv6 ? 40 : 20))
    #expect(datagram.payload.byteCount == 70_000)
  }
}
