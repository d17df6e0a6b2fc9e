import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of ICMP")
struct ICMPCases {
  /// Port unreachable, of either family.
  private static func unreachable(_ family: Conversation.Family) -> (type: UInt8, code: UInt8) {
    family == .ipv4 ? (3, 3) : (1, 4)
  }

  private func sendUnreachable(_ way: Way, _ quote: [UInt8], in talk: Conversation) {
    let (type, code) = Self.unreachable(way.family)
    talk.sendsICMP(type: type, code: code, quoting: quote, to: way.sender(in: talk))
  }

  private func error(_ way: Way, offset: UInt64?, count: UInt32 = 1) -> WeirdNote {
    WeirdNote(
      .icmpError, way.direction, offset: offset, value: way.isIPv6 ? 0x0104 : 0x0303,
      count: count)
  }

  @Test("icmp.icmp_port_unreach", arguments: Way.all)
  func portUnreachable(way: Way) {
    let talk = Conversation(way.family)
    talk.originator.opens()
    if !way.isOut { talk.responder.answers() }
    sendUnreachable(way, talk.quotesLast(), in: talk)
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.notes == [error(way, offset: 0)])
    #expect(
      handler.sockets.map(\.transcript)
        == [["attached", "connecting", "disconnected end_of_input", "detached"]])
    // The connection is as it was: only its ends know whether they believed it.
    if way.isOut { talk.responder.answers() }
    talk.originator.acknowledges()
    way.sender(in: talk).sends("hello")
    way.sender(in: talk).sends("world")
    sendUnreachable(way, talk.quotesLast(20), in: talk)
    let later = reassemble(talk.frames)
    #expect(way.text(later) == "helloworld")
    #expect(later.notes == [error(way, offset: 0), error(way, offset: 5, count: 2)])
  }

  @Test("icmp.icmp_frag_needed", arguments: Way.all)
  func packetTooBig(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).sends(String(repeating: "d", count: 1400))
    talk.sendsICMP(
      type: way.isIPv6 ? 2 : 3, code: way.isIPv6 ? 0 : 4, word: 1280, quoting: talk.quotesLast(),
      to: way.sender(in: talk))
    let handler = reassemble(talk.frames)
    #expect(
      handler.notes == [
        WeirdNote(.pathMTU, way.direction, offset: 3, value: 1280, count: 1)
      ])
    #expect(way.text(handler)?.utf8.count == 1403)
  }

  @Test(
    "Of errors those count that say that a packet did not arrive", arguments: Way.all,
    [3, 5, 8, 11, 12, 1, 4, 129] as [UInt8])
  func types(way: Way, type: UInt8) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    talk.sendsICMP(type: type, code: 1, quoting: talk.quotesLast(), to: way.sender(in: talk))
    let isError = (way.isIPv6 ? [1, 3, 4] : [3, 11, 12]).contains(type)
    let note = WeirdNote(
      .icmpError, way.direction, offset: 0, value: UInt64(type) << 8 | 1, count: 1)
    #expect(reassemble(talk.frames).notes == (isError ? [note] : []))
  }

  @Test("An error about a datagram is the socket's of the datagram", arguments: Way.all)
  func datagram(way: Way) {
    let talk = Conversation(way.family)
    talk.originator.datagram("question")
    way.sender(in: talk).datagram("hello")
    sendUnreachable(way, talk.quotesLast(), in: talk)
    let handler = reassemble(talk.frames)
    #expect(handler.notes == [error(way, offset: nil)])
    #expect(handler.sockets.count == 1)
  }

  @Test("An error about nothing that was seen opens nothing, and is counted", arguments: Way.all)
  func stray(way: Way) {
    let talk = Conversation(way.family)
    way.sender(in: talk).sends("hello")
    let quote = talk.quotesLast()
    _ = talk.takesOffLast()
    sendUnreachable(way, quote, in: talk)
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembly.take(talk.frames)
    reassembly.finish()
    #expect(handler.sockets.isEmpty)
    #expect(handler.notes == [])
    #expect(reassembly.counts.otherProtocols == 1)
  }

  @Test("A quote that makes no sense is of no socket", arguments: Way.all)
  func badQuotes(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("hello")
    let quote = talk.quotesLast(20)
    let header = way.isIPv6 ? 40 : 20
    var changed = quote
    changed[0] ^= 0xF0
    // Cut at every byte in front of the eighth of the transport header, another version, nothing.
    for bad in [changed, []] + (1..<header + 8).map({ Array(quote.prefix($0)) }) {
      sendUnreachable(way, bad, in: talk)
    }
    // Quoted to another than its sender, as a third party does that guesses.
    let (type, code) = Self.unreachable(way.family)
    talk.sendsICMP(type: type, code: code, quoting: quote, to: way.sender(in: talk).peer)
    // A later fragment has no ports.
    way.fragment(quote, 16..<32, in: talk)
    let part = talk.quotesLast(24)
    sendUnreachable(way, part, in: talk)
    let handler = reassemble(talk.frames)
    #expect(handler.notes == [WeirdNote(.fragmentTimeout)])
    #expect(way.text(handler) == "hello")
  }

  @Test("A sequence number out of the stream has no place in it", arguments: Way.all)
  func badSequence(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("hello")
    var quote = talk.quotesLast()
    quote[quote.count - 3] ^= 0x80
    quote[quote.count - 4] ^= 0x80
    sendUnreachable(way, quote, in: talk)
    let notes = reassemble(talk.frames).notes
    #expect(notes.map(\.name) == [.icmpError])
    #expect(notes.map(\.direction) == [way.direction])
  }

  @Test("An error with a wrong checksum is not used", arguments: Way.all)
  func badChecksum(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("hello")
    sendUnreachable(way, talk.quotesLast(), in: talk)
    talk.changeLast { $0.bytes[talk.transportOffset + 2] ^= 0x0F }
    let handler = reassemble(talk.frames)
    #expect(handler.notes == [WeirdNote(.badChecksum)])
    #expect(reassemble(talk.frames, .checksums(.none)).notes == [error(way, offset: 0)])
  }

  @Test("On another VLAN it is of another conversation", arguments: Way.all)
  func vlan(way: Way) {
    let talks = [[5], [6], [5]].map { Conversation(way.family, vlans: $0) }
    talks[0].opens()
    way.sender(in: talks[0]).sends("hello")
    let quote = talks[0].quotesLast()
    sendUnreachable(way, quote, in: talks[1])
    #expect(reassemble(talks[0].frames + talks[1].frames).notes == [])
    sendUnreachable(way, quote, in: talks[2])
    #expect(reassemble(talks[0].frames + talks[2].frames).notes == [error(way, offset: 0)])
  }

  @Test("In a tunnel it is of the conversation in the tunnel", arguments: Way.all)
  func tunnel(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("hello")
    sendUnreachable(way, talk.quotesLast(), in: talk)
    for encapsulation in Encapsulation.tunnels {
      let handler = reassemble(encapsulation.frames(of: talk))
      #expect(handler.notes == [error(way, offset: 0)], "\(encapsulation)")
      #expect(way.text(handler) == "hello", "\(encapsulation)")
    }
    // Outside of the tunnel nobody knows the conversation.
    let gre = Encapsulation.tunnels[2].frames(of: talk)
    #expect(reassemble(gre.dropLast() + talk.frames.suffix(1)).notes == [])
  }

  @Test("In fragments, and with several workers, it is found", arguments: Way.all)
  func workers(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("hello")
    sendUnreachable(way, talk.quotesLast(), in: talk)
    let bytes = talk.frames[talk.frames.count - 1].bytes
    let message = Array(bytes.dropFirst(talk.transportOffset))
    // The fragments come from the other end instead of a router, which only ICMPv6 has in its sum.
    _ = talk.takesOffLast()
    let end = way.sender(in: talk)
    for range in [0..<24, 24..<message.count] {
      talk.sendsFragment(
        message[range], from: end.peer, at: range.lowerBound, more: range.lowerBound == 0,
        protocol: way.isIPv6 ? .icmpv6 : .icmp)
    }
    for workers in [1, 3, 64] {
      let handler = RecordingHandler()
      let reassembly = WholeReassembly(
        .checksums(way.isIPv6 ? .none : .all), workers: workers, to: handler)
      reassembly.take(talk.frames)
      reassembly.finish()
      #expect(handler.notes == [error(way, offset: 0)])
    }
  }
}
