import Checking
import Support
import Testing
import Wire

@Suite("Packets by themselves")
struct PacketTests {
  private func spoil(_ talk: Conversation, at offset: Int) {
    talk.changeLast { $0.bytes[offset] ^= 0x5A }
  }

  @Test("A segment with a wrong checksum is complained of, and not taken", arguments: Setting.all)
  func checksum(setting: Setting) {
    let stage = Stage(setting)
    stage.talk.opens()
    stage.sender.sends("evil")
    spoil(stage.talk, at: stage.talk.transportOffset + 21)
    stage.sender.sends("good", at: 0)
    stage.receiver.acknowledges()
    #expect(judge(stage.talk.frames).names == [.badChecksum: 1])
    var options = CheckOptions.everything
    options.checksums = .none
    #expect(judge(stage.talk.frames, options).names == [.retransmission: 1, .conflictingCopy: 1])
  }

  @Test("A header checksum of 0 is left to the card, unless it is right")
  func headerChecksum() {
    let talk = Conversation()
    talk.opens()
    talk.changeLast { ($0.bytes[24], $0.bytes[25]) = (0, 0) }
    #expect(judge(talk.frames).names == [.checksumOffload: 1])
    var options = CheckOptions.everything
    options.checksums = .all
    #expect(judge(talk.frames, options).names == [.badHeaderChecksum: 1])
    options.checksums = .none
    #expect(judge(talk.frames, options).names == [:])
    // With another identification 0 is the right one.
    let frame = talk.frames[1].bytes
    let field = UInt16(frame[24]) << 8 | UInt16(frame[25])
    talk.changeLast { last in
      last.bytes = frame
      let identification = UInt16(frame[18]) << 8 | UInt16(frame[19])
      var sum = UInt32(identification) + UInt32(field)
      sum = sum & 0xFFFF + sum >> 16
      (last.bytes[18], last.bytes[19]) = (UInt8(sum >> 8), UInt8(sum & 0xFF))
      (last.bytes[24], last.bytes[25]) = (0, 0)
    }
    options.checksums = .all
    #expect(judge([talk.frames[0], talk.frames[2]], options).names[.badHeaderChecksum] == nil)
  }

  @Test("A checksum that is left to the card is a note", arguments: Conversation.Family.allCases)
  func offload(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.sends("abc")
    talk.changeLast { $0 = $0.replacing(talk.transportOffset + 16, with: 0) }
    talk.responder.acknowledges()
    #expect(judge(talk.frames).names == [.checksumOffload: 1])
    var options = CheckOptions.everything
    options.checksums = .all
    #expect(judge(talk.frames, options).names == [.badChecksum: 1, .ackUnseen: 1])
  }

  @Test("Headers, and UDP")
  func others() throws {
    let talk = Conversation()
    talk.originator.datagram("abc")
    spoil(talk, at: talk.transportOffset + 8)
    talk.originator.datagram("abc")
    spoil(talk, at: talk.networkOffset + 8)
    talk.originator.sends("abc")
    talk.changeLast { $0.bytes[talk.transportOffset + 12] = 0x10 }
    let judgement = judge(talk.frames)
    #expect(judgement.names == [.badUDPChecksum: 1, .badHeaderChecksum: 1, .malformed: 1])
    let udp = try #require(judgement.first(.badUDPChecksum))
    #expect(udp.socket == nil && udp.ends?.destination.port == 80)
    #expect(judgement.counts.connections == 0 && judgement.counts.datagrams == 1)
  }

  @Test("Of what the capture cut off nothing is held against anybody")
  func truncated() {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("abcdef")
    talk.cutLast(by: 4)
    talk.originator.sends("abXYZf", at: 0)
    talk.originator.sends("abXYZg", at: 0)
    talk.originator.sends("ghi")
    talk.responder.acknowledges()
    talk.responder.sends("x")
    talk.cutLast(by: 10)
    let judgement = judge(talk.frames)
    #expect(judgement.errors.map(\.name) == [.conflictingCopy])
    #expect(judgement.names[.truncated] == 2)
    #expect(judgement.names[.notCompared] == 1)
  }

  @Test("Text in fragments, VLANs and tunnels is held against its copies", arguments: [0, 1])
  func layers(kind: Int) {
    let talk = Conversation(vlans: kind == 0 ? [] : [5, 6])
    talk.opens()
    talk.originator.sends("abcdefghijklmnop")
    let payload = talk.takesOffLast()
    talk.sendsFragment(payload[24...], from: talk.originator, at: 24, more: false)
    talk.sendsFragment(payload[..<24], from: talk.originator, at: 0, more: true)
    talk.originator.sends("XY", at: 10)
    talk.responder.acknowledges()
    #expect(judge(talk.frames).names == [.retransmission: 1, .conflictingCopy: 1])
    let tunnel = Encapsulation.tunnels[0]
    guard kind == 0, tunnel.families.contains(.ipv4) else { return }
    #expect(judge(tunnel.frames(of: talk)).names[.conflictingCopy] == 1)
  }
}
