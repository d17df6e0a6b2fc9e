import Analysis
import Analyzers
import Checking
import Dispatch
import Foundation
import Generation
import Support
import Testing
import Wire

@testable import Pipeline

/// A written capture whose streams were changed is a capture of the changed streams.
@Suite("Edited captures")
struct EditingTests {
  private static func link(_ analyzer: any Analyzer, _ name: String) -> ChainLink {
    ChainLink(name: name, analyzer: analyzer)
  }

  private static func trial(_ settings: [String: String]) throws -> ChainLink {
    let options = try Options(
      settings.mapValues { Array($0.utf8) }, settings: TrialAnalyzer.settings)
    return link(try TrialAnalyzer(options), "trial")
  }

  private static func digests(_ outcome: Outcome) -> [String] {
    outcome.log.records.compactMap { record in
      guard let digest = record["digest"] as? [String: Any] else { return nil }
      let ends = ["originator", "responder"].map { end -> String in
        let stream = digest[end] as? [String: Any] ?? [:]
        return "\(stream["bytes"] ?? "") \(stream["sha256"] ?? "") \(stream["gaps"] ?? "")"
      }
      return "\(record["src_port"] ?? "") \(ends)"
    }.sorted()
  }

  private static func digestLink() throws -> ChainLink {
    link(try DigestAnalyzer(Options()), "digest")
  }

  private static func workload(
    _ workload: Workload, _ bytes: Int, seed: UInt64
  ) -> [CapturedFrame] {
    let sink = MemorySink()
    var options = GenerationOptions(bytes: bytes, seed: seed)
    if workload == .http { options.connections = 6 }
    _ = try? generate(workload, options: options, into: sink)
    return sink.frames
  }

  /// `SLUICE_EDITS=1000` for so many of them.
  private static var count: UInt64 {
    ProcessInfo.processInfo.environment["SLUICE_EDITS"].flatMap { UInt64($0) } ?? 60
  }

  @Test("Read again they have the edited streams, whatever was lost, repeated and out of order")
  func readAgain() throws {
    for seed in 1...Self.count {
      var random = SeededGenerator(seed: seed)
      let workload: Workload = [.adverse, .adverse, .http].randomElement(using: &random)!
      let frames = Self.workload(
        workload, Int.random(in: 5000...60_000, using: &random), seed: seed)
      let density = [3, 20, 150, 1000, 5000].randomElement(using: &random)!
      var trials = ["edits": String(density), "seed": String(seed)]
      if Bool.random(using: &random) {
        trials["peek"] = String(Int.random(in: 1...3000, using: &random))
      }
      var chain = [try Self.trial(trials)]
      if Int.random(in: 0...2, using: &random) == 0 {
        chain.append(try Self.trial(["edits": "100", "seed": String(seed &+ 1000)]))
      }
      chain.append(try Self.digestLink())
      let edited = try run(frames, chain) { $0.checksums = .none }
      let again = try run(edited.sink.frames, [try Self.digestLink()]) { $0.checksums = .all }
      #expect(Self.digests(edited) == Self.digests(again), "seed \(seed): \(workload) \(trials)")
      #expect(again.summary.badChecksums == 0, "seed \(seed)")
      // Nothing is wrong with it as TCP that was not wrong before.
      let faults = Set(judge(frames).errors.map(\.name))
      let newFaults = Set(judge(edited.sink.frames).errors.map(\.name)).subtracting(faults)
      #expect(newFaults.isEmpty, "seed \(seed): \(workload) \(trials)")
      #expect(edited.summary.deferral.edits > 0 || density > 150, "seed \(seed)")
    }
  }

  @Test("With a rule that changes nothing the packets are those of the input")
  func identity() throws {
    let frames = Self.workload(.adverse, 50_000, seed: 5)
    let outcome = try run(frames, [try Self.trial(["peek": "2000"])]) { $0.checksums = .none }
    #expect(outcome.sink.frames == frames)
  }

  @Test("They are the same for every number of workers", arguments: [2, 7])
  func workers(count: Int) throws {
    let frames = Self.workload(.http, 60_000, seed: 3)
    let chain = [try Self.trial(["edits": "90"]), try Self.digestLink()]
    let one = try run(frames, chain) { $0.workers = 1 }
    let several = try run(frames, chain) { $0.workers = count }
    #expect(one.sink.frames == several.sink.frames)
    #expect(one.log.bytes == several.log.bytes)
    #expect(one.sink.frames != frames)
  }
}

/// Puts bytes into both directions, at moments of its own.
private final class Injector: Analyzer, SocketAnalyzer {
  static let name = "injector"
  static let summary = "for tests"
  init(_ options: Options) {}
  init() {}
  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { self }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    if chunk.bytes.count > 2 { context.inject("<".utf8, into: chunk.direction) }
    context.inject("!".utf8, into: chunk.direction.reversed)
    return chunk.bytes[0] == UInt8(ascii: "a")
      ? .replacing(0..<1, with: "AAA".utf8) : chunk.appending(">".utf8)
  }

  func event(_ event: SocketEvent, _ context: inout Context) {
    if case .connected = event { context.inject("220 hello\r\n".utf8, into: .in) }
    if event == .cantSendMore { context.inject("bye".utf8, into: .out) }
  }
}

@Suite("Bytes that are put into a stream")
struct ContextInjectionTests {
  @Test(
    "They leave with what comes next in their direction", arguments: Conversation.Family.allCases)
  func inject(family: Conversation.Family) throws {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.sends("ask")
    talk.responder.sends("reply")
    talk.originator.sends("more")
    talk.closes()
    let injector = ChainLink(name: "injector", analyzer: Injector())
    let diary = Diary()
    let outcome = try run(talk.frames, [injector, link(ScriptedAnalyzer("b", diary))])
    #expect(outcome.summary.analyzers[0].obstacles.isEmpty)
    let again = Diary()
    _ = try run(outcome.sink.frames, [link(ScriptedAnalyzer("b", again))])
    func stream(_ diary: Diary, _ direction: String) -> String {
      diary.lines.filter { $0.hasPrefix("b \(direction) ") }.map {
        String($0.dropFirst(3 + direction.count))
      }
      .joined()
    }
    #expect(stream(again, "out") == "<AAAsk!<more>bye")
    #expect(stream(again, "in") == "220 hello\r\n!<reply>!")
    #expect(stream(diary, "out") == stream(again, "out"))
    #expect(stream(diary, "in") == stream(again, "in"))
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }

  @Test("What is put in by who is shown data ahead waits for its turn")
  func injectAhead() throws {
    let talk = Conversation()
    talk.opens()
    for word in ["one", "two", "three"] { talk.originator.sends(word) }
    talk.closes()
    let late = ChainLink(name: "late", analyzer: LateInjector())
    let outcome = try run(talk.frames, [late])
    let diary = Diary()
    _ = try run(outcome.sink.frames, [link(ScriptedAnalyzer("b", diary))])
    let text = diary.lines.filter { $0.hasPrefix("b out ") }.map { $0.dropFirst(6) }.joined()
    #expect(text == "<=ne<=wo<=hree")
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }
}

/// Answers late, and puts something in at once.
private final class LateInjector: Analyzer, SocketAnalyzer {
  static let name = "late"
  static let summary = "for tests"
  init(_ options: Options) {}
  init() {}
  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { self }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
    context.inject("<".utf8, into: chunk.direction)
    let held = context.hold(chunk)
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) {
      held.answer(.replacing(0..<1, with: "=".utf8))
    }
    return .pending
  }

  @Test("Numbers that were written before the first text of a direction hold", arguments: [0, 400])
  func beforeText(start: Int) throws {
    let talk = Conversation()
    // Nobody saw it begin, nor what the responder has sent up to 200.
    talk.originator.sends("hello")
    for _ in 0..<3 {
      talk.responder.segment(
        [.ack], sequence: talk.responder.sequence(200),
        acknowledgment: talk.originator.sequence(5), [])
    }
    talk.responder.sends("alice here", at: start)
    talk.originator.acknowledges(start + 10)
    talk.originator.sends("good")
    let settings = ["find": "alice", "with": "bartholomew"].mapValues { Array($0.utf8) }
    let options = try Options(settings, settings: ReplaceAnalyzer.settings)
    let outcome = try run(
      talk.frames, [ChainLink(name: "replace", analyzer: try ReplaceAnalyzer(options))])
    let isOvertaken = start < 200
    #expect(outcome.summary.deferral.edits == (isOvertaken ? 0 : 1))
    #expect(outcome.summary.analyzers[0].obstacles["overtaken"] == (isOvertaken ? 1 : nil))
    let names = judge(talk.frames).errors.map(\.name)
    #expect(judge(outcome.sink.frames).errors.map(\.name) == names)
  }

  @Test("The answer to the second of two SYNs has the numbers of its stream")
  func secondSYN() throws {
    let first = Conversation(initialSequences: (1111, 7))
    first.originator.opens()
    let talk = Conversation(initialSequences: (3333, 5000), start: 1_700_000_002)
    talk.opens()
    talk.originator.sends("GET /")
    talk.responder.sends("good")
    talk.closes()
    let options = try Options(
      ["text": Array("hello".utf8)], settings: InsertAnalyzer.settings)
    let frames = first.frames + talk.frames
    let outcome = try run(
      frames, [ChainLink(name: "insert", analyzer: try InsertAnalyzer(options))])
    #expect(outcome.summary.deferral.edits == 2)
    #expect(judge(frames).errors.isEmpty)
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }
}
