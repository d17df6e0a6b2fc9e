import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("Cases of windows")
struct WindowCases {
  /// The receiver has three bytes and takes no more.
  private func closed(_ way: Way) -> (Conversation, sender: End, receiver: End) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    receiver.window = 0
    receiver.acknowledges()
    return (talk, sender, receiver)
  }

  @Test("window.zero_window_probe", arguments: Way.all)
  func probe(way: Way) {
    let weirds: [Weird: Int] = [.windowShrunk: 1, .zeroWindowProbe: 1]
    let (talk, sender, receiver) = closed(way)
    sender.sends("d", at: 3)
    receiver.acknowledges(exactly: 3)
    way.expect(talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], weirds)
    // Not taken, and so sent again.
    receiver.window = 100
    receiver.acknowledges(exactly: 3)
    sender.sends("def", at: 3)
    way.expect(talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding], weirds)
    // Taken, and so not sent again.
    let (other, sends, takes) = closed(way)
    sends.sends("d", at: 3)
    takes.window = 100
    takes.acknowledges(exactly: 4)
    sends.sends("ef", at: 4)
    way.expect(other, [opening + ["\(way.direction) 0 abcdef"] + inputEnding], weirds)
  }

  @Test("window.data_in_zero_window", arguments: Way.all)
  func dataInZeroWindow(way: Way) {
    let (talk, sender, receiver) = closed(way)
    sender.sends("evil", at: 3)
    receiver.acknowledges(exactly: 3)
    receiver.window = 100
    receiver.acknowledges(exactly: 3)
    sender.sends("good", at: 3)
    way.expect(
      talk, [opening + ["\(way.direction) 0 abcgood"] + inputEnding],
      [.windowShrunk: 1, .outOfWindow: 1])
  }

  @Test("window.keepalive_1_byte", arguments: Way.all)
  func keepalive(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    receiver.acknowledges()
    sender.sends("?", at: 2)
    receiver.acknowledges()
    sender.sends("def")
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding], [.keepalive: 1])
    #expect(handler.notes[0].direction == way.direction)
  }

  @Test("window.keepalive_ack", arguments: Way.all)
  func keepaliveACK(way: Way) {
    let talk = way.opened()
    way.sender(in: talk).sends("abc")
    for _ in 0..<5 { way.receiver(in: talk).acknowledges() }
    way.expect(talk, [opening + ["\(way.direction) 0 abc"] + inputEnding])
  }

  @Test("window.window_shrink", arguments: Way.all)
  func shrink(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("abc")
    receiver.acknowledges()
    receiver.window = 1000
    receiver.acknowledges()
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.windowShrunk: 1])
    #expect(handler.notes[0].direction == way.direction.reversed)
    #expect(handler.notes[0].length == 65_535 - 1000)
  }

  @Test("window.wscale_only_one_side", arguments: Way.all)
  func oneSide(way: Way) {
    let talk = Conversation(way.family)
    way.receiver(in: talk).windowScale = 7
    talk.opens()
    way.receiver(in: talk).window = 5
    way.receiver(in: talk).acknowledges()
    way.sender(in: talk).sends("0123456789")
    way.expect(
      talk, [opening + ["\(way.direction) 0 01234"] + inputEnding],
      [.windowShrunk: 1, .outOfWindow: 1])
  }

  @Test("window.wscale_gt_14", arguments: Way.all)
  func excessive(way: Way) {
    let talk = Conversation(way.family)
    talk.scalesWindows(by: 7)
    way.sender(in: talk).windowScale = 200
    talk.opens()
    way.sender(in: talk).sends("abc")
    let handler = way.expect(
      talk, [opening + ["\(way.direction) 0 abc"] + inputEnding], [.windowScaleBad: 1])
    #expect(handler.sockets[0].last?[way.direction].windowScale == 14)
  }

  @Test("window.syn_window_unscaled", arguments: Conversation.Family.allCases)
  func unscaled(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.scalesWindows()
    talk.responder.window = 5
    talk.opens()
    talk.originator.sends("0123456789")
    talk.responder.acknowledges(5)
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [.outOfWindow: 1])
    #expect(handler.sockets.map(\.transcript) == [opening + ["out 0 01234"] + inputEnding])
    // The next one is scaled.
    talk.originator.sends("56789 and more of it than 5 bytes", at: 5)
    #expect(
      lives(talk) == [opening + ["out 0 0123456789 and more of it than 5 bytes"] + inputEnding])
  }

  @Test("window.window_update_only", arguments: Way.all)
  func update(way: Way) {
    let talk = way.opened()
    let receiver = way.receiver(in: talk)
    receiver.window = 60_000
    way.sender(in: talk).sends([UInt8](repeating: 65, count: 10_000))
    receiver.acknowledges()
    receiver.window = 65_535
    receiver.acknowledges()
    #expect(reassemble(talk.frames).weirds == [:])
  }

  @Test("window.dup_ack", arguments: Way.all)
  func duplicateACK(way: Way) {
    let talk = way.opened()
    let (sender, receiver) = (way.sender(in: talk), way.receiver(in: talk))
    sender.sends("def", at: 3)
    for _ in 0..<3 { receiver.acknowledges(exactly: 0) }
    sender.sends("abc", at: 0)
    receiver.acknowledges()
    way.expect(talk, [opening + ["\(way.direction) 0 abcdef"] + inputEnding])
  }
}
