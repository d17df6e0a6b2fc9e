import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of options and flags")
struct OptionCases {
  /// An open connection with timestamps: 1000 of both ends.
  private func stamped(_ way: Way) -> (Conversation, sender: End, receiver: End) {
    let talk = Conversation(way.family)
    talk.originator.timestamp = 1000
    talk.responder.timestamp = 1000
    talk.opens()
    return (talk, way.sender(in: talk), way.receiver(in: talk))
  }

  @Test("options.paws_old_ts", arguments: Way.all)
  func outdated(way: Way) {
    let (talk, sender, _) = stamped(way)
    sender.timestamp = 1010
    sender.sends("abc")
    sender.timestamp = 500
    sender.sends("evil", at: 3)
    sender.timestamp = 1020
    sender.sends("good", at: 3)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcgood"] + inputEnding], [.pawsReject: 1])
  }

  @Test("options.ts_zero_in_handshake", arguments: Way.all)
  func zero(way: Way) {
    let talk = Conversation(way.family)
    way.sender(in: talk).timestamp = 0
    way.receiver(in: talk).timestamp = 77
    talk.opens()
    way.sender(in: talk).timestamp = 5
    way.sender(in: talk).sends("abc")
    way.expect(talk, [opening + ["\(way.direction) 0 abc"] + inputEnding])
  }

  @Test("options.ts_idle_24_days", arguments: Way.all)
  func idle(way: Way) {
    var patient = ReassemblyConfiguration()
    patient.timeouts.established = 100 * 86_400
    let (talk, sender, _) = stamped(way)
    sender.sends("abc")
    talk.waits(seconds: 23 * 86_400)
    sender.timestamp = 10
    sender.sends("evil", at: 3)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.pawsReject: 1], patient)
    talk.waits(seconds: 25 * 86_400)
    sender.sends("good", at: 3)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcgood"] + inputEnding], [.pawsReject: 1], patient)
  }

  @Test("options.ts_last_ack_rule", arguments: Way.all)
  func lastACK(way: Way) {
    let (talk, sender, _) = stamped(way)
    sender.sends("abc")
    // It overtook the one before it, and so does not move TS.Recent.
    sender.timestamp = 1020
    sender.sends("ghi", at: 6)
    sender.timestamp = 1010
    sender.sends("def", at: 3)
    way.expect(talk, [opening + ["\(way.direction) 0 abcdefghi"] + inputEnding])
  }

  @Test("options.md5_signed_flow", arguments: Way.all)
  func signed(way: Way) {
    let talk = Conversation(way.family)
    talk.originator.signs()
    talk.responder.signs()
    talk.opens()
    let sender = way.sender(in: talk)
    sender.sends("abc")
    sender.change = nil
    sender.sends("evil", at: 3)
    sender.signs()
    sender.sends("good", at: 3)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abcgood"] + inputEnding],
      [.authFlow: 1, .authOptionMissing: 1])
    #expect(handler.notes[0].value == 19)
  }

  @Test("options.md5_option_insertion", arguments: Way.all)
  func insertion(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    sender.signs()
    sender.sends("sign", at: 3)
    sender.change = nil
    let signed = talk.frames.count
    sender.sends("good", at: 3)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcgood"] + inputEnding], [.authOptionUnexpected: 1])
    // A receiver that does not look at signatures acknowledges it.
    receiver.acknowledges()
    let frames = Array(talk.frames[..<signed]) + talk.frames.suffix(1)
    let handler = reassemble(frames)
    #expect(
      handler.sockets.map(\.transcript)
        == [opening + ["\(way.direction) 0 abcsign"] + inputEnding])
  }

  @Test("options.sack_not_permitted", arguments: Way.all)
  func sack(way: Way) {
    // As they usually stand, too, behind two bytes of padding.
    for padding in [0, 2] {
      let talk = way.opened()
      let sender = way.sender(in: talk)
      sender.change = {
        for _ in 0..<padding { $0.options.appendNoOperation() }
        $0.options.append(kind: TCPOptions.Kind.sack, [0, 0, 0, 1, 0, 0, 0, 4])
      }
      sender.acknowledges()
      way.expect(talk, [opening + inputEnding], [.optionMisplaced: 1])
    }
  }

  @Test("options.option_len_zero", arguments: Way.all)
  func lengthZero(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.change = { header in
      ([30, 0, 0, 0] as [UInt8]).withRawSpan { _ = header.options.append(raw: $0) }
    }
    sender.sends("abc")
    way.expect(talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.badOption: 1])
  }

  @Test("options.uto_option", arguments: Way.all)
  func userTimeout(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.change = { $0.options.append(kind: 28, [1]) }
    sender.sends("abc")
    way.expect(talk, [opening + ["\(way.direction) 0 abc"] + inputEnding])
  }

  @Test("options.mss_violation", arguments: Way.all)
  func segmentSize(way: Way) {
    let talk = Conversation(way.family)
    way.receiver(in: talk).change = { header in
      guard header.flags.contains(.syn) else { return }
      header.options.removeAll()
      header.options.appendMaximumSegmentSize(500)
    }
    talk.opens()
    way.sender(in: talk).sends([UInt8](repeating: 65, count: 500))
    way.sender(in: talk).sends([UInt8](repeating: 65, count: 501))
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [.segmentSizeExceeded: 1])
    #expect(handler.sockets[0].bytes(way.direction).count == 1001)
  }

  @Test("options.mptcp_join", arguments: Conversation.Family.allCases)
  func join(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.change = {
      guard $0.flags == [.syn] else { return }
      $0.options.append(
        kind: TCPOptions.Kind.multipath, [0x10, 2, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4])
    }
    talk.opens()
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [.multipathJoin: 1])
    #expect(handler.notes[0].value == 0xDEAD_BEEF)
  }

  @Test("options.accecn_ace_bits", arguments: Way.all)
  func accurateECN(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc", [.ece, .cwr])
    talk.setsReservedBits(0x01)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [:], .checksums(.none))
  }

  @Test("options.reserved_bits", arguments: Way.all)
  func reserved(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    talk.setsReservedBits(0x06)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.reservedBits: 1],
      .checksums(.none))
    #expect(handler.notes[0].value == 6)
  }
}

extension Conversation {
  /// Sets bits beside the data offset of the last segment; its checksum is wrong then.
  fileprivate func setsReservedBits(_ bits: UInt8) {
    changeLast { $0.bytes[transportOffset + 12] |= bits }
  }
}
