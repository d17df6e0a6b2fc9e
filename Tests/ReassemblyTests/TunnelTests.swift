import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Tunnels and links")
struct TunnelTests {
  static let carrying = Encapsulation.tunnels + Encapsulation.teredo
  static let all = carrying + Encapsulation.links

  /// A short life of a connection.
  private func talk(_ family: Conversation.Family = .ipv4) -> Conversation {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.sends("hello")
    talk.responder.sends("world")
    talk.closes()
    return talk
  }

  private let life = opening + ["out 0 hello", "in 0 world"] + closing

  @Test("What is in them is a conversation of its own", arguments: all)
  func life(encapsulation: Encapsulation) {
    for family in encapsulation.families {
      let talk = talk(family)
      let handler = RecordingHandler()
      #expect(lives(encapsulation.frames(of: talk), to: handler) == [life])
      let info = handler.sockets.first?.last
      #expect(info?.originator.address == talk.originator.address)
      #expect(info?.responder.address == talk.responder.address)
      let lengths = talk.frames.map { $0.bytes.count - talk.networkOffset }
      let all = (info?.out.ipBytes ?? 0) + (info?.in.ipBytes ?? 0)
      #expect(all == UInt64(lengths.reduce(0, +)))
      #expect(handler.weirds == [:])
    }
  }

  @Test("UDP in them too", arguments: all)
  func datagrams(encapsulation: Encapsulation) {
    for family in encapsulation.families {
      let talk = Conversation(family)
      talk.originator.datagram("ask")
      talk.responder.datagram("answer")
      let handler = reassemble(encapsulation.frames(of: talk))
      #expect(handler.sockets.map { $0.text(.out) } == ["ask"])
      #expect(handler.sockets.map { $0.text(.in) } == ["answer"])
    }
  }

  @Test("The outer keys of the first packet are known", arguments: carrying)
  func outerKeys(encapsulation: Encapsulation) throws {
    let talk = talk(.ipv6)
    let handler = reassemble(encapsulation.frames(of: talk))
    let tunnel = try #require(handler.sockets.first?.first.tunnel)
    let family = Conversation.Family.allCases.first { family in
      tunnel.source == Layer.end(true, 1, family)
        && tunnel.destination == Layer.end(false, 1, family)
    }
    #expect(family != nil)
    #expect(tunnel.depth == 1)
    #expect(handler.sockets.first?.last?.tunnel == tunnel)
  }

  @Test(
    "The network, endpoint, key or session has its number",
    arguments: zip(
      [
        "VXLAN", "GENEVE", "GTP-U", "GRE with everything, keys of each direction", "ERSPAN II",
        "GRE",
      ],
      [3, 3, 17, 5, 7, nil] as [UInt32?]))
  func identifiers(name: String, identifier: UInt32?) throws {
    let encapsulation = try #require(Encapsulation.tunnels.first { $0.description == name })
    let handler = reassemble(encapsulation.frames(of: talk(), number: 3))
    #expect(handler.sockets.map(\.first.tunnel?.identifier) == [identifier])
  }

  @Test("A packet without a tunnel has no outer keys", arguments: Encapsulation.links)
  func noTunnel(encapsulation: Encapsulation) {
    #expect(
      reassemble(encapsulation.frames(of: talk())).sockets.map(\.first.tunnel) == [nil])
  }

  @Test("The same ends in two tunnels are two conversations", arguments: Encapsulation.tunnels)
  func twoTunnels(encapsulation: Encapsulation) {
    for family in encapsulation.families {
      var frames = family == .ipv4 ? talk(family).frames : []
      for number in 1...2 { frames += encapsulation.frames(of: talk(family), number: number) }
      let handler = RecordingHandler()
      let found = lives(frames.sorted { $0.timestamp < $1.timestamp }, to: handler)
      #expect(found == Array(repeating: life, count: family == .ipv4 ? 3 : 2))
      #expect(Set(handler.sockets.map(\.first.flowID)).count == found.count)
    }
  }

  @Test("The same ends in two sessions of PPPoE are two conversations")
  func twoSessions() throws {
    let encapsulation = try #require(Encapsulation.links.first { $0.description == "PPPoE" })
    let frames = [1, 2].flatMap { encapsulation.frames(of: talk(), number: $0) }
    #expect(lives(frames.sorted { $0.timestamp < $1.timestamp }) == [life, life])
  }

  @Test("Tunnels lie in each other", arguments: Encapsulation.tunnels)
  func nested(outer: Encapsulation) {
    for inner in Encapsulation.tunnels {
      let frames = inner.frames(of: talk()).enumerated().map { index, frame in
        // The directions alternate as those of the conversation do.
        let isOut = ![1, 4, 6].contains(index)
        return CapturedFrame(
          outer.pack(Array(frame.bytes.dropFirst(14)), isOut, 1), at: frame.timestamp)
      }
      let handler = RecordingHandler()
      #expect(lives(frames, to: handler) == [life], "\(inner)")
      #expect(handler.sockets.first?.first.tunnel?.depth == 2, "\(inner)")
    }
  }

  @Test("Eight layers are entered, more are counted", arguments: [8, 9])
  func limit(layers: Int) {
    let talk = talk()
    let frames = talk.frames.map { frame in
      var packet = Array(frame.bytes.dropFirst(14))
      for _ in 0..<layers { packet = Layer.ip(packet, .ipv4, true, 1) }
      return CapturedFrame(packet, at: frame.timestamp, linkType: .raw)
    }
    let handler = reassemble(frames)
    #expect(handler.sockets.count == (layers == 8 ? 1 : 0))
    #expect(handler.weirds == (layers == 8 ? [:] : [.tunnelLimitReached: talk.frames.count]))
  }

  @Test("Beyond the limit a datagram stays one")
  func datagramLimit() {
    var packet = Array(talk().frames[0].bytes.dropFirst(14))
    for _ in 0..<9 {
      packet = Layer.udp(
        Layer.vxlan(Layer.ethernet(packet), network: 1), from: 9, to: 4789, true, 1)
    }
    let handler = reassemble([CapturedFrame(packet, at: Timestamp(seconds: 1), linkType: .raw)])
    #expect(handler.sockets.map(\.first.transport) == [.udp])
    #expect(handler.sockets.map(\.first.tunnel?.depth) == [8])
    #expect(handler.weirds == [.tunnelLimitReached: 1])
  }

  @Test("Cut at any byte, nothing traps", arguments: all)
  func cut(encapsulation: Encapsulation) {
    for family in encapsulation.families {
      let talk = Conversation(family)
      talk.originator.sends("hello")
      let frame = encapsulation.frames(of: talk)[0]
      var frames: [CapturedFrame] = []
      for count in 0..<frame.bytes.count {
        frames.append(frame)
        frames[frames.count - 1].cut(to: count)
        frames.append(CapturedFrame(frames[frames.count - 1].bytes, at: frame.timestamp))
        frames[frames.count - 1].linkType = frame.linkType
      }
      #expect(reassemble(frames).violations == [])
    }
  }

  @Test("What a snap length cut off is missing in the inner stream", arguments: carrying)
  func snapped(encapsulation: Encapsulation) {
    let talk = Conversation(.ipv6)
    talk.opens()
    talk.originator.sends("hello, this is long")
    talk.originator.sends("next")
    var frames = encapsulation.frames(of: talk)
    frames[3].cut(to: frames[3].bytes.count - 14)
    var configuration = ReassemblyConfiguration()
    configuration.checksums = .none
    #expect(
      lives(frames, configuration)
        == [opening + ["out 0 hello", "out gap 5+14", "out 19 next"] + inputEnding])
  }

  @Test("Bytes of other layers are not taken for those of the inner packet")
  func padding() {
    let talk = Conversation()
    talk.originator.sends("hello")
    // The inner packet says that it is longer than the tunnel.
    var packet = Array(talk.frames[0].bytes.dropFirst(14))
    packet[3] += 4
    packet[10] = 0
    packet[11] = 0
    let frame = Layer.ethernet(
      Layer.ip(Layer.gre(packet, type: [8, 0]), .gre, true, 1) + [1, 2, 3, 4])
    var configuration = ReassemblyConfiguration()
    configuration.checksums = .none
    let handler = reassemble(
      [CapturedFrame(frame, at: Timestamp(seconds: 1))], configuration)
    #expect(handler.sockets.map { $0.text(.out) } == ["hello"])
  }

  @Test("An inner checksum that is wrong is found, an outer one is not asked for")
  func checksums() throws {
    let encapsulation = try #require(Encapsulation.tunnels.first { $0.description == "VXLAN" })
    let talk = talk()
    var frames = encapsulation.frames(of: talk)
    // The outer checksum field.
    for index in frames.indices { frames[index] = frames[index].replacing(40, with: 0x1234) }
    #expect(lives(frames) == [life])
    frames[3].bytes[frames[3].bytes.count - 1] ^= 1
    let handler = reassemble(frames)
    #expect(handler.weirds[.badChecksum] == 1)
  }

  @Test("Sockets beyond the budget of outer keys go without them")
  func budget() {
    var configuration = ReassemblyConfiguration()
    configuration.memory = 1 << 20
    var frames: [CapturedFrame] = []
    for client in 1...6000 {
      let talk = Conversation(client: client)
      talk.pace = 0
      talk.originator.opens()
      frames += Encapsulation.tunnels[2].frames(of: talk)
    }
    let handler = reassemble(frames, configuration)
    let without = handler.sockets.filter { $0.first.tunnel == nil }.count
    #expect(without == handler.weirds[.detailBudgetReached, default: 0])
    #expect(handler.sockets.count == 6000)
    #expect(without < 3000)
  }
}
