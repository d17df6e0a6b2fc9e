import Reassembly
import Sockets
import Support
import Testing
import Wire

/// Captures that lack much: acknowledgements, more than a window, most of a transfer.
@Suite("Great losses of the capture")
struct LossTests {
  private static func bytes(_ count: Int, _ number: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) }
  }

  @Test(
    "Where no acknowledgement was captured all is data", arguments: Conversation.Family.allCases)
  func noAcknowledgments(family: Conversation.Family) {
    let talk = Conversation(family)
    talk.opens()
    for number in 0..<60 { talk.originator.sends(Self.bytes(1400, number)) }
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.sockets[0].last?.out.streamBytes == 84_000)
    #expect(handler.weirds == [.acknowledgmentsNotCaptured: 1])
  }

  @Test("So it is where only the last packet acknowledges it")
  func lateAcknowledgment() {
    let talk = Conversation()
    talk.opens()
    for number in 0..<200 { talk.originator.sends(Self.bytes(1400, number)) }
    talk.responder.acknowledges()
    talk.closes()
    let handler = reassemble(talk.frames)
    #expect(handler.sockets[0].last?.out.streamBytes == 280_000)
    #expect(handler.sockets[0].last?.out.gapBytes == 0)
    #expect(handler.weirds[.acknowledgmentsNotCaptured] == 1)
  }

  @Test("What lies beyond the window of an end that is heard is no data")
  func heardReceiver() {
    let talk = Conversation()
    talk.responder.window = 1000
    talk.opens()
    talk.originator.sends(Self.bytes(1000))
    talk.originator.sends(Self.bytes(1000, 1))
    talk.responder.acknowledges(1000)
    talk.responder.acknowledges(1000)
    talk.originator.sends(Self.bytes(1000, 2), at: 1000)
    talk.responder.acknowledges(2000)
    let handler = reassemble(talk.frames)
    let data = handler.sockets[0].bytes(.out)
    #expect(data == Self.bytes(1000) + Self.bytes(1000, 2))
    #expect(handler.weirds[.outOfWindow] != nil)
  }

  /// A talk in which both ends go on behind a loss of so many bytes.
  private static func interrupted(by loss: Int, rounds: Int = 20) -> Conversation {
    let talk = Conversation()
    talk.scalesWindows(by: 2)
    talk.opens()
    for number in 0..<rounds {
      if number == 5 {
        talk.originator.loses(loss)
        talk.responder.received = talk.originator.sent
      }
      talk.originator.sends(bytes(1000, number))
      talk.responder.acknowledges(talk.originator.sent)
    }
    return talk
  }

  @Test(
    "More than a window is one gap where both ends go on to agree",
    arguments: [500_000, 100_000_000, 3_000_000_000])
  func loss(count: Int) {
    let handler = reassemble(Self.interrupted(by: count).frames)
    let socket = handler.sockets[0]
    #expect(handler.violations == [])
    #expect(socket.last?.out.streamBytes == 20_000)
    #expect(socket.last?.out.gaps == 1)
    #expect(socket.last?.out.gapBytes == UInt64(count))
    if count > 1 << 20 {
      #expect(handler.weirds[.lossBeyondWindow] == 1)
    }
  }

  @Test("A segment from nowhere carries no stream away")
  func forged() {
    let talk = Conversation()
    talk.opens()
    for number in 0..<20 {
      talk.originator.sends(Self.bytes(100, number))
      talk.responder.acknowledges()
      talk.originator.segment(
        [.ack], sequence: talk.originator.sequence(50_000_000 + number * 100),
        acknowledgment: talk.responder.sequence(0), Self.bytes(100))
    }
    let handler = reassemble(talk.frames)
    #expect(handler.sockets[0].last?.out.streamBytes == 2000)
    #expect(handler.sockets[0].last?.out.gaps == 0)
  }

  @Test("Of a transfer of gibibytes a few packets tell how long it was")
  func sampled() {
    let talk = Conversation()
    talk.scalesWindows(by: 14)
    talk.opens()
    let (count, total) = (20, 5_416_666_670)
    for number in 1...count {
      talk.originator.sent = total / count * number - 1400
      talk.originator.sends(Self.bytes(1400, number))
      talk.responder.received = talk.originator.sent
      talk.responder.acknowledges(talk.originator.sent)
    }
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.sockets[0].last?.out.sentBytes == UInt64(total / count * count))
  }
}
