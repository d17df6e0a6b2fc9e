import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of urgent data")
struct UrgentCases {
  private static let outOfBand = {
    var configuration = ReassemblyConfiguration()
    configuration.urgent = .outOfBand
    return configuration
  }()

  /// A segment whose urgent pointer is `pointer`, and one behind it.
  private func talk(_ way: Way, _ text: String, pointer: UInt16, _ flags: TCPFlags = .urg)
    -> Conversation
  {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.change = { $0.urgentPointer = pointer }
    sender.sends(text, flags)
    sender.change = nil
    sender.sends("def")
    return talk
  }

  @Test("urgent.urg_1_byte_oob", arguments: Way.all)
  func oneByte(way: Way) {
    let direction = way.direction
    let talk = talk(way, "a!bc", pointer: 2)
    let handler = way.expect(
      talk, [opening + ["\(direction) 0 a!bcdef"] + inputEnding], [.urgent: 1])
    #expect(
      handler.notes == [
        WeirdNote(.urgent, direction, offset: 1, length: 1, value: 33, count: 1)
      ])
    way.expect(
      talk, [opening + ["\(direction) 0 abcdef"] + inputEnding], [.urgent: 1], Self.outOfBand)
    // At the end of the segment, and with a pointer of 0.
    let last = self.talk(way, "abc!", pointer: 4)
    way.expect(
      last, [opening + ["\(direction) 0 abcdef"] + inputEnding], [.urgent: 1], Self.outOfBand)
    let zero = self.talk(way, "!abc", pointer: 0)
    way.expect(
      zero, [opening + ["\(direction) 0 abcdef"] + inputEnding], [.urgent: 1], Self.outOfBand)
  }

  @Test("urgent.urg_1_byte_oob, out of order and with a gap", arguments: Way.all)
  func outOfOrder(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.change = { $0.urgentPointer = 1 }
    sender.sends("!de", at: 3, .urg)
    sender.change = nil
    sender.sends("abc", at: 0)
    sender.sends("gap", at: 9)
    receiver.acknowledges(exactly: 12)
    let direction = way.direction
    let handler = way.expect(
      talk,
      [
        opening
          + ["\(direction) 0 abcde", "\(direction) gap 5+3", "\(direction) 8 gap"] + inputEnding
      ], [.urgent: 1], Self.outOfBand)
    #expect(handler.sockets[0].last?[direction].streamBytes == 8)
  }

  @Test("urgent.urg_pointer_beyond_segment", arguments: Way.all)
  func beyond(way: Way) {
    let talk = talk(way, "abc", pointer: 5)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding], [.urgentPending: 1])
    #expect(handler.notes[0].offset == 4)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcdf"] + inputEnding], [.urgentPending: 1],
      Self.outOfBand)
  }

  @Test("urgent.urp_without_flag", arguments: Way.all)
  func pointerAlone(way: Way) {
    way.expect(
      talk(way, "abc", pointer: 2, []), [opening + ["\(way.direction) 0 abcdef"] + inputEnding],
      [:], Self.outOfBand)
  }

  @Test("urgent.urg_no_payload", arguments: Way.all)
  func noPayload(way: Way) {
    way.expect(
      talk(way, "", pointer: 2), [opening + ["\(way.direction) 0 def"] + inputEnding],
      [:], Self.outOfBand)
  }

  @Test("urgent.urg_telnet_synch", arguments: Way.all)
  func telnet(way: Way) {
    // IAC DM, with the mark on DM: its place in the stream stays.
    let talk = way.opened()
    let sender = way.sender(in: talk)
    sender.sends("ls")
    sender.change = { $0.urgentPointer = 2 }
    sender.sends([0xFF, 0xF2], .urg)
    sender.change = nil
    sender.sends("ok")
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [.urgent: 1])
    #expect(
      handler.sockets[0].bytes(way.direction)
        == Array("ls".utf8) + [0xFF, 0xF2] + Array("ok".utf8))
    #expect(handler.notes[0].offset == 3)
  }
}
