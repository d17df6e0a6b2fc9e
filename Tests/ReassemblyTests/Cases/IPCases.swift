import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of IP")
struct IPCases {
  private static let text = "0123456789abcdefghij"

  /// What the weirds of a datagram are that is dropped for its overlap, with others besides.
  private static func dropped(_ others: [Weird: Int], later: Int) -> [Weird: Int] {
    others.merging([.fragmentedDatagramDropped: 1, .fragmentOfDropped: later]) { $1 }
  }

  @Test("ip.frag_overlap_conflict", arguments: Way.all)
  func overlapConflict(way: Way) {
    let talk = way.opened()
    let payload = way.payload(Self.text, in: talk)
    way.fragment(payload, 0..<32, in: talk)
    // Takes the place of "456789ab" with other bytes.
    var evil = payload
    for index in 24..<32 { evil[index] = UInt8(ascii: "X") }
    way.fragment(evil, 24..<40, in: talk)
    way.fragment(payload, 32..<40, more: false, in: talk)
    let conflict: [Weird: Int] = [.fragmentOverlap: 1, .fragmentOverlapConflict: 1]

    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(way.text(handler) == (way.isIPv6 ? "" : Self.text))
    #expect(handler.weirds == (way.isIPv6 ? Self.dropped(conflict, later: 1) : conflict))

    // Another receiver takes the other copy, and then finds the checksum wrong.
    var configuration = ReassemblyConfiguration.fragments(.last)
    let last = reassemble(talk.frames, configuration)
    #expect(way.text(last) == "")
    #expect(last.weirds[.fragmentOverlapConflict] == 1)
    #expect(last.weirds[.badChecksum] == 1)
    configuration.checksums = .none
    #expect(way.text(reassemble(talk.frames, configuration)) == "0123XXXXXXXXcdefghij")
  }

  @Test("ip.frag_exact_dup", arguments: Way.all)
  func exactDuplicate(way: Way) {
    let talk = way.opened()
    let payload = way.payload(Self.text, in: talk)
    for _ in 0..<2 { way.fragment(payload, 32..<40, more: false, in: talk) }
    for _ in 0..<2 { way.fragment(payload, 0..<24, in: talk) }
    way.fragment(payload, 24..<32, in: talk)
    for policy in FragmentPolicy.allCases {
      let handler = reassemble(talk.frames, .fragments(policy))
      #expect(way.text(handler) == Self.text, "\(policy)")
      #expect(handler.weirds == [:], "\(policy)")
    }
  }

  @Test("ip.frag_offset_1", arguments: Way.all)
  func offsetOne(way: Way) {
    let talk = way.opened()
    let payload = way.payload(Self.text, in: talk)
    way.fragment(payload, 0..<24, in: talk)
    // RFC 1858 §3.2: what a filter has seen is not what the host would have.
    var evil = payload
    evil[13] = TCPFlags.rst.rawValue
    way.fragment(evil, 8..<32, in: talk)
    way.fragment(payload, 32..<40, more: false, in: talk)
    let handler = reassemble(talk.frames)
    let seen: [Weird: Int] = [
      .fragmentTiny: 1, .fragmentOverlap: 1, .fragmentOverlapConflict: 1,
    ]
    #expect(way.text(handler) == (way.isIPv6 ? "" : Self.text))
    #expect(handler.weirds == (way.isIPv6 ? Self.dropped(seen, later: 1) : seen))
  }

  @Test("ip.frag_last_twice", arguments: Way.all)
  func lastTwice(way: Way) {
    let talk = way.opened()
    let payload = way.payload(Self.text, in: talk)
    way.fragment(payload, 24..<40, more: false, in: talk)
    let longer = payload + [UInt8](repeating: UInt8(ascii: "X"), count: 8)
    way.fragment(longer, 32..<48, more: false, in: talk)
    way.fragment(payload, 16..<32, more: false, in: talk)
    way.fragment(payload, 0..<24, in: talk)
    let handler = reassemble(talk.frames)
    if way.isIPv6 {
      #expect(way.text(handler) == "")
      #expect(handler.weirds == Self.dropped([.fragmentBadLength: 1], later: 2))
    } else {
      #expect(way.text(handler) == Self.text)
      #expect(handler.weirds == [.fragmentBadLength: 2])
    }
  }

  @Test("ip.frag_not_mult_8", arguments: Way.all)
  func notMultipleOfEight(way: Way) {
    let talk = way.opened()
    let payload = way.payload(Self.text, in: talk)
    way.fragment(payload, 24..<40, more: false, in: talk)
    way.fragment(payload, 0..<23, in: talk)
    #expect(
      reassemble(talk.frames).weirds == [.fragmentBadLength: 1, .fragmentTimeout: 1])
    way.fragment(payload, 0..<24, in: talk)
    let handler = reassemble(talk.frames)
    #expect(way.text(handler) == Self.text)
    #expect(handler.weirds == [.fragmentBadLength: 1])
  }

  @Test("ip.frag_timeout", arguments: Way.all)
  func timeout(way: Way) {
    let talk = way.opened()
    let payload = way.payload(Self.text, in: talk)
    way.fragment(payload, 0..<24, in: talk)
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembly.take(talk.frames)
    #expect(reassembly.heldBytes > 0)
    // No other fragment has to come for its memory to be free.
    let count = talk.frames.count
    talk.waits(seconds: 32)
    talk.originator.acknowledges()
    reassembly.take(Array(talk.frames[count...]))
    #expect(reassembly.heldBytes == 0)
    #expect(handler.weirds == [.fragmentTimeout: 1])
    // What comes of it later is the beginning of another one.
    way.fragment(payload, 24..<40, more: false, in: talk)
    reassembly.take(Array(talk.frames[(count + 1)...]))
    reassembly.finish()
    #expect(handler.weirds == [.fragmentTimeout: 2])
    #expect(way.text(handler) == "")
  }

  // Of IPv6 the protocol is no part of what tells datagrams apart (RFC 8200 §4.5).
  @Test("ip.frag_id_reuse_proto", arguments: Way.ipv4)
  func identificationReuse(way: Way) {
    let talk = way.opened()
    let tcp = way.payload(Self.text, in: talk)
    way.sender(in: talk).datagram("a datagram of UDP, no less")
    let udp = talk.takesOffLast()
    way.fragment(tcp, 0..<24, in: talk)
    way.fragment(udp, 0..<24, in: talk, protocol: .udp)
    way.fragment(tcp, 24..<tcp.count, more: false, in: talk)
    way.fragment(udp, 24..<udp.count, more: false, in: talk, protocol: .udp)
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [:])
    #expect(
      handler.sockets.map { $0.text(way.isOut || $0.first.transport == .udp ? .out : .in) }
        == [Self.text, "a datagram of UDP, no less"])
  }

  @Test("ip.ipv6_atomic_fragment", arguments: Way.ipv6)
  func atomicFragment(way: Way) {
    let talk = way.opened()
    let first = way.payload("abc", in: talk)
    way.fragment(first, 0..<first.count, more: false, in: talk)
    // One with destination options between its header and TCP.
    let second = [6, 0, 1, 4, 0, 0, 0, 0] + way.payload("def", in: talk)
    way.fragment(second, 0..<second.count, more: false, in: talk, protocol: .destinationOptions)
    // The same header in other packets that wait for more is not that of this one.
    way.fragment(second, 16..<24, in: talk, protocol: .destinationOptions)
    let third = way.payload("ghi", in: talk)
    way.fragment(third, 0..<third.count, more: false, in: talk)
    let handler = reassemble(talk.frames)
    #expect(way.text(handler) == "abcdefghi")
    #expect(handler.weirds == [.fragmentTimeout: 1])
  }

  @Test("Extension headers in the first of several fragments hide nothing", arguments: Way.ipv6)
  func fragmentedExtensions(way: Way) {
    let talk = way.opened()
    let payload = [6, 0, 1, 4, 0, 0, 0, 0] + way.payload(Self.text, in: talk)
    way.fragment(payload, 0..<24, in: talk, protocol: .destinationOptions)
    way.fragment(payload, 24..<48, more: false, in: talk, protocol: .destinationOptions)
    let handler = reassemble(talk.frames)
    #expect(way.text(handler) == Self.text)
    #expect(handler.weirds == [:])
  }

  @Test("ip.ipv6_jumbogram", arguments: Way.ipv6)
  func jumbogram(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("evil")
    talk.changeLast { frame in
      let length = UInt8(frame.bytes.count - 54 + 8)
      frame.bytes[18] = 0
      frame.bytes[19] = 0
      frame.bytes[20] = IPProtocol.hopByHop.rawValue
      frame.bytes.insert(contentsOf: [6, 0, 0xC2, 4, 0, 0, 0, length], at: 54)
    }
    way.sender(in: talk).sends("good", at: 0)
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembly.take(talk.frames)
    reassembly.finish()
    #expect(way.text(handler) == "good")
    #expect(handler.weirds == [.unsupportedJumbo: 1])
    #expect(reassembly.counts.otherPackets == 1)
    // Alone it makes no socket, whatever is done about checksums.
    let alone = [talk.frames[talk.frames.count - 2]]
    for mode in ChecksumMode.allCases {
      let handler = reassemble(alone, .checksums(mode))
      #expect(handler.sockets.isEmpty)
      #expect(handler.weirds == [.unsupportedJumbo: 1])
    }
  }

  @Test("ip.ipv6_second_fragment_header", arguments: Way.ipv6)
  func secondFragmentHeader(way: Way) {
    let talk = way.opened()
    let inner: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 9] + way.payload("evil", in: talk)
    // In an atomic fragment, behind options too, and in a packet of two fragments.
    way.fragment(inner, 0..<inner.count, more: false, in: talk, protocol: .fragment)
    let options = [44, 0, 1, 4, 0, 0, 0, 0] + inner
    way.fragment(
      options, 0..<options.count, more: false, in: talk, protocol: .destinationOptions)
    way.fragment(inner, 0..<24, in: talk, identification: 2, protocol: .fragment)
    way.fragment(
      inner, 24..<inner.count, more: false, in: talk, identification: 2, protocol: .fragment)
    way.sender(in: talk).sends("good", at: 0)
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembly.take(talk.frames)
    reassembly.finish()
    #expect(way.text(handler) == "good")
    #expect(handler.weirds == [.fragmentNested: 3])
    #expect(reassembly.counts.malformedPackets == 3)
  }

  @Test("ip.same_tuple_two_vlans", arguments: Way.all)
  func twoVLANs(way: Way) {
    let talks = ([5, 6] as [UInt16]).map { vlan -> Conversation in
      let talk = Conversation(way.family, vlans: [vlan])
      talk.opens()
      way.sender(in: talk).sends("on VLAN \(vlan)")
      talk.closes()
      return talk
    }
    let handler = reassemble(merged(talks[0], talks[1]))
    #expect(handler.violations == [])
    #expect(handler.weirds == [:])
    #expect(handler.sockets.map { $0.text(way.direction) } == ["on VLAN 5", "on VLAN 6"])
    #expect(handler.sockets.map { Array($0.first.vlans) } == [[5], [6]])
    #expect(Set(handler.sockets.map(\.first.flowID)).count == 2)
    #expect(handler.sockets.allSatisfy { $0.last?.disconnectReason == .fin })
  }

  @Test("ip.capture_reordered_timestamps", arguments: Way.all)
  func reorderedTimestamps(way: Way) throws {
    let talk = Conversation(way.family)
    talk.originator.opens()
    talk.responder.answers()
    talk.originator.acknowledges()
    way.sender(in: talk).sends("hello")
    talk.closes()
    // As two queues of a card leave it: the SYN/ACK stands first, and its time is the later one.
    var frames = talk.frames
    frames.swapAt(0, 1)
    frames.swapAt(3, 4)
    let handler = reassemble(frames)
    #expect(handler.violations == [])
    let socket = try #require(handler.sockets.first)
    let last = try #require(socket.last)
    #expect(handler.sockets.count == 1)
    #expect(socket.first.originator.port == talk.originator.port)
    #expect(socket.text(way.direction) == "hello")
    #expect(last.lastSeen.since(last.firstPacket.timestamp) >= 0)
    #expect(last.lastSeen == frames.map(\.timestamp).max())
    #expect(last.disconnectReason == .fin)
  }
}

@Suite("Cases of tunnels")
struct TunnelCases {
  /// The packets of a connection in which the sender of a way says something, and which way each goes.
  private func packets(_ way: Way, _ text: String) -> (talk: Conversation, isOut: [Bool]) {
    let talk = way.opened()
    way.sender(in: talk).sends(text)
    talk.closes()
    return (talk, [true, false, true, way.isOut, true, false, true])
  }

  @Test("ip.tunnel_nested", arguments: Way.all)
  func nested(way: Way) {
    let (talk, isOut) = packets(way, "inner")
    let frames = zip(talk.frames, isOut).map { frame, isOut in
      let packet = Array(frame.bytes.dropFirst(talk.networkOffset))
      let inner = Layer.ip(packet, way.isIPv6 ? .ipv6 : .ipv4, isOut, 1)
      let gre = Layer.ip(Layer.gre(inner, type: [8, 0]), .gre, isOut, 2)
      let vxlan = Layer.udp(
        Layer.vxlan(Layer.ethernet(gre), network: 3), from: 50_000, to: 4789, isOut, 3)
      let geneve = Layer.geneve(vxlan, type: [8, 0], network: 4)
      return CapturedFrame(
        Layer.ethernet(Layer.udp(geneve, from: 50_000, to: 6081, isOut, 4)), at: frame.timestamp)
    }
    let handler = reassemble(frames)
    #expect(handler.violations == [])
    #expect(handler.weirds == [:])
    #expect(way.text(handler) == "inner")
    let tunnel = handler.sockets.first?.first.tunnel
    #expect(tunnel?.depth == 4)
    #expect(tunnel?.kind == .ip)
    #expect(tunnel?.source == Layer.end(true, 1, .ipv4))
    // The same ends without the tunnels are another conversation.
    #expect(reassemble(frames + talk.frames).sockets.count == 2)
  }

  @Test("ip.tunnel_nested: the limit", arguments: Way.all)
  func limit(way: Way) {
    let (talk, isOut) = packets(way, "inner")
    for layers in [8, 9] {
      let frames = zip(talk.frames, isOut).map { frame, isOut in
        var packet = Array(frame.bytes.dropFirst(talk.networkOffset))
        for _ in 0..<layers {
          packet = Layer.ip(packet, packet[0] >> 4 == 6 ? .ipv6 : .ipv4, isOut, 1)
        }
        return CapturedFrame(Layer.ethernet(packet), at: frame.timestamp)
      }
      let handler = reassemble(frames)
      #expect(way.text(handler) == (layers == 8 ? "inner" : nil))
      #expect(handler.weirds == (layers == 8 ? [:] : [.tunnelLimitReached: frames.count]))
    }
  }

  @Test("ip.tunnel_outer_fragmented", arguments: Way.all)
  func outerFragmented(way: Way) {
    let text = String(repeating: "inner ", count: 40)
    let (talk, isOut) = packets(way, text)
    var frames: [CapturedFrame] = []
    for (index, frame) in talk.frames.enumerated() {
      let packet = Array(frame.bytes.dropFirst(talk.networkOffset))
      let payload = Layer.gre(packet, type: Layer.type(of: packet))
      var headers = Layer.headers(.gre, isOut[index], 1)
      headers.ip.identification = UInt32(index)
      // The last part comes first.
      for start in stride(from: 0, to: payload.count, by: 32).reversed() {
        let end = min(start + 32, payload.count)
        headers.ip.fragment = .init(offset: start, moreFragments: end < payload.count)
        var bytes: [UInt8] = []
        Array(payload[start..<end]).withRawSpan { headers.append(payload: $0, to: &bytes) }
        frames.append(CapturedFrame(Layer.ethernet(bytes), at: frame.timestamp))
      }
    }
    let handler = reassemble(frames)
    #expect(handler.violations == [])
    #expect(handler.weirds == [:])
    #expect(way.text(handler) == text)
    #expect(handler.sockets.first?.last?.disconnectReason == .fin)
    #expect(handler.sockets.first?.first.tunnel?.kind == .gre)
  }
}
