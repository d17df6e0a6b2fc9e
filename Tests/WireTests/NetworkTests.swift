import Sockets
import Testing
import Wire

@Suite struct IPv4PacketTests {
  /// A header of 24 bytes, Total Length 28, then 4 bytes of payload and 2 of link padding.
  static let packet = [UInt8](
    hex: """
      4600 001c 1234 4000 4006 0000 c0000201 c6336402 01010100
      aabbccdd 0000
      """)

  @Test("all fields are read, and link padding is cut off")
  func fields() throws {
    let packet = try IPv4Packet(validating: Self.packet.span.bytes)
    #expect(packet.headerLength == 24)
    #expect([UInt8](packet.payload) == [0xAA, 0xBB, 0xCC, 0xDD])
    #expect(packet.header.byteCount == 24)
    #expect(packet.identification == 0x1234)
    #expect(packet.dontFragment && !packet.moreFragments && !packet.isFragment)
    #expect(packet.fragmentOffset == 0)
    #expect(packet.timeToLive == 64)
    #expect(packet.protocol == .tcp)
    #expect(packet.source.description == "192.0.2.1")
    #expect(packet.destination.description == "198.51.100.2")
    #expect(!packet.isTruncated && !packet.hasOffloadedLength)
    #expect(packet.hasValidChecksum == false)
  }

  @Test("a right header checksum is recognised, whatever the payload")
  func checksum() throws {
    func isValid(_ bytes: [UInt8]) throws -> Bool {
      try IPv4Packet(validating: bytes.span.bytes).hasValidChecksum
    }
    var bytes = Self.packet
    bytes.withBuffer { $0.updateIPv4Checksum(at: 0, headerLength: 24) }
    #expect(try isValid(bytes))
    bytes[25] ^= 1
    #expect(try isValid(bytes))
    bytes[8] ^= 1
    #expect(try !isValid(bytes))
  }

  @Test(
    "fragments are told by offset or flag",
    arguments: [
      (0x0000, false, false, 0), (0x4000, false, false, 0), (0x2000, true, true, 0),
      (0x0001, true, false, 8), (0x3FFF, true, true, 65_528), (0x8000, false, false, 0),
    ] as [(UInt16, Bool, Bool, Int)])
  func fragments(field: UInt16, isFragment: Bool, more: Bool, offset: Int) throws {
    var bytes = Self.packet
    bytes.withBuffer { $0.store(field, bigEndianAt: 6) }
    let packet = try IPv4Packet(validating: bytes.span.bytes)
    #expect(packet.isFragment == isFragment)
    #expect(packet.moreFragments == more)
    #expect(packet.fragmentOffset == offset)
  }

  @Test(
    "lying lengths are errors, cut packets are marked",
    arguments: [
      (0, [0x56], .malformed(.ipv4, .version)), (0, [0x44], .malformed(.ipv4, .headerLength)),
      (0, [0x4F], .truncated(.ipv4, needed: 60, available: 30)),
      (2, [0, 23], .malformed(.ipv4, .totalLength)), (2, [0, 24], nil), (2, [0, 31], nil),
      (2, [0xFF, 0xFF], nil), (2, [0, 0], nil),
    ] as [(Int, [UInt8], WireError?)])
  func lies(offset: Int, replacement: [UInt8], expected: WireError?) throws {
    var bytes = Self.packet
    bytes.replaceSubrange(offset..<(offset + replacement.count), with: replacement)
    let found = wireError { () throws(WireError) in
      let packet = try IPv4Packet(validating: bytes.span.bytes)
      let length = Int(replacement[1])
      #expect(packet.isTruncated == (length > 30))
      #expect(packet.hasOffloadedLength == (length == 0))
      #expect(packet.bytes.byteCount == (length == 24 ? 24 : 30))
    }
    #expect(found == expected)
  }

  @Test("every cut is an error or a truncated packet")
  func cuts() {
    for count in 0..<28 {
      let found = wireError { () throws(WireError) in
        let packet = try IPv4Packet(validating: Self.packet.span.bytes.extracting(first: count))
        #expect(packet.isTruncated == true)
        #expect(packet.payload.byteCount == count - 24)
      }
      let needed = count < 20 ? 20 : 24
      #expect(found == (count < 24 ? .truncated(.ipv4, needed: needed, available: count) : nil))
    }
  }
}

@Suite struct IPv6PacketTests {
  static let addresses = "20010db8000000000000000000000001 20010db8000000000000000000000002"

  private static let last = "20010db8000000000000000000000009"
  private static let other = "20010db8000000000000000000000008"

  static func packet(_ next: UInt8, _ rest: String, length: Int? = nil) -> [UInt8] {
    let rest = [UInt8](hex: rest)
    let length = length ?? rest.count
    return [0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 255), next, 64]
      + [UInt8](hex: addresses) + rest
  }

  @Test(
    "extension headers are walked to the payload",
    arguments: [
      (6, "aabb", 6, 40, 0, 6),
      (0, "06 00 0104 00000000 aabb", 6, 48, 0, 40),
      (60, "06 01 0104 00000000 0000000000000000 aabb", 6, 56, 0, 40),
      (0, "2b00 000000000000 3c00 000000000000 1100 000000000000 aabb", 17, 64, 0, 56),
      // The length of an Authentication header counts 4-byte units, less 2.
      (51, "06 01 0000 00000000 00000000 aabb", 6, 52, 0, 40),
      (44, "06 00 0001 12345678 aabb", 6, 48, 40, 6),
      (0, "2c00 000000000000 3c 00 0008 12345678 aabb", 60, 56, 48, 40),
      (59, "aabb", 59, 40, 0, 6),
      (135, "06 00 000000000000 aabb", 6, 48, 0, 40),
    ] as [(UInt8, String, UInt8, Int, Int, Int)])
  func extensions(
    next: UInt8, rest: String, expected: UInt8, payload: Int, fragment: Int, lastField: Int
  ) throws {
    let bytes = Self.packet(next, rest)
    let packet = try IPv6Packet(validating: bytes.span.bytes)
    #expect(packet.protocol.rawValue == expected)
    #expect(packet.payloadOffset == payload)
    #expect(packet.fragmentHeaderOffset == fragment)
    #expect(packet.lastNextHeaderOffset == lastField)
    #expect([UInt8](packet.payload) == [0xAA, 0xBB])
    #expect(packet.source.description == "2001:db8::1")
    #expect(packet.destination.description == "2001:db8::2")
    #expect(packet.hopLimit == 64)
  }

  @Test(
    "fragments are told from atomic fragments and whole packets",
    arguments: [
      ("06 00 0000 12345678", false, false, 0), ("06 00 0001 12345678", true, true, 0),
      ("06 00 0008 12345678", true, false, 8), ("06 00 fff9 12345678", true, true, 65_528),
      // Reserved bits say nothing.
      ("06 ff 0006 12345678", false, false, 0),
    ])
  func fragments(header: String, isFragment: Bool, more: Bool, offset: Int) throws {
    let bytes = Self.packet(44, header)
    let packet = try IPv6Packet(validating: bytes.span.bytes)
    #expect(packet.isFragment == isFragment)
    #expect(packet.moreFragments == more)
    #expect(packet.fragmentOffset == offset)
    #expect(packet.identification == 0x1234_5678)
  }

  @Test(
    "checksums cover the ends that extension headers name",
    arguments: [
      (6, "aabb", 1, 2),
      // The home address of a mobile host, behind padding.
      (60, "06 02 0100 c910 \(last) aabb", 9, 2),
      (60, "06 02 00 01 00 00 c910 \(last) aabb", 9, 2),
      // Of another length, and cut off by the end of its header.
      (60, "06 02 0100 c90f \(last) aabb", 1, 2), (60, "06 00 0100 c910 0000 aabb", 1, 2),
      // The last of the destinations that are left; none are left; and other types.
      (43, "06 02 00 01 00000000 \(last) aabb", 1, 9),
      (43, "06 02 02 01 00000000 \(last) aabb", 1, 9),
      (43, "06 02 00 00 00000000 \(last) aabb", 1, 2),
      (43, "06 02 03 01 00000000 \(last) aabb", 1, 2),
      (43, "06 04 00 02 00000000 \(addresses) aabb", 1, 2),
      // The list of segment routing is in reverse.
      (43, "06 04 04 01 01000000 \(last)\(other) aabb", 1, 9),
      // Without an address.
      (43, "06 00 00 01 00000000 aabb", 1, 2),
      (60, "2b 02 0100 c910 \(last) 0000 06 02 00 01 00000000 \(last) aabb", 9, 9),
    ] as [(UInt8, String, Int, Int)])
  func checksumEnds(next: UInt8, rest: String, source: Int, destination: Int) throws {
    let bytes = Self.packet(next, rest)
    let packet = try IPv6Packet(validating: bytes.span.bytes)
    #expect(packet.protocol == .tcp)
    #expect(packet.checksumEnds.source.description == "2001:db8::\(source)")
    #expect(packet.checksumEnds.destination.description == "2001:db8::\(destination)")
  }

  @Test("without a Fragment header its fields are zero")
  func noFragment() throws {
    var bytes = Self.packet(6, "aabb")
    bytes[2] = 0xFF
    bytes[3] = 0xFF
    let packet = try IPv6Packet(validating: bytes.span.bytes)
    #expect(!packet.isFragment && !packet.moreFragments)
    #expect(packet.fragmentOffset == 0 && packet.identification == 0)
  }

  @Test("link padding is cut off, and missing bytes are marked")
  func lengths() throws {
    let padded = Self.packet(6, "aabbccdd", length: 2)
    let first = try IPv6Packet(validating: padded.span.bytes)
    #expect(first.payload.byteCount == 2)
    let cut = Self.packet(6, "aabbccdd", length: 5)
    let packet = try IPv6Packet(validating: cut.span.bytes)
    #expect(packet.isTruncated && packet.payload.byteCount == 4)
    let offloaded = Self.packet(6, "aabbccdd", length: 0)
    let whole = try IPv6Packet(validating: offloaded.span.bytes)
    #expect(whole.hasOffloadedLength && !whole.isTruncated && whole.payload.byteCount == 4)
  }

  @Test("lying headers are errors")
  func lies() {
    func error(_ bytes: [UInt8]) -> WireError? {
      wireError { () throws(WireError) in _ = try IPv6Packet(validating: bytes.span.bytes) }
    }
    #expect(error([]) == .truncated(.ipv6, needed: 40, available: 0))
    #expect(
      error(Array(Self.packet(6, "").prefix(39))) == .truncated(.ipv6, needed: 40, available: 39))
    #expect(error([0x40] + Self.packet(6, "").dropFirst()) == .malformed(.ipv6, .version))
    #expect(error(Self.packet(0, "06")) == .truncated(.ipv6, needed: 48, available: 41))
    #expect(
      error(Self.packet(0, "06ff000000000000")) == .truncated(.ipv6, needed: 2088, available: 48))
    #expect(
      error(Self.packet(51, "06ff000000000000")) == .truncated(.ipv6, needed: 1068, available: 48))
    #expect(error(Self.packet(44, "06000000")) == .truncated(.ipv6, needed: 48, available: 44))
    // The header goes on behind what Payload Length covers.
    #expect(
      error(Self.packet(0, "0600000000000000", length: 4))
        == .truncated(.ipv6, needed: 48, available: 44))
  }

  @Test("a chain of 16 extension headers is walked, a longer one is malformed")
  func longChain() throws {
    let header = "3c00000000000000"
    let good = Self.packet(60, String(repeating: header, count: 15) + "0600000000000000")
    let packet = try IPv6Packet(validating: good.span.bytes)
    #expect(packet.protocol == .tcp)
    let bad = Self.packet(60, String(repeating: header, count: 16) + "0600000000000000")
    let found = wireError { () throws(WireError) in _ = try IPv6Packet(validating: bad.span.bytes) }
    #expect(found == .malformed(.ipv6, .extensionHeader))
  }
}

@Suite struct JumbogramTests {
  @Test(
    "a Jumbo Payload option makes a jumbogram, wherever in the hop-by-hop header it stands",
    arguments: [
      (0, "0600 c204 00010000 aabb", true), (0, "0600 0104 00000000 aabb", false),
      (0, "0601 00 00 00 00 0100 c204 00010000 0000 aabb", true),
      (0, "0601 0103 000000 00 c204 00010000 0000 aabb", true),
      // Its number in the content of another option, or behind a length that lies.
      (0, "0600 0104 c204c204 aabb", false), (0, "0600 01ff c2040000 aabb", false),
      (0, "0600 0000 00000000 aabb", false), (0, "0600 0000 000000c2 aabb", false),
      // Destination options have no such thing.
      (60, "0600 c204 00010000 aabb", false),
    ] as [(UInt8, String, Bool)])
  func options(next: UInt8, rest: String, isJumbogram: Bool) throws {
    for length in [0, nil] {
      let bytes = IPv6PacketTests.packet(next, rest, length: length)
      let packet = try IPv6Packet(validating: bytes.span.bytes)
      #expect((packet.jumboLength != nil) == isJumbogram)
    }
  }

  @Test(
    "what stands behind a Fragment header is followed to a protocol, or to another one",
    arguments: [
      (6, "aabb", 6, 0), (60, "0600000000000000 aabb", 6, 8),
      (60, "3300000000000000 0600000000000000 aabb", 6, 16), (44, "0600000000000000", 44, 0),
      (60, "2c00000000000000 0600000000000000", 44, 8),
    ] as [(UInt8, String, UInt8, Int)])
  func chain(next: UInt8, rest: String, expected: UInt8, offset: Int) throws {
    let bytes = [UInt8](hex: rest)
    let place = try IPv6Packet.followChain(
      in: bytes.span.bytes, at: 0, IPProtocol(rawValue: next))
    #expect(place.protocol.rawValue == expected)
    #expect(place.offset == offset)
  }

  @Test("a chain that is cut, or too long, is an error")
  func badChain() {
    func error(_ rest: String) -> WireError? {
      let bytes = [UInt8](hex: rest)
      return wireError { () throws(WireError) in
        _ = try IPv6Packet.followChain(in: bytes.span.bytes, at: 0, .destinationOptions)
      }
    }
    #expect(error("0600") == .truncated(.ipv6, needed: 8, available: 2))
    #expect(error("06ff000000000000") == .truncated(.ipv6, needed: 2048, available: 8))
    let header = "3c00000000000000"
    #expect(error(String(repeating: header, count: 17)) == .malformed(.ipv6, .extensionHeader))
  }
}

@Suite struct ICMPErrorTests {
  @Test(
    "errors are told from other messages, and packets that were too big from the rest",
    arguments: [
      (.icmp, 3, 1, false), (.icmp, 3, 4, true), (.icmp, 11, 0, false), (.icmp, 12, 0, false),
      (.icmpv6, 1, 4, false), (.icmpv6, 2, 0, true), (.icmpv6, 3, 0, false),
      (.icmpv6, 4, 1, false), (.icmp, 5, 0, nil), (.icmp, 8, 0, nil), (.icmp, 1, 0, nil),
      (.icmp, 2, 0, nil), (.icmp, 4, 0, nil), (.icmpv6, 11, 0, nil), (.icmpv6, 137, 0, nil),
    ] as [(IPProtocol, UInt8, UInt8, Bool?)])
  func types(protocol: IPProtocol, type: UInt8, code: UInt8, isTooBig: Bool?) throws {
    let bytes: [UInt8] = [type, code, 0xAB, 0xCD, 0, 1, 5, 0, 0x45]
    guard let isTooBig else {
      let error = wireError { () throws(WireError) in
        _ = try ICMPError(validating: bytes.span.bytes, `protocol`)
      }
      #expect(error == .malformed(.icmp, .type))
      return
    }
    let error = try ICMPError(validating: bytes.span.bytes, `protocol`)
    #expect(error.isPacketTooBig == isTooBig)
    #expect(error.type == type && error.code == code && error.checksum == 0xABCD)
    #expect(error.mtu == (`protocol` == .icmp ? 1280 : 0x0001_0500))
    #expect([UInt8](error.quote) == [0x45])
  }

  @Test("less than a header is an error", arguments: 0..<8)
  func cut(count: Int) {
    let bytes = [UInt8](repeating: 3, count: count)
    let error = wireError { () throws(WireError) in
      _ = try ICMPError(validating: bytes.span.bytes, .icmp)
    }
    #expect(error == .truncated(.icmp, needed: 8, available: count))
  }
}

@Suite struct LinkTests {
  @Test(
    "the types of VLAN tags are known", arguments: [0x8100, 0x88A8, 0x9100, 0x9200] as [UInt16])
  func tags(type: UInt16) { #expect(EtherType(rawValue: type).isVLAN) }

  @Test("other types are no tags", arguments: [0x0800, 0x86DD, 0x0806, 0x8847, 0] as [UInt16])
  func others(type: UInt16) { #expect(!EtherType(rawValue: type).isVLAN) }

  @Test("link types have names, or their number")
  func names() {
    #expect(LinkType.ethernet.description == "ETHERNET")
    #expect(LinkType.linuxCooked2.description == "LINUX_SLL2")
    #expect(LinkType(rawValue: 65_000).description == "linktype 65000")
  }

  @Test("output keys are ordered by packet, then by sub-index")
  func keys() {
    #expect(OutputKey(ordinal: 1, subIndex: 9) < OutputKey(ordinal: 2))
    #expect(OutputKey(ordinal: 2) < OutputKey(ordinal: 2, subIndex: 1))
    #expect(!(OutputKey(ordinal: 2) < OutputKey(ordinal: 2)))
    #expect(Direction.out.reversed == .in && Direction.in.reversed == .out)
  }
}
