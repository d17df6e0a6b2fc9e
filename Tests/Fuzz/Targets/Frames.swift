import Buffers
import Reassembly
import Wire

extension FuzzTarget {
  /// Any bytes as frames of any link type: no view traps, none reaches beyond what it was given.
  static let frames = FuzzTarget(
    name: "frames",
    run: { input in
      var input = FuzzInput(input)
      let linkType = LinkType(rawValue: input.choice(linkTypes))
      var scene = Scene(&input)
      while !input.isEmpty, scene.frames.count < 32 {
        let bytes = input.bytes(Int(input.integer(UInt16.self) % 2048))
        try Views.look(at: bytes.span.bytes)
        scene.add(bytes, originalLength: bytes.count + Int(input.byte()))
      }
      let counts = try StreamChecker.run(scene, linkType: linkType).counts
      let unused = counts.otherPackets + counts.otherProtocols + counts.malformedPackets
      try require(
        unused + counts.fragments <= 2 * UInt64(scene.frames.count), "packets counted twice")
    },
    seeds: {
      linkTypes.indices.map { index in
        var bytes: [UInt8] = [UInt8(index), 0, 0, 0]
        for frame in FrameSeeds.frames(LinkType(rawValue: linkTypes[index])) {
          bytes.append(UInt16(frame.count), bigEndian: true)
          bytes += frame + [0]
        }
        return Seed(name: "linktype-\(linkTypes[index])", bytes: bytes)
      }
    })

  static let linkTypes: [UInt32] = [
    1, 101, 0, 108, 113, 276, 228, 229, 12, 14, 147, 9, 51, 104, 105, 119, 127, 163, 166, 204,
  ]
}

/// Everything that the views of Wire offer, on any bytes.
enum Views {
  static func look(at bytes: RawSpan) throws {
    for start in 0..<min(bytes.byteCount, 24) {
      try look(atNetwork: bytes.extracting(droppingFirst: start))
    }
  }

  private static func look(atNetwork bytes: RawSpan) throws {
    if let packet = try? IPv4Packet(validating: bytes) {
      try require(packet.bytes.byteCount <= bytes.byteCount, "IPv4 is longer than its bytes")
      let parts = packet.header.byteCount + packet.payload.byteCount
      try require(parts == packet.bytes.byteCount, "IPv4 header and payload are not the packet")
      try require(packet.fragmentOffset < 65_536 && packet.missing >= 0, "IPv4 numbers")
      try require(
        packet.isFragment || !packet.moreFragments, "more fragments, but this is none")
      _ = packet.hasValidChecksum
      try check(packet.source)
      try look(atTransport: packet.payload)
    }
    if let packet = try? IPv6Packet(validating: bytes) {
      try require(packet.bytes.byteCount <= bytes.byteCount, "IPv6 is longer than its bytes")
      let payload = packet.payload.byteCount
      try require(payload + packet.payloadOffset == packet.bytes.byteCount, "IPv6 payload")
      try require(packet.fragmentOffset < 65_536 && packet.missing >= 0, "IPv6 numbers")
      try require(packet.lastNextHeaderOffset < packet.payloadOffset, "IPv6 next header")
      _ = packet.identification
      try check(packet.destination)
      if let place = try? IPv6Packet.followChain(
        in: packet.bytes, at: packet.payloadOffset, packet.protocol)
      {
        try require(place.offset <= packet.bytes.byteCount, "extension headers beyond IPv6")
        try require(
          place.protocol == .fragment || !place.protocol.isExtensionHeader,
          "extension headers not at their end")
      }
      try look(atTransport: packet.payload)
    }
  }

  private static func look(atTransport bytes: RawSpan) throws {
    if let segment = try? TCPSegment(validating: bytes) {
      try require(
        segment.payload.byteCount + segment.headerLength == bytes.byteCount, "TCP payload")
      var options = segment.options
      var length = 20
      while let option = options.next() { length += option.value.byteCount + 2 }
      try require(length <= segment.headerLength, "options are longer than the header")
    }
    for number in [IPProtocol.icmp, .icmpv6] {
      if let error = try? ICMPError(validating: bytes, number) {
        try require(error.quote.byteCount + 8 == bytes.byteCount, "ICMP quote")
        _ = error.mtu
      }
    }
    if let datagram = try? UDPDatagram(validating: bytes) {
      try require(datagram.payload.byteCount + 8 == datagram.bytes.byteCount, "UDP payload")
      try require(datagram.bytes.byteCount <= bytes.byteCount, "UDP is longer than its bytes")
    }
  }

  /// Text of an address reads back as the same address.
  private static func check(_ address: IPAddress) throws {
    try require(IPAddress(address.description) == address, "\(address) reads back as another")
  }
}
