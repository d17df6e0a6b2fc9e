import Analysis
import Analyzers
import Checking
import Support
import Testing
import Wire

@testable import Pipeline

/// Connections whose sockets have gone, and that are heard of once more: what was changed of their
/// streams stays changed.
@Suite("Connections that have gone")
struct DepartureTests {
  private static func replace(_ find: String, _ with: String) throws -> [ChainLink] {
    let settings = ["find": find, "with": with].mapValues { Array($0.utf8) }
    let options = try Options(settings, settings: ReplaceAnalyzer.settings)
    return [ChainLink(name: "replace", analyzer: try ReplaceAnalyzer(options))]
  }

  private static let replacements = ["bartholomew", "al", "", "ecila"]

  /// A conversation with a word before and behind a silence in which others talk.
  private static func interrupted(
    _ family: Conversation.Family, _ sequences: (UInt32, UInt32) = (1000, 5000)
  ) -> [CapturedFrame] {
    let talk = Conversation(family, initialSequences: sequences)
    talk.scalesWindows()
    talk.opens()
    talk.originator.sends("hello alice")
    talk.responder.acknowledges()
    talk.responder.sends("alice here")
    talk.originator.acknowledges()
    talk.waits(seconds: 10_000)
    talk.responder.sends("still alice")
    talk.originator.acknowledges()
    talk.originator.sends("and alice too")
    talk.responder.acknowledges()
    talk.closes()
    return merged(talk, Self.ticking(from: 1_700_000_100, to: 1_700_011_000))
  }

  /// Somebody else, every five minutes.
  private static func ticking(from start: Int64, to end: Int64) -> Conversation {
    let other = Conversation(client: 99, start: start)
    while other.now.wholeSeconds < end {
      other.originator.datagram("tick")
      other.waits(seconds: 300)
    }
    return other
  }

  /// Nothing is wrong with it, and it is what was said with the words replaced.
  private static func expectValid(
    _ outcome: Outcome, _ frames: [CapturedFrame], word: String, _ comment: Comment
  ) {
    #expect(judge(frames).errors.isEmpty, comment)
    let errors = judge(outcome.sink.frames).errors.map(\.name)
    #expect(errors.isEmpty, "\(comment): \(errors)")
    let before = Self.texts(of: frames).mapValues { $0.replacing("alice", with: word) }
    #expect(Self.texts(of: outcome.sink.frames) == before, comment)
  }

  /// What each end says, however many sockets there are.
  private static func texts(of frames: [CapturedFrame]) -> [String: String] {
    var texts: [String: String] = [:]
    for socket in reassemble(frames).sockets where socket.first.transport == .tcp {
      texts[socket.first.originator.description, default: ""] += socket.text(.out)
      texts[socket.first.responder.description, default: ""] += socket.text(.in)
    }
    return texts
  }

  @Test(
    "One that is silent for longer than the timeout and goes on keeps the numbers of the edited stream",
    arguments: Conversation.Family.allCases, replacements)
  func idle(family: Conversation.Family, word: String) throws {
    for sequences: (UInt32, UInt32) in [(1000, 5000), (.max - 15, .max - 8)] {
      let frames = Self.interrupted(family, sequences)
      let outcome = try run(frames, Self.replace("alice", word))
      #expect(outcome.summary.deferral.edits == 4)
      Self.expectValid(outcome, frames, word: word, "\(sequences) \(word)")
    }
  }

  @Test(
    "A window that was announced before a silence is not taken back behind it",
    arguments: replacements)
  func windows(word: String) throws {
    let talk = Conversation()
    talk.scalesWindows(by: 0)
    talk.opens()
    talk.originator.sends("hello alice")
    talk.responder.window = 600
    talk.responder.acknowledges()
    talk.originator.sends("alice again")
    talk.waits(seconds: 10_000)
    talk.responder.window = 589
    talk.responder.acknowledges()
    talk.closes()
    let frames = merged(talk, Self.ticking(from: 1_700_000_100, to: 1_700_011_000))
    let outcome = try run(frames, Self.replace("alice", word))
    Self.expectValid(outcome, frames, word: word, "\(word)")
  }

  @Test("FINs, data and resets that come long after the end belong to it", arguments: replacements)
  func late(word: String) throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("hello alice, how are you")
    talk.responder.acknowledges()
    talk.closes()
    let end = talk.originator.sent
    for seconds: Int64 in [20, 40, 80, 160] {
      talk.waits(seconds: seconds)
      talk.originator.sends("you", at: end - 3)
      talk.responder.segment(
        [.fin, .ack], sequence: talk.responder.sequence(0),
        acknowledgment: talk.originator.sequence(end + 1), [])
      talk.originator.acknowledges()
    }
    talk.originator.resets()
    let frames = merged(talk, Self.ticking(from: 1_700_000_001, to: 1_700_000_400))
    let outcome = try run(frames, Self.replace("alice", word))
    #expect(outcome.summary.tcpSockets == 1)
    #expect(outcome.summary.weirds["late_repetition"] ?? 0 > 0)
    let errors = Set(judge(outcome.sink.frames).errors.map(\.name))
    #expect(errors == Set(judge(frames).errors.map(\.name)), "\(errors)")
  }

  @Test(
    "The next connection on the ports of one that never closed has numbers of its own",
    arguments: replacements, [0, 200, 1_000_000])
  func unclosed(word: String, pause: Int64) throws {
    let first = Conversation()
    first.opens()
    first.originator.sends("hello alice")
    first.responder.acknowledges()
    let end = first.now.wholeSeconds + pause + 1
    let next = Conversation(initialSequences: (90_000_000, 5_000_000), start: end)
    next.opens()
    next.originator.sends("alice again")
    next.responder.acknowledges()
    next.closes()
    let frames = first.frames + next.frames
    let outcome = try run(frames, Self.replace("alice", word))
    #expect(outcome.summary.deferral.edits == 2)
    #expect(judge(outcome.sink.frames).errors.isEmpty)
    #expect(outcome.sink.frames.dropFirst(5).prefix(3) == next.frames.prefix(3))
  }

  @Test(
    "The next connection on the ports of one that was dropped is not", arguments: [0, 5, 1_000])
  func nextAfterDrop(pause: Int64) throws {
    let first = Conversation()
    first.opens()
    first.originator.sends("hello alice")
    let next = Conversation(
      initialSequences: (90_000_000, 5_000_000), start: first.now.wholeSeconds + pause + 1)
    next.opens()
    next.originator.sends("hello bob")
    next.responder.acknowledges()
    next.closes()
    let settings = ["find": Array("alice".utf8), "action": Array("drop".utf8)]
    let options = try Options(settings, settings: DenyMatchAnalyzer.settings)
    let outcome = try run(
      first.frames + next.frames,
      [ChainLink(name: "deny-match", analyzer: try DenyMatchAnalyzer(options))])
    #expect(outcome.sink.frames == first.frames.prefix(3) + next.frames)
  }

  @Test("What the next connection offers in its SYN holds, where the one before never closed")
  func offersOfNext() throws {
    let first = Conversation()
    first.opens()
    first.originator.sends("hello")
    first.responder.acknowledges()
    let next = Conversation(
      initialSequences: (90_000_000, 5_000_000), start: first.now.wholeSeconds + 5)
    next.scalesWindows(by: 2)
    (next.originator.timestamp, next.responder.timestamp) = (1, 1)
    next.opens()
    next.responder.sends(String(repeating: "alice ", count: 240))
    next.originator.acknowledges()
    next.closes()
    let frames = first.frames + next.frames
    for word in ["bartholomew", ""] {
      let outcome = try run(frames, Self.replace("alice", word))
      #expect(outcome.summary.deferral.edits == 240)
      #expect(judge(outcome.sink.frames).errors.isEmpty)
    }
  }

  @Test("Of connections that were dropped nothing comes later, however many there are")
  func manyDropped() throws {
    let talks = (0..<12_000).map { Conversation(client: $0) }
    for talk in talks {
      talk.opens()
      talk.originator.sends("hello alice")
      talk.responder.acknowledges()
    }
    let first = talks.flatMap(\.frames)
    for talk in talks {
      talk.waits(seconds: 60)
      talk.originator.sends("and more")
      talk.responder.acknowledges()
      talk.closes()
    }
    let frames = first + talks.flatMap { $0.frames.dropFirst(5) }
    let settings = ["find": Array("alice".utf8), "action": Array("drop".utf8)]
    let options = try Options(settings, settings: DenyMatchAnalyzer.settings)
    let chain = [ChainLink(name: "deny-match", analyzer: try DenyMatchAnalyzer(options))]
    for (memory, isReached) in [(32 << 20, true), (256 << 20, false)] {
      let outcome = try run(frames, chain) { $0.memory = memory }
      #expect(outcome.summary.deferral.droppedFlows == 12_000)
      #expect((outcome.summary.weirds["departure_budget_reached"] ?? 0 > 0) == isReached)
      #expect(outcome.sink.frames == talks.flatMap { $0.frames.prefix(3) })
    }
  }
}
