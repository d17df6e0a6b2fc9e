import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of evasion")
struct EvasionCases {
  @Test("evasion.low_ttl_data", arguments: Way.all)
  func lowTTL(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.hopLimit = 3
    sender.sends("evil!")
    sender.hopLimit = 64
    sender.sends("good!", at: 0)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 evil!"] + inputEnding],
      [.overlapConflict: 1, .ttlAnomaly: 1])
    #expect(handler.notes[1].value == 64)
  }

  @Test("evasion.resync_after_rst", arguments: Way.all)
  func resync(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    sender.resets()
    receiver.segment(
      [.syn, .ack], sequence: 900_000, acknowledgment: sender.sequence(300_000), [])
    sender.sends("def")
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(
      handler.sockets.map(\.transcript)
        == [opening + ["\(way.direction) 0 abcdef"] + inputEnding])
    #expect(handler.weirds[.resetInjectionSuspected] == 1)
  }

  @Test("evasion.overlap_ooo_super", arguments: Way.all)
  func aheadOfHole(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.sends("evil", at: 3)
    sender.sends("good", at: 3)
    sender.sends("abc", at: 0)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcevil"] + inputEnding], [.overlapConflict: 1])
    var last = ReassemblyConfiguration()
    last.tcpPolicy = PolicyMap(.last)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcgood"] + inputEnding], [.overlapConflict: 1], last)
  }

  @Test("evasion.reverse_order_send", arguments: Way.all)
  func reverse(way: Way) {
    let talk = way.opened()
    for index in (0..<26).reversed() {
      way.sender(in: talk).sends([UInt8(97 + index)], at: index)
    }
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcdefghijklmnopqrstuvwxyz"] + inputEnding])
  }

  @Test("evasion.timeout_evasion", arguments: Way.all)
  func timeout(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    receiver.acknowledges()
    talk.waits(seconds: 10_000)
    // Time moves on with packets, of whomever.
    let other = Conversation(way.family, client: 9, start: 1_700_009_000)
    other.opens()
    sender.sends("def")
    let handler = reassemble(merged(talk, other))
    #expect(handler.violations == [])
    #expect(handler.weirds == [.resumedAfterTimeout: 1])
    #expect(handler.sockets[2].first.isMidstream)
    #expect(handler.notes[0].value == handler.sockets[0].first.flowID)
    #expect(handler.sockets[2].text(.out) == "def")
  }

  @Test("evasion.syn_low_ttl_then_real", arguments: Conversation.Family.allCases)
  func fakeSYN(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.originator.hopLimit = 3
    talk.originator.segment([.syn], sequence: 70_000, acknowledgment: 0, [])
    talk.originator.hopLimit = 64
    talk.opens()
    talk.originator.sends("hello")
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 hello"] + inputEnding])
    #expect(handler.weirds == [.multipleSYN: 1])
  }

  @Test("ip.same_tuple_two_vlans, the same packet twice", arguments: Way.all)
  func duplicate(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.identification = 77
    sender.timestamp = 1000
    sender.sends("abc")
    sender.sends("abc", at: 0)
    // A retransmission is another packet.
    sender.identification = 78
    sender.timestamp = 1001
    sender.sends("abc", at: 0)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.duplicateCapture: 1])
    #expect(handler.sockets[0].last?[way.direction].retransmissions == 1)
  }
}
