import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Tunnels and fragments")
struct TunnelFragmentTests {
  /// Ethernet frames with the fragments of an IP packet.
  private func fragments(
    of packet: [UInt8], identification: Int, every size: Int = 64
  ) -> [[UInt8]] {
    let isIPv4 = packet[0] >> 4 == 4
    let payload = Array(packet.dropFirst(isIPv4 ? 20 : 40))
    func address(_ range: Range<Int>) -> IPAddress {
      let words = stride(from: range.lowerBound, to: range.upperBound, by: 4).map { start in
        packet[start..<start + 4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      }
      return words.count == 1
        ? IPAddress(ipv4: UInt32(words[0]))
        : IPAddress(ipv6: words[0] << 32 | words[1], words[2] << 32 | words[3])
    }
    var ip = IPHeader(
      source: address(isIPv4 ? 12..<16 : 8..<24),
      destination: address(isIPv4 ? 16..<20 : 24..<40),
      protocol: IPProtocol(rawValue: packet[isIPv4 ? 9 : 6]))
    ip.identification = UInt32(identification)
    return stride(from: 0, to: payload.count, by: size).map { offset in
      ip.fragment = IPHeader.Fragment(
        offset: offset, moreFragments: offset + size < payload.count)
      var bytes: [UInt8] = []
      Array(payload[offset..<min(offset + size, payload.count)]).withRawSpan {
        FrameHeaders(ip: ip).append(payload: $0, to: &bytes)
      }
      return bytes
    }
  }

  private func talk(_ family: Conversation.Family) -> Conversation {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.sends([UInt8](repeating: 65, count: 200))
    talk.responder.sends("world")
    return talk
  }

  private func check(_ handler: RecordingHandler) {
    #expect(handler.violations == [])
    #expect(handler.weirds == [:])
    #expect(handler.sockets.count == 1)
    #expect(handler.sockets.first?.text(.out) == String(repeating: "A", count: 200))
    #expect(handler.sockets.first?.text(.in) == "world")
  }

  private static let whole =
    Encapsulation.tunnels + Encapsulation.teredo

  @Test("A tunnel whose packets are in fragments is entered", arguments: whole)
  func outer(encapsulation: Encapsulation) {
    for family in encapsulation.families {
      let talk = talk(family)
      let frames = encapsulation.frames(of: talk).enumerated().flatMap { index, frame in
        fragments(of: Array(frame.bytes.dropFirst(14)), identification: index + 1).map {
          CapturedFrame(Layer.ethernet($0), at: frame.timestamp)
        }
      }
      let handler = reassemble(frames)
      check(handler)
      #expect(handler.sockets.first?.first.tunnel?.depth == 1)
      let plain = reassemble(encapsulation.frames(of: talk)).sockets.first?.first.tunnel
      #expect(handler.sockets.first?.first.tunnel == plain)
    }
  }

  @Test("Fragments in a tunnel are put together, each tunnel for itself", arguments: whole)
  func inner(encapsulation: Encapsulation) {
    for family in encapsulation.families {
      let talk = talk(family)
      let frames = talk.frames.enumerated().flatMap { index, frame in
        let isOut = ![1, 4].contains(index)
        return fragments(of: Array(frame.bytes.dropFirst(14)), identification: index + 1).map {
          CapturedFrame(encapsulation.pack($0, isOut, 1), at: frame.timestamp)
        }
      }
      let handler = reassemble(frames)
      check(handler)
      #expect(handler.sockets.first?.first.tunnel?.depth == 1)
    }
  }

  @Test("Fragments of fragments are put together")
  func both() {
    let talk = talk(.ipv4)
    var number = 0
    let frames = talk.frames.enumerated().flatMap { index, frame in
      let isOut = ![1, 4].contains(index)
      return fragments(of: Array(frame.bytes.dropFirst(14)), identification: index + 1).flatMap {
        inner in
        number += 1
        let packet = Layer.ip(Layer.gre(inner, type: [8, 0]), .gre, isOut, 1)
        return fragments(of: packet, identification: number, every: 24).map {
          CapturedFrame(Layer.ethernet($0), at: frame.timestamp)
        }
      }
    }
    let handler = reassemble(frames)
    check(handler)
    #expect(handler.sockets.first?.first.tunnel?.source == Layer.end(true, 1, .ipv4))
  }

  @Test("The same fragments in two tunnels do not meet")
  func apart() {
    let talk = Conversation()
    talk.originator.datagram([UInt8](repeating: 65, count: 100))
    let parts = fragments(
      of: Array(talk.frames[0].bytes.dropFirst(14)), identification: 1)
    let gre = Encapsulation.tunnels[2]
    let frames = [(0, 1), (1, 2)].map { part, number in
      CapturedFrame(gre.pack(parts[part], true, number), at: talk.now)
    }
    #expect(reassemble(frames).sockets.isEmpty)
  }
}
