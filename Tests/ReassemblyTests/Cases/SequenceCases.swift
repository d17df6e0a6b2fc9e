import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of sequence numbers")
struct SequenceCases {
  @Test("seq.wrap_2_32", arguments: Way.all, [UInt32.max, UInt32.max - 11, UInt32.max - 2])
  func wrap(way: Way, initial: UInt32) {
    let talk = Conversation(way.family, initialSequences: (initial, initial &- 1))
    talk.opens()
    for part in ["abc", "defg", "hijkl", "mnopqrstuvw"] { way.sender(in: talk).sends(part) }
    way.receiver(in: talk).acknowledges()
    talk.closes()
    way.expect(talk, [opening + ["\(way.direction) 0 abcdefghijklmnopqrstuvw"] + closing])
  }

  @Test("seq.left_of_window", arguments: Way.all)
  func leftOfWindow(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    receiver.acknowledges()
    sender.sends("abc", at: 0)
    sender.sends("aXc", at: 0)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.lateConflict: 1])
    #expect(handler.sockets[0].last?[way.direction].retransmissions == 2)
  }

  @Test("seq.straddles_window_right", arguments: Way.all)
  func straddlesRight(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    receiver.window = 10
    receiver.acknowledges()
    sender.sends("0123456789abcdef")
    receiver.acknowledges(exactly: 10)
    let weirds: [Weird: Int] = [.windowShrunk: 1, .outOfWindow: 1]
    way.expect(talk, [opening + ["\(way.direction) 0 0123456789"] + inputEnding], weirds)
    receiver.window = 100
    receiver.acknowledges(exactly: 10)
    sender.sends("abcdef", at: 10)
    way.expect(talk, [opening + ["\(way.direction) 0 0123456789abcdef"] + inputEnding], weirds)
  }

  @Test("seq.straddles_left", arguments: Way.all)
  func straddlesLeft(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abcdef")
    way.sender(in: talk).sends("defghi", at: 3)
    way.expect(talk, [opening + ["\(way.direction) 0 abcdefghi"] + inputEnding])
  }

  @Test("seq.acked_unseen", arguments: Way.all)
  func ackedUnseen(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.loses(5)
    sender.sends("after")
    receiver.acknowledges(10)
    for _ in 0..<10 { receiver.acknowledges() }
    let handler = way.expect(
      talk,
      [opening + ["\(way.direction) gap 0+5", "\(way.direction) 5 after"] + inputEnding])
    #expect(handler.sockets[0].ordinal(of: .gap(way.direction, offset: 0, length: 5))! < 16)
  }

  @Test("seq.retransmit_different_unacked", arguments: Way.all)
  func differentUnacked(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).sends("aXc", at: 0)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.overlapConflict: 1])
    #expect(
      handler.notes == [
        WeirdNote(.overlapConflict, way.direction, offset: 1, length: 1, count: 1)
      ])
  }

  @Test("seq.retransmit_different_after_ack", arguments: Way.all)
  func differentAfterACK(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.receiver(in: talk).acknowledges()
    way.sender(in: talk).sends("aXY", at: 0)
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.lateConflict: 1])
    #expect(
      handler.notes == [WeirdNote(.lateConflict, way.direction, offset: 1, length: 2, count: 1)])
  }

  @Test("seq.retransmit_longer", arguments: Way.all)
  func longer(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    way.sender(in: talk).sends("abcdef", at: 0)
    way.expect(talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding])
  }

  @Test("seq.quantum_insert", arguments: Way.all)
  func race(way: Way) {
    let talk = way.opened()
    way.receiver(in: talk).sends("GET /")
    way.sender(in: talk).sends("302 Found: evil")
    way.sender(in: talk).sends("200 OK and more of it", at: 0)
    let handler = way.expect(
      talk,
      [
        opening + [
          "\(way.direction.reversed) 0 GET /", "\(way.direction) 0 302 Found: evil of it",
        ] + inputEnding
      ], [.overlapConflict: 1])
    #expect(handler.notes[0].offset == 0)
  }

  @Test("seq.reorder_deep", arguments: Way.all)
  func deep(way: Way) {
    let talk = Conversation(way.family)
    talk.scalesWindows()
    talk.opens()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    receiver.acknowledges()
    for index in (0..<500).reversed() {
      sender.sends([UInt8](repeating: 65, count: 10), at: index * 10)
    }
    receiver.acknowledges()
    way.expect(
      talk,
      [opening + ["\(way.direction) 0 \(String(repeating: "A", count: 5000))"] + inputEnding])
    // Beyond the budget there is a gap, and a name for it.
    sender.loses(10)
    for _ in 0..<900 { sender.sends([UInt8](repeating: 66, count: 1400)) }
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.weirds == [.reassemblyBudgetReached: 1])
    #expect(handler.sockets[0].gaps(way.direction) == [[5000, 10]])
    #expect(handler.sockets[0].bytes(way.direction).count == 5000 + 900 * 1400)
  }

  @Test("seq.sack_reneging", arguments: Way.all)
  func reneging(way: Way) {
    let talk = Conversation(way.family)
    talk.originator.change = { if $0.flags.contains(.syn) { $0.options.appendSACKPermitted() } }
    talk.responder.change = talk.originator.change
    talk.opens()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("def", at: 3)
    receiver.change = { $0.options.append(kind: TCPOptions.Kind.sack, [0, 0, 0, 1, 0, 0, 0, 4]) }
    receiver.acknowledges(exactly: 0)
    receiver.change = nil
    // It forgets what it had said to have.
    sender.sends("abc", at: 0)
    receiver.acknowledges(exactly: 3)
    sender.sends("def", at: 3)
    receiver.acknowledges()
    way.expect(talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding])
  }

  @Test("seq.overlap_storm", arguments: Way.all)
  func storm(way: Way) {
    let talk = way.opened()
    let sender = way.sender(in: talk)
    for index in 0..<300 { sender.sends("abcd", at: 10 + index % 7) }
    sender.sends("0123456789", at: 0)
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.weirds[.overlapStorm] == 1)
    #expect(handler.weirds[.overlapConflict, default: 0] > 100)
    #expect(handler.sockets[0].text(way.direction).hasPrefix("0123456789abcd"))
  }
}
