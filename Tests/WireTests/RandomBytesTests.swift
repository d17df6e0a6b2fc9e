import Testing
import Wire

/// Reads everything that a view offers: a trap in any of it ends the test process.
private func touchAll(_ bytes: RawSpan) -> Int {
  var seen = 0
  if let packet = try? IPv4Packet(validating: bytes) {
    seen += packet.payload.byteCount + packet.header.byteCount + packet.fragmentOffset
    seen += packet.hasValidChecksum || packet.isFragment || packet.dontFragment ? 1 : 0
    seen += packet.source.description.utf8.count + Int(packet.identification)
    seen += Int(packet.timeToLive) + Int(packet.protocol.rawValue)
    touchTransport(packet.payload, &seen)
  }
  if let packet = try? IPv6Packet(validating: bytes) {
    seen += packet.payload.byteCount + packet.fragmentOffset + Int(packet.identification & 1)
    seen += packet.moreFragments || packet.isFragment ? 1 : 0
    seen += packet.destination.description.utf8.count + Int(packet.hopLimit)
    let place = try? IPv6Packet.followChain(
      in: packet.bytes, at: packet.payloadOffset, packet.protocol)
    seen += packet.jumboLength != nil ? 1 : place?.offset ?? 0
    touchTransport(packet.payload, &seen)
  }
  touchTransport(bytes, &seen)
  return seen
}

private func touchTransport(_ bytes: RawSpan, _ seen: inout Int) {
  if let segment = try? TCPSegment(validating: bytes) {
    seen += Int(segment.sourcePort) + Int(segment.destinationPort) + Int(segment.window)
    seen += Int(segment.checksum) + Int(segment.urgentPointer) + Int(segment.flags.rawValue)
    seen += segment.sequence.distance(from: segment.acknowledgment) & 1
    var options = segment.options
    while let option = options.next() { seen += option.value.byteCount + Int(option.kind) }
    seen += segment.payload.byteCount
  }
  if let datagram = try? UDPDatagram(validating: bytes) {
    seen += datagram.payload.byteCount + Int(datagram.sourcePort) + Int(datagram.checksum)
  }
  for number in [IPProtocol.icmp, .icmpv6] {
    if let error = try? ICMPError(validating: bytes, number) {
      seen += Int(error.mtu & 0xFFFF) + Int(error.type) + Int(error.code) + error.quote.byteCount
    }
  }
  var checksum = Checksum()
  checksum.add(bytes)
  seen += Int(checksum.folded)
}

@Suite struct RandomBytesTests {
  @Test("no view traps on any bytes", arguments: [41, 42, 43] as [UInt64])
  func randomBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var seen = 0
    for _ in 0..<20_000 {
      var bytes = random.bytes(.random(in: 0...120, using: &random))
      // Most random bytes have no known version: half of them are given one.
      if !bytes.isEmpty, Bool.random(using: &random) {
        bytes[0] = Bool.random(using: &random) ? 0x40 | bytes[0] & 0x0F : 0x60 | bytes[0] & 0x0F
      }
      // Extension headers are rare too.
      if bytes.count > 6, bytes[0] >> 4 == 6, Bool.random(using: &random) {
        let known: [UInt8] = [0, 43, 44, 51, 60, 135]
        bytes[6] = known.randomElement(using: &random)!
        for index in stride(from: 40, to: bytes.count, by: 8) {
          bytes[index] = known.randomElement(using: &random)!
          if index + 1 < bytes.count { bytes[index + 1] &= 3 }
        }
      }
      seen &+= touchAll(bytes.span.bytes)
    }
    #expect(seen != 0, "seed \(seed)")
  }

  @Test(
    "no view traps on a right frame with a few bytes changed or cut",
    arguments: [44, 45] as [UInt64])
  func changedFrames(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var tcp = TCPHeader(sourcePort: 1, destinationPort: 2, sequence: SequenceNumber(3))
    tcp.options.appendTimestamps(value: 1, echo: 2)
    tcp.options.appendSACK([SACKBlock(left: SequenceNumber(1), right: SequenceNumber(2))].span)
    var seen = 0
    for round in 0..<20_000 {
      var bytes: [UInt8] = []
      FrameHeaders(ip: round % 2 == 0 ? BuildingTests.v4 : BuildingTests.v6).append(
        tcp, payload: ([1, 2, 3] as [UInt8]).span.bytes, to: &bytes)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
      seen &+= touchAll(bytes.span.bytes)
    }
    #expect(seen != 0, "seed \(seed)")
  }
}
