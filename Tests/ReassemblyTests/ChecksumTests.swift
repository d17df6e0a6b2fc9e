import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Checksums")
struct ChecksumTests {
  private func configuration(_ mode: ChecksumMode) -> ReassemblyConfiguration {
    var configuration = ReassemblyConfiguration()
    configuration.checksums = mode
    return configuration
  }

  /// A connection in which one segment, "evil", has a wrong checksum.
  private func insertion(_ family: Conversation.Family, checksum: UInt16?) -> Conversation {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.sends("abc")
    talk.originator.sends("evil", at: 3)
    let offset = talk.transportOffset + 16
    talk.changeLast {
      let right = UInt16($0.bytes[offset]) << 8 | UInt16($0.bytes[offset + 1])
      $0 = $0.replacing(offset, with: checksum ?? right ^ 0x0F00)
    }
    talk.originator.sends("good", at: 3)
    return talk
  }

  @Test(
    "A wrong checksum is refused, unless nobody looks",
    arguments: ChecksumMode.allCases, Conversation.Family.allCases)
  func wrong(mode: ChecksumMode, family: Conversation.Family) {
    let handler = reassemble(insertion(family, checksum: nil).frames, configuration(mode))
    let isNone = mode == .none
    #expect(handler.sockets[0].text(.out) == (isNone ? "abcevil" : "abcgood"))
    #expect(handler.weirds[.badChecksum] == (isNone ? nil : 1))
  }

  @Test("A mobile host that is away sums up the address it has at home", arguments: [true, false])
  func mobile(isAway: Bool) {
    let talk = Conversation(.ipv6)
    talk.originator.datagram(Array("a datagram".utf8))
    talk.changeLast { frame in
      let home = Array(frame.bytes[22..<38])
      // Destination options: padding, and the home address (RFC 6275 §6.3).
      let options: [UInt8] = [frame.bytes[20], 2, 1, 2, 0, 0, isAway ? 0xC9 : 0x1E, 16] + home
      var bytes = frame.bytes
      bytes.replaceSubrange(54..<54, with: options)
      bytes[19] += 24
      bytes[20] = 60
      bytes[37] ^= 0xFF
      frame = CapturedFrame(bytes, at: frame.timestamp)
    }
    let handler = reassemble(talk.frames, configuration(.all))
    #expect(handler.weirds[.badChecksum] == (isAway ? nil : 1))
    #expect(handler.sockets.count == (isAway ? 1 : 0))
  }

  @Test("A direction that has shown right checksums is not offloaded")
  func notOffloaded() {
    let handler = reassemble(insertion(.ipv4, checksum: 0).frames, configuration(.auto))
    #expect(handler.sockets[0].text(.out) == "abcgood")
  }

  @Test("What the card or the kernel put together is used, whatever its checksum")
  func aggregate() {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("abc")
    talk.originator.sends(String(repeating: "d", count: 2896))
    let offset = talk.transportOffset + 16
    talk.changeLast { $0 = $0.replacing(offset, with: UInt16(0x1234)) }
    let handler = reassemble(talk.frames, configuration(.auto))
    #expect(handler.sockets[0].text(.out).utf8.count == 2899)
    #expect(handler.weirds[.badChecksum] == nil)
    #expect(
      reassemble(talk.frames, configuration(.all)).sockets[0].text(.out) == "abc")
  }

  /// All segments of the originator carry what offload leaves in the field.
  private func offloaded(_ family: Conversation.Family, pseudoSum: Bool) -> Conversation {
    let talk = Conversation(family)
    func offload() {
      let offset = talk.transportOffset
      talk.changeLast { frame in
        var sum: UInt16 = 0
        if pseudoSum {
          let checksum = Checksum.pseudoHeader(
            source: talk.originator.address, destination: talk.responder.address,
            protocol: 6, length: frame.bytes.count - offset)
          sum = checksum.folded
        }
        frame = frame.replacing(offset + 16, with: sum)
      }
    }
    talk.originator.opens()
    offload()
    talk.responder.answers()
    talk.originator.acknowledges()
    offload()
    for text in ["abc", "def"] {
      talk.originator.sends(text)
      offload()
      talk.responder.sends("x")
    }
    return talk
  }

  @Test(
    "Offload is recognised: nothing, or the sum of the pseudo-header, in all of one direction",
    arguments: [true, false], Conversation.Family.allCases)
  func offload(pseudoSum: Bool, family: Conversation.Family) {
    let talk = offloaded(family, pseudoSum: pseudoSum)
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(configuration(.auto), to: handler)
    reassembler.take(talk.frames)
    reassembler.finish()
    #expect(handler.sockets[0].text(.out) == "abcdef")
    #expect(handler.sockets[0].text(.in) == "xx")
    #expect(reassembler.counts.offloadedChecksums == 4)
    #expect(reassembler.counts.badChecksums == 0)
  }

  @Test("`-k all` makes no exception for offload")
  func all() {
    let talk = offloaded(.ipv4, pseudoSum: true)
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(configuration(.all), to: handler)
    reassembler.take(talk.frames)
    #expect(reassembler.counts.badChecksums == 4)
    #expect(handler.sockets.first?.text(.out) == "")
  }

  @Test(
    "A wrong checksum of an IPv4 header is refused, unless nobody looks; 0 is offload",
    arguments: ChecksumMode.allCases)
  func header(mode: ChecksumMode) {
    let talk = Conversation()
    talk.originator.datagram("one")
    talk.changeLast { $0 = $0.replacing(14 + 10, with: 0x1234) }
    talk.originator.datagram("two")
    talk.changeLast { $0 = $0.replacing(14 + 10, with: 0) }
    let handler = reassemble(talk.frames, configuration(mode))
    #expect(handler.sockets[0].text(.out) == (mode == .none ? "onetwo" : "two"))
  }

  @Test("UDP without a checksum has none to be wrong", arguments: ChecksumMode.allCases)
  func udp(mode: ChecksumMode) {
    let talk = Conversation()
    let offset = talk.transportOffset + 6
    talk.originator.datagram("none")
    talk.changeLast { $0 = $0.replacing(offset, with: 0) }
    talk.originator.datagram("wrong")
    talk.changeLast { $0 = $0.replacing(offset, with: 0x1234) }
    let handler = reassemble(talk.frames, configuration(mode))
    #expect(handler.sockets[0].text(.out) == (mode == .none ? "nonewrong" : "none"))
    #expect(handler.weirds[.badChecksum] == (mode == .none ? nil : 1))
  }

  @Test("What was cut off cannot be verified, and is taken")
  func cut() {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("abcdef")
    talk.cutLast(by: 1)
    let handler = reassemble(talk.frames, configuration(.all))
    #expect(handler.sockets[0].text(.out) == "abcde")
  }
}
