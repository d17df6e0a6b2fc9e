import Analysis
import Support
import Testing
import Wire

@testable import Pipeline

@Suite("The chain of analyzers")
struct ChainTests {
  private let diary = Diary()

  private func talk(_ client: Int = 1, _ family: Conversation.Family = .ipv4) -> Conversation {
    let talk = Conversation(family, client: client)
    talk.opens()
    talk.originator.sends("ask")
    talk.responder.sends("answer")
    talk.originator.sends("thanks")
    talk.closes()
    return talk
  }

  @Test("The links are called in their order, for data and for events")
  func order() throws {
    _ = try run(
      talk().frames, [link(ScriptedAnalyzer("a", diary)), link(ScriptedAnalyzer("b", diary))])
    #expect(
      diary.lines.prefix(8) == [
        "a attached", "b attached", "a connecting", "b connecting", "a connected", "b connected",
        "a out ask", "b out ask",
      ])
    #expect(diary.lines.suffix(2) == ["a detached", "b detached"])
    let (first, second) = (
      diary.lines.filter { $0.hasPrefix("a") }.map { $0.dropFirst() },
      diary.lines.filter { $0.hasPrefix("b") }.map { $0.dropFirst() }
    )
    #expect(first == second)
  }

  @Test("A bypass takes out its own link, of its own socket")
  func bypass() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.answer = { $0.bytes == Array("ask".utf8) ? .bypass : .allow }
    let other = talk(2)
    other.waits(seconds: 1)
    _ = try run(talk().frames, [link(first), link(ScriptedAnalyzer("b", diary))])
    #expect(diary.lines.filter { $0.hasPrefix("a ") }.last == "a out ask")
    #expect(diary.lines.contains("b in answer"))
    #expect(diary.lines.contains("b detached"))
  }

  @Test("When the last one who wants data has gone, the end is still right")
  func bypassAll() throws {
    var only = ScriptedAnalyzer("a", diary)
    only.answer = { _ in .bypass }
    let outcome = try run(talk().frames, [link(only)])
    #expect(diary.lines.last == "a out ask")
    #expect(outcome.summary.streamBytes == 15)
  }

  @Test(
    "`direction` leaves out the data of the other one, and no event",
    arguments: [(Direction.out, "in"), (.in, "out")])
  func direction(direction: Direction, absent: String) throws {
    _ = try run(talk().frames, [link(ScriptedAnalyzer("a", diary)) { $0.direction = direction }])
    #expect(diary.lines.contains { $0.hasPrefix("a \(direction) ") })
    #expect(!diary.lines.contains { $0.hasPrefix("a \(absent) ") })
    #expect(diary.lines.last == "a detached")
  }

  @Test("`port` and `net` look at both ends")
  func portAndNetwork() throws {
    let (first, second) = (talk(1), talk(2))
    let cases: [(String, (inout Selection) -> Void, Int)] = [
      ("a port of both", { $0.ports = [80...80] }, 2),
      ("a port of one", { $0.ports = [40_002...40_002] }, 1),
      ("several ports", { $0.ports = [1...2, 40_001...40_001, 40_002...40_009] }, 2),
      ("another port", { $0.ports = [443...443] }, 0),
      ("a network", { $0.networks = [.init(address: IPAddress("10.0.0.0")!, prefixLength: 8)] }, 2),
      (
        "an address", { $0.networks = [.init(address: IPAddress("10.0.0.2")!, prefixLength: 32)] },
        1
      ),
      (
        "another network",
        { $0.networks = [.init(address: IPAddress("192.0.2.0")!, prefixLength: 24)] }, 0
      ),
    ]
    for (name, select, count) in cases {
      let diary = Diary()
      _ = try run(
        merged(first, second), [link(ScriptedAnalyzer("a", diary), select)])
      #expect(diary.lines.filter { $0 == "a attached" }.count == count, "\(name)")
    }
  }

  @Test("`filter` looks at the first packet", arguments: [1, 3, 512])
  func filter(batchSize: Int) throws {
    let cases = [
      "tcp[tcpflags] & tcp-syn != 0": 2, "port 40002": 1, "udp": 0, "src host 10.0.0.1": 1,
    ]
    for (expression, count) in cases {
      let diary = Diary()
      _ = try run(
        merged(talk(1), talk(2)), [link(ScriptedAnalyzer("a", diary)) { $0.filter = expression }],
        batchSize: batchSize)
      #expect(diary.lines.filter { $0 == "a attached" }.count == count, "\(expression)")
    }
  }

  @Test("What a filter cannot be applied to does not match, and the run goes on")
  func filterOfOtherLink() throws {
    var frames = talk().frames
    frames.insert(CapturedFrame([1, 2, 3, 4], at: frames[0].timestamp, linkType: .other), at: 2)
    let outcome = try run(
      frames, [link(ScriptedAnalyzer("a", diary)) { $0.filter = "port 80" }])
    #expect(outcome.sink.frames == frames)
    #expect(diary.lines.last == "a detached")
  }

  @Test("A filter that is no BPF expression is refused before the first packet")
  func badFilter() {
    #expect(throws: (any Error).self) {
      _ = try run([], [link(ScriptedAnalyzer("a", diary)) { $0.filter = "port port" }])
    }
  }

  struct Failure: Error, CustomStringConvertible { var description: String { "it is broken" } }

  @Test("An analyzer that throws at data is taken off that socket, and counted")
  func throwsAtData() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.answer = { if $0.direction == .in { throw Failure() } else { return .allow } }
    let outcome = try run(
      merged(talk(1), talk(2)), [link(first), link(ScriptedAnalyzer("b", diary))])
    #expect(outcome.summary.analyzers[0].failures == 2)
    #expect(outcome.summary.analyzers[0].firstFailure == "it is broken")
    #expect(outcome.summary.analyzers[1].failures == 0)
    #expect(!diary.lines.contains("a out thanks"))
    #expect(diary.lines.filter { $0 == "b out thanks" }.count == 2)
    #expect(diary.lines.filter { $0 == "b detached" }.count == 2)
  }

  @Test("An analyzer that throws at an event is taken off, too")
  func throwsAtEvent() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.onEvent = { if case .connected = $0 { throw Failure() } }
    let outcome = try run(talk().frames, [link(first), link(ScriptedAnalyzer("b", diary))])
    #expect(outcome.summary.analyzers[0].failures == 1)
    #expect(
      diary.lines.filter { $0.hasPrefix("a") } == ["a attached", "a connecting", "a connected"])
    #expect(diary.lines.contains("b out ask"))
  }

  @Test("A link sees what the links in front of it have made of the stream")
  func editsComeDown() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.answer = { $0.direction == .out ? .edit([Edit(0..<1, with: Array("XYZ".utf8))]) : .allow }
    var second = ScriptedAnalyzer("b", diary)
    second.answer = { $0.direction == .in ? .deny : .allow }
    let outcome = try run(
      talk().frames, [link(first), link(second), link(ScriptedAnalyzer("c", diary))])
    #expect(
      diary.lines.filter { $0.hasPrefix("c out") || $0.hasPrefix("c in") }
        == ["c out XYZsk", "c out XYZhanks"])
    #expect(outcome.summary.deferral.edits == 3)
    #expect(outcome.sink.frames.count == 9)
  }

  @Test("Who is interested in events alone is shown no data, and not slowed by holes")
  func eventsOnly() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.loses(5)
    talk.originator.sends("x")
    talk.responder.acknowledges(6)
    talk.closes()
    _ = try run(talk.frames, [link(ScriptedAnalyzer("a", diary, interest: .events))])
    #expect(!diary.lines.contains { $0.hasPrefix("a out ") || $0.contains("gap") })
    #expect(diary.lines.suffix(2) == ["a disconnected fin", "a detached"])
  }

  @Test("Who is interested in data alone is told no event")
  func dataOnly() throws {
    _ = try run(talk().frames, [link(ScriptedAnalyzer("a", diary, interest: .data))])
    #expect(diary.lines == ["a out ask", "a in answer", "a out thanks"])
  }

  @Test("A link that wants nothing of a socket does not stand in the way of the next")
  func notAttached() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.isWanted = { $0.originator.port == 40_002 }
    _ = try run(merged(talk(1), talk(2)), [link(first), link(ScriptedAnalyzer("b", diary))])
    #expect(diary.lines.filter { $0 == "a attached" }.count == 1)
    #expect(diary.lines.filter { $0 == "b attached" }.count == 2)
  }

  @Test("The place of a socket that has gone is clean for the next one")
  func placesAreReused() throws {
    var frames: [CapturedFrame] = []
    for client in 1...300 {
      let talk = talk(client)
      let shift = Int64(client) * 20_000_000_000
      frames += talk.frames.map {
        var frame = $0
        frame.timestamp = frame.timestamp.advanced(by: shift)
        return frame
      }
    }
    var first = ScriptedAnalyzer("a", diary)
    first.isWanted = { $0.originator.port % 2 == 0 }
    _ = try run(frames, [link(first), link(ScriptedAnalyzer("b", diary))])
    for (mark, count) in [("a", 150), ("b", 300)] {
      #expect(diary.lines.filter { $0 == "\(mark) attached" }.count == count)
      #expect(diary.lines.filter { $0 == "\(mark) in answer" }.count == count)
      #expect(diary.lines.filter { $0 == "\(mark) detached" }.count == count)
    }
  }
}

extension LinkType {
  /// USB as Linux captures it: nothing that libpcap knows ports of.
  static let other = LinkType(rawValue: 189)
}
