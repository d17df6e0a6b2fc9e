import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("What is no tunnel")
struct TunnelRefusalTests {
  private static let syn: [UInt8] = {
    let talk = Conversation()
    talk.originator.opens()
    return Array(talk.frames[0].bytes.dropFirst(14))
  }()

  private static let syn6: [UInt8] = {
    let talk = Conversation(.ipv6)
    talk.originator.opens()
    return Array(talk.frames[0].bytes.dropFirst(14))
  }()

  /// Changes bytes.
  private static func changed(_ bytes: [UInt8], _ changes: (Int, UInt8)...) -> [UInt8] {
    var bytes = bytes
    for (offset, value) in changes { bytes[offset] = value }
    return bytes
  }

  private static let vxlan = Layer.vxlan(Layer.ethernet(syn), network: 1)
  private static let geneve = Layer.geneve(
    syn, type: [8, 0], network: 1, options: [0, 0, 0, 1, 0, 0, 0, 0])
  private static let gtp = Layer.gtp(syn, true, extended: true)

  @Test(
    "A datagram to the port of a tunnel that is none stays one",
    arguments: [
      (4789, changed(vxlan, (0, 0)), "no flag"), (4789, changed(vxlan, (7, 1)), "reserved"),
      (4789, changed(vxlan, (20, 9)), "no type"), (4789, changed(vxlan, (22, 0x44)), "no header"),
      (4789, changed(vxlan, (22, 0x65)), "version"), (4789, [8, 0, 0, 0, 0, 0, 1, 0], "empty"),
      (4789, Array("hello".utf8), "text"),
      (6081, changed(geneve, (0, 0x42)), "version"), (6081, changed(geneve, (11, 3)), "option"),
      (6081, changed(geneve, (0, 0x3F)), "options"), (6081, changed(geneve, (2, 9)), "type"),
      (3544, changed(syn6, (0, 0x40)), "version"), (3544, changed(syn6, (4, 1)), "length"),
      (3544, [0, 1, 255, 255], "authentication"),
      (2152, changed(gtp, (0, 0x54)), "version"), (2152, changed(gtp, (1, 1)), "echo"),
      (2152, changed(gtp, (3, 255)), "length"), (2152, changed(gtp, (12, 0)), "empty extension"),
      (2152, changed(gtp, (12, 200)), "long extension"),
      (2152, changed(gtp, (16, 0x75)), "version"),
    ] as [(UInt16, [UInt8], String)])
  func outer(port: UInt16, content: [UInt8], what: String) throws {
    let frame = Layer.ethernet(Layer.udp(content, from: 1111, to: port, true, 1))
    let handler = reassemble([CapturedFrame(frame, at: Timestamp(seconds: 1))])
    #expect(handler.sockets.count == 1)
    let socket = try #require(handler.sockets.first)
    #expect(socket.first.transport == .udp)
    #expect(socket.first.responder.port == port)
    #expect(socket.first.tunnel == nil)
    #expect(socket.last?.out.streamBytes == UInt64(content.count))
  }

  @Test("With other ports it is no tunnel")
  func ports() {
    let frame = Layer.ethernet(Layer.udp(Self.vxlan, from: 4789, to: 4790, true, 1))
    let handler = reassemble([CapturedFrame(frame, at: Timestamp(seconds: 1))])
    #expect(handler.sockets.map(\.first.transport) == [.udp])
  }

  @Test(
    "Wireless frames that are protected, of several parts, or without data carry nothing",
    arguments: [
      Layer.wireless(syn, flags: 0x41), Layer.wireless(syn, flags: 0x05),
      Layer.wireless(syn, flags: 1, isQoS: true, control: [0x80, 0]),
      changed(Layer.wireless(syn, flags: 1), (0, 0x48)),
      changed(Layer.wireless(syn, flags: 1), (0, 0x80)),
      changed(Layer.wireless(syn, flags: 1), (22, 1)), [0xD4, 0, 0, 0, 1, 2, 3, 4, 5, 6],
    ])
  func wireless(frame: [UInt8]) {
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembly.take([CapturedFrame(frame, at: Timestamp(seconds: 1), linkType: .wireless)])
    #expect(handler.sockets.isEmpty)
    #expect(reassembly.counts.otherPackets == 1)
    #expect(reassembly.counts.malformedPackets == 0)
  }

  @Test(
    "GRE that cannot be read is counted",
    arguments: [
      (Layer.gre(syn, type: [8, 0], flags: 0x4000), false), (Layer.gre([], type: [8, 0]), true),
      (Layer.gre(syn, type: [8, 0], flags: 2), false), ([0, 0, 8], true),
      (Layer.gre([], type: [8, 0], flags: 0xB000), true),
      (Layer.gre([], type: [0x88, 0xBE], flags: 0x1000, fields: [0, 0, 0, 1]), true),
    ])
  func gre(payload: [UInt8], isMalformed: Bool) {
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(ReassemblyConfiguration(), to: handler)
    let frame = Layer.ethernet(Layer.ip(payload, .gre, true, 1))
    reassembly.take([CapturedFrame(frame, at: Timestamp(seconds: 1))])
    #expect(handler.sockets.isEmpty)
    #expect(reassembly.counts.malformedPackets == (isMalformed ? 1 : 0))
    #expect(reassembly.counts.otherProtocols == (isMalformed ? 0 : 1))
  }
}
