import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of checksums and lengths")
struct ChecksumCases {
  private func breakChecksum(of talk: Conversation) {
    talk.changeLast { $0.bytes[talk.transportOffset + 16] ^= 0x0F }
  }

  private func badChecksum(_ way: Way, offset: UInt64, length: UInt64) -> WeirdNote {
    WeirdNote(.badChecksum, way.direction, offset: offset, length: length, count: 1)
  }

  @Test("checksum.bad_checksum_insertion", arguments: Way.all)
  func insertion(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).sends("evil", at: 3)
    breakChecksum(of: talk)
    way.sender(in: talk).sends("good", at: 3)
    let handler = reassemble(talk.frames)
    #expect(way.text(handler) == "abcgood")
    #expect(handler.notes == [badChecksum(way, offset: 3, length: 4)])
  }

  @Test("rst.rst_bad_checksum", arguments: Way.all)
  func reset(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).resets()
    breakChecksum(of: talk)
    way.sender(in: talk).sends("def")
    way.sender(in: talk).peer.sends("ghi")
    talk.closes()
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.notes == [badChecksum(way, offset: 3, length: 0)])
    #expect(way.text(handler) == "abcdef")
    #expect(handler.sockets.first?.text(way.direction.reversed) == "ghi")
    #expect(handler.sockets.first?.last?.disconnectReason == .fin)
  }

  @Test("checksum.udp_like_zero", arguments: Way.all)
  func zero(way: Way) {
    let talk = way.opened()
    let field = talk.transportOffset + 16
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).sends("evil", at: 3)
    talk.changeLast { $0 = $0.replacing(field, with: 0) }
    // One whose checksum comes to 0: the text makes up for the rest.
    way.sender(in: talk).sends([0, 0], at: 3)
    let missing = talk.frames[talk.frames.count - 1].bytes[field..<field + 2]
    talk.changeLast { frame in
      frame.bytes.replaceSubrange(
        talk.transportOffset + 20..<talk.transportOffset + 22, with: missing)
      frame = frame.replacing(field, with: 0)
    }
    for mode in [ChecksumMode.auto, .all] {
      let handler = reassemble(talk.frames, .checksums(mode))
      #expect(handler.sockets.first?.bytes(way.direction) == Array("abc".utf8) + missing)
      #expect(handler.notes == [badChecksum(way, offset: 3, length: 4)])
    }
  }

  @Test("checksum.rsc_gro_merged", arguments: Way.all)
  func merged(way: Way) {
    let talk = way.opened()
    let text = [UInt8].pattern(4 * 1460)
    way.sender(in: talk).sends(text)
    // The checksum is that of the first one that was put into it.
    breakChecksum(of: talk)
    way.sender(in: talk).sends("end")
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [:])
    #expect(handler.sockets.first?.bytes(way.direction) == text + Array("end".utf8))
    let chunks = handler.sockets.first?.notes.compactMap { note -> Int? in
      if case .data(_, _, let bytes, _) = note { return bytes.count }
      return nil
    }
    #expect(chunks == [4 * 1460, 3])
    #expect(handler.sockets.first?.last?[way.direction].packets == (way.isOut ? 4 : 3))
  }

  /// Makes the IP length of the last frame 0, with what belongs to it in a capture of offload.
  private func clearLength(_ way: Way, of talk: Conversation) {
    talk.changeLast { frame in
      let start = talk.networkOffset
      if way.isIPv6 {
        frame = frame.replacing(start + 4, with: 0)
      } else {
        frame = frame.replacing(start + 2, with: 0).replacing(start + 10, with: 0)
      }
    }
  }

  @Test("checksum.tso_ip_len_zero", arguments: Way.all, ChecksumMode.allCases)
  func lengthZero(way: Way, mode: ChecksumMode) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).sends(String(repeating: "d", count: 8000))
    clearLength(way, of: talk)
    way.sender(in: talk).sends("end")
    let handler = RecordingHandler()
    let reassembly = WholeReassembly(.checksums(mode), to: handler)
    reassembly.take(talk.frames)
    reassembly.finish()
    #expect(handler.violations == [])
    #expect(way.text(handler)?.utf8.count == (mode == .all ? 6 : 8006))
    #expect(handler.weirds[.zeroLength] == 1)
    #expect(reassembly.counts.malformedPackets == (mode == .all ? 1 : 0))
  }

  @Test("checksum.tso_ip_len_zero: too small", arguments: Way.all, ChecksumMode.allCases)
  func lengthZeroOfSmall(way: Way, mode: ChecksumMode) {
    let talk = way.opened()
    way.sender(in: talk).sends("evil")
    clearLength(way, of: talk)
    way.sender(in: talk).sends("good", at: 0)
    let handler = reassemble(talk.frames, .checksums(mode))
    #expect(way.text(handler) == (mode == .none ? "evil" : "good"))
    #expect(handler.weirds[.zeroLength] == 1)
  }

  @Test("checksum.tso_ip_len_zero: cut by a snap length", arguments: Way.all)
  func lengthZeroCut(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends(String(repeating: "d", count: 3000))
    clearLength(way, of: talk)
    talk.cutLast(by: 2900)
    way.sender(in: talk).sends("end")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.first?.gaps(way.direction) == [[100, 2900]])
    #expect(way.text(handler)?.utf8.count == 103)
  }

  @Test("checksum.truncated_capture", arguments: Way.all)
  func truncated(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("0123456789")
    talk.cutLast(by: 4)
    way.sender(in: talk).sends("abc")
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    let name = "\(way.direction)"
    #expect(
      handler.sockets.first?.transcript.filter { $0.hasPrefix(name) }
        == ["\(name) 0 012345", "\(name) gap 6+4", "\(name) 10 abc"])
    #expect(handler.weirds == [.truncatedSegment: 1])
  }

  @Test("evasion.ip_len_short", arguments: Way.all)
  func lengthShort(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    // What lies behind the IP packet is not of it, whatever it looks like.
    talk.changeLast { frame in
      frame.bytes += Array("EVIL".utf8)
      frame.originalLength += 4
    }
    way.sender(in: talk).sends("def")
    let handler = reassemble(talk.frames)
    #expect(way.text(handler) == "abcdef")
    #expect(handler.weirds == [:])
    #expect(handler.sockets.first?.gaps(way.direction) == [])
  }
}
