import Buffers
import Sockets
import Support
import Testing
import Wire

@testable import Reassembly

@Suite("Packet time")
struct TimeTests {
  private func seconds(_ clock: inout PacketClock, _ time: Int64) -> Int64? {
    let timestamp = Timestamp(seconds: time)
    return clock.isDue(timestamp) ? clock.advance(to: timestamp) : nil
  }

  @Test("The clock moves by whole seconds, and not back")
  func clock() {
    var clock = PacketClock()
    #expect(seconds(&clock, 100) == 100)
    #expect(seconds(&clock, 100) == nil)
    #expect(seconds(&clock, 103) == 103)
    #expect(seconds(&clock, 50) == nil)
    #expect(seconds(&clock, 102) == nil)
    #expect(seconds(&clock, 104) == 104)
  }

  @Test("A jump is believed when the next packet confirms it")
  func jump() {
    var clock = PacketClock()
    #expect(seconds(&clock, 100) == 100)
    #expect(seconds(&clock, 1_000_000) == nil)
    #expect(seconds(&clock, 101) == 101)
    #expect(seconds(&clock, 1_000_000) == nil)
    #expect(seconds(&clock, 1_000_001) == 1_000_001)
    #expect(seconds(&clock, 5_000_000) == nil)
    #expect(seconds(&clock, 5_000_000) == 5_000_000)
  }

  @Test(
    "Times at the ends of what can be said trap nothing",
    arguments: [Int64.min, .min + 1, -1, 0, .max - 1, .max])
  func extremes(nanoseconds: Int64) {
    let talk = Conversation()
    talk.opens()
    talk.now = Timestamp(nanoseconds: nanoseconds)
    talk.pace = 0
    talk.originator.sends("abc")
    talk.originator.sends("def")
    talk.sendsFragment([1, 2, 3, 4, 5, 6, 7, 8], from: talk.originator, at: 0, more: true)
    talk.now = Timestamp(seconds: 5)
    talk.originator.sends("ghi")
    let handler = reassemble(talk.frames)
    #expect(handler.violations == [])
    #expect(handler.sockets.map { $0.text(.out) }.joined() == "abcdefghi")
  }

  @Test("A place that is used again and again within a second times out once, when its time comes")
  func reusedPlace() throws {
    // So many that what earlier sockets left in the timers is cleared away.
    var frames: [CapturedFrame] = []
    for number in 0..<3000 {
      let talk = Conversation(initialSequences: (UInt32(number) * 100_000, 800_000), start: 100)
      talk.pace = 0
      talk.opens()
      talk.originator.resets()
      frames += talk.frames
    }
    let handler = reassemble(frames + ticks(from: 101, count: 40))
    #expect(handler.violations == [])
    let sockets = handler.sockets.filter { $0.transcript.contains("disconnected reset") }
    #expect(sockets.count == 3000)
    let ordinal = try #require(sockets.last?.ordinal(of: .detached))
    #expect((15...17).contains(Int(ordinal) - frames.count), "\(ordinal)")
  }

  @Test("What earlier sockets of a place left in the timers is cleared away, even in one slot")
  func staleEntries() {
    var dissections = ReservedArray<Dissection>(capacity: 1)
    dissections.append(Dissection())
    var sockets = ReservedArray<SocketObject>(capacity: 2)
    for index in 0..<2 {
      sockets.append(
        SocketObject(
          dissections.reference(to: 0), at: SocketPlace(shard: 0, index: index),
          packet: PacketInfo(ordinal: 1, timestamp: Timestamp(seconds: 0)), flags: []))
    }
    var wheel = TimerWheel()
    for round in 0..<3000 {
      wheel.schedule(sockets.reference(to: round & 1), at: Int64(10 + round & 1))
    }
    let isStale = wheel.isMostlyStale(with: 2)
    wheel.dropStaleEntries(sockets)
    // There would be too many by now, had any been left.
    for _ in 0..<1020 { wheel.schedule(sockets.reference(to: 0), at: 12) }
    let isStaleAgain = wheel.isMostlyStale(with: 2)
    #expect(isStale && !isStaleAgain)
    let first = wheel.popExpired(until: 11, in: sockets)
    let second = wheel.popExpired(until: 12, in: sockets)
    #expect(first == 1 && second == 0)
  }

  /// One packet of another conversation a second, for a while.
  private func ticks(from start: Int64, count: Int, every step: Int64 = 1) -> [CapturedFrame] {
    let talk = Conversation(client: 99, start: start)
    for _ in 0..<count {
      talk.originator.datagram("tick")
      talk.now = talk.now.advanced(by: step * 1_000_000_000)
    }
    return talk.frames
  }

  @Test(
    "Sockets end after their time",
    arguments: [("opening", 120), ("open", 7440), ("closed", 15), ("reset", 15)]
      as [(String, Int64)])
  func timeouts(state: String, seconds: Int64) throws {
    let talk = Conversation()
    talk.originator.opens()
    if state != "opening" {
      talk.responder.answers()
      talk.originator.acknowledges()
    }
    if state == "closed" { talk.closes() }
    if state == "reset" { talk.originator.resets() }
    let start = talk.frames[0].timestamp.wholeSeconds
    let handler = reassemble(talk.frames + ticks(from: start + 1, count: 800, every: 10))
    #expect(handler.violations == [])
    let ordinal = try #require(handler.sockets[0].ordinal(of: .detached))
    let tick = Int64(ordinal) - Int64(talk.frames.count)
    let end = 1 + (tick - 1) * 10
    #expect((seconds...seconds + 12).contains(end), "\(end)")
  }

  @Test("A packet puts the end off; a socket that is used never ends")
  func refreshed() {
    let talk = Conversation()
    talk.opens()
    for _ in 0..<20 {
      talk.waits(seconds: 3000)
      talk.originator.sends("x")
    }
    #expect(lives(talk).count == 1)
  }

  @Test(
    "A jump over days or years ends what is old, at once and once",
    arguments: [4000, 86_400, 40_000_000, 3_000_000_000] as [Int64])
  func longJump(seconds: Int64) {
    let talks = (1...20).map { Conversation(client: $0) }
    var frames: [CapturedFrame] = []
    for talk in talks {
      talk.originator.opens()
      frames += talk.frames
    }
    let start = talks[0].now.wholeSeconds
    frames += ticks(from: start + seconds, count: 3)
    let handler = reassemble(frames)
    #expect(handler.violations == [])
    for socket in handler.sockets.prefix(20) {
      #expect(socket.events.contains(.disconnected(.timeout)))
      #expect(socket.ordinal(of: .detached) == 22)
    }
  }

  @Test("Sockets with times far ahead do not make a jump a long walk")
  func socketsAhead() {
    // Each is seen once, in 2260, between packets of 2023; then time jumps to 2250.
    var frames: [CapturedFrame] = []
    for client in 1...2000 {
      frames += ticks(from: 1_700_000_000, count: 1)
      let talk = Conversation(client: client + 100, start: 9_150_000_000)
      talk.originator.opens()
      frames += talk.frames
    }
    frames += ticks(from: 8_835_000_000, count: 3)
    let handler = reassemble(frames)
    #expect(handler.violations == [])
    #expect(handler.openCount == 0)
  }

  @Test("Time that goes back stops nothing")
  func back() {
    let first = Conversation(client: 1, start: 1_700_000_000)
    let second = Conversation(client: 2, start: 1_000_000_000)
    for talk in [first, second] {
      talk.opens()
      talk.originator.sends("x")
      talk.closes()
    }
    #expect(
      lives(first.frames + second.frames)
        == Array(repeating: opening + ["out 0 x"] + closing, count: 2))
  }
}
