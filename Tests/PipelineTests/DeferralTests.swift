import Analysis
import Analyzers
import Buffers
import Generation
import Support
import Testing

@testable import Deferral
@testable import Pipeline

/// A capture with loss and reordering, and what its streams are.
private let adverse: [CapturedFrame] = {
  let sink = MemorySink()
  _ = try? generate(.adverse, options: GenerationOptions(bytes: 120_000, seed: 9), into: sink)
  return sink.frames
}()

private func trial(_ settings: [String: String] = [:]) throws -> ChainLink {
  let options = try Options(
    settings.mapValues { Array($0.utf8) }, settings: TrialAnalyzer.settings)
  return ChainLink(name: "trial", analyzer: try TrialAnalyzer(options))
}

private func outcome(
  _ trials: [[String: String]], _ configure: (inout RunConfiguration) -> Void = { _ in }
) throws -> Outcome {
  let options = try Options()
  var chain = [try trial(trials.first ?? [:])]
  chain.append(ChainLink(name: "digest", analyzer: try DigestAnalyzer(options)))
  chain.append(ChainLink(name: "flow", analyzer: try FlowAnalyzer(options)))
  chain += try trials.dropFirst().map(trial)
  return try run(adverse, chain) {
    $0.checksums = .none
    $0.deferral.deadline = .seconds(20)
    configure(&$0)
  }
}

@Suite("Schedules of answers")
struct ScheduleTests {
  /// What a run may be asked for that must not show, whatever the moment of an answer.
  private func vary(_ random: inout SeededGenerator, _ configuration: inout RunConfiguration) {
    configuration.workers = [1, 2, 3, 7].randomElement(using: &random)!
    configuration.deferral.isThroughPool = Bool.random(using: &random)
  }

  private func timing(_ random: inout SeededGenerator) -> [String: String] {
    [
      "answer": ["now", "later", "reverse", "mixed"].randomElement(using: &random)!,
      "delay": ["0", "20", "300"].randomElement(using: &random)!,
      "seed": String(Int.random(in: 1...99, using: &random)),
    ]
  }

  @Test(
    "never show: the log and the written capture are those of answers at once",
    arguments: [
      [:], ["peek": "700"], ["peek": "3000", "prefix": "1"], ["verdict": "drop", "at": "100"],
      ["verdict": "drop", "when": "attached"], ["verdict": "bypass", "at": "1500"],
      ["crash": "throw", "at": "2000"], ["crash": "release"], ["crash": "forget", "at": "500"],
    ])
  func schedules(behaviour: [String: String]) throws {
    for seed in 1...12 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let buffers = [1, 2, 7, 254].randomElement(using: &random)!
      let size = [1 << 10, 1 << 12, 1 << 16].randomElement(using: &random)!
      let drops = Bool.random(using: &random)
      func pool(_ configuration: inout RunConfiguration) {
        configuration.deferral.buffers = buffers
        configuration.deferral.bufferSize = size
        configuration.deferral.onCrash = drops ? .drop : .allow
      }
      let plain = try outcome([behaviour], pool)
      var settings = timing(&random).merging(behaviour) { $1 }
      if behaviour["crash"] == "release" { settings["answer"] = "now" }
      let other = try outcome([settings]) {
        pool(&$0)
        vary(&random, &$0)
      }
      #expect(other.log.bytes == plain.log.bytes, "seed \(seed), \(settings)")
      #expect(other.sink.frames == plain.sink.frames, "seed \(seed), \(settings)")
    }
  }

  @Test("come to nothing when every answer is allow: the same as without the analyzer")
  func identity() throws {
    let options = try Options()
    let without = try run(
      adverse,
      [
        ChainLink(name: "digest", analyzer: try DigestAnalyzer(options)),
        ChainLink(name: "flow", analyzer: try FlowAnalyzer(options)),
      ]
    ) { $0.checksums = .none }
    for seed in 1...10 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let chain = [timing(&random).merging(["peek": "900"]) { $1 }, timing(&random)]
      let with = try outcome(chain) { vary(&random, &$0) }
      #expect(with.log.bytes == without.log.bytes, "seed \(seed)")
      #expect(with.sink.frames == adverse, "seed \(seed)")
    }
  }
}

@Suite("What waits")
struct WaitingTests {
  private let diary = Diary()

  private func talk(_ text: String...) -> Conversation {
    let talk = Conversation()
    talk.opens()
    for text in text { talk.originator.sends(text) }
    talk.responder.sends("answer")
    talk.closes()
    return talk
  }

  private func verdicts(_ outcome: Outcome) -> [[String: Any]] {
    outcome.log.records.compactMap { $0["verdict"] as? [String: Any] }
  }

  @Test("A peek is called again with what it kept and what came, and passes on what it lets go")
  func peek() throws {
    var first = ScriptedAnalyzer("a", diary, interest: .data)
    first.answer = { $0.bytes.count < 6 ? .allowPrefix(1, need: 2) : .allow }
    _ = try run(
      talk("abc", "d", "efgh").frames,
      [link(first), link(ScriptedAnalyzer("b", diary, interest: .data))])
    #expect(
      diary.lines == [
        "a out abc", "b out a", "a out bcdefgh", "b out bcdefgh", "a in answer", "b in answer",
      ])
  }

  @Test("A peek that nothing comes for has to decide at the FIN")
  func peekAtFIN() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.answer = { $0.direction == .out ? .allowPrefix(0, need: 1000) : .allow }
    let outcome = try run(talk("abc", "de").frames, [link(first)])
    #expect(diary.lines.contains("a out abcde"))
    #expect(outcome.summary.deferral.finalPeeks == 1)
    // It may not ask again: the bytes are allowed.
    #expect(outcome.summary.analyzers[0].refused == ["allow_prefix": 1])
    #expect(outcome.sink.frames == talk("abc", "de").frames)
  }

  @Test("A dropped flow leaves from its first undecided byte on, and its sockets are still closed")
  func drop() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.answer = { $0.bytes.starts(with: Array("two".utf8)) ? .dropFlow : .allow }
    let frames = talk("one", "two", "three").frames
    let outcome = try run(frames, [link(first), link(ScriptedAnalyzer("b", diary))])
    // SYN, SYN/ACK, ACK, and the first segment.
    #expect(outcome.sink.frames == Array(frames.prefix(4)))
    #expect(outcome.summary.packetsLeftOut == UInt64(frames.count - 4))
    #expect(verdicts(outcome).map { $0["action"] as? String } == ["drop_flow"])
    #expect(verdicts(outcome).first?["offset"] as? Int == 3)
    #expect(!diary.lines.contains("a out three") && !diary.lines.contains("b out two"))
    #expect(diary.lines.suffix(2) == ["a detached", "b detached"])
  }

  @Test("With a dry run the same is recorded, and everything is written")
  func dryRun() throws {
    var first = ScriptedAnalyzer("a", diary)
    first.answer = { _ in .dropFlow }
    let frames = talk("one", "two").frames
    let outcome = try run(frames, [link(first)]) { $0.deferral.isDryRun = true }
    #expect(outcome.sink.frames == frames)
    #expect(verdicts(outcome).map { $0["action"] as? String } == ["would_drop"])
  }

  @Test(
    "What no answer comes for is decided by the policy, and said",
    arguments: [DeferralConfiguration.Policy.allow, .drop])
  func timeout(policy: DeferralConfiguration.Policy) throws {
    let frames = talk("one").frames
    let outcome = try run(frames, [try trial(["answer": "never"])]) {
      $0.deferral.deadline = .milliseconds(20)
      $0.deferral.onTimeout = policy
    }
    #expect(outcome.summary.analyzers[0].timeouts >= 1)
    let actions = verdicts(outcome).map { "\($0["action"]!) \($0["reason"]!)" }
    #expect(actions.first == (policy == .drop ? "drop_flow timeout" : "allow timeout"))
    #expect(outcome.sink.frames == (policy == .drop ? Array(frames.prefix(3)) : frames))
  }

  @Test("Every buffer comes back")
  func buffers() throws {
    let pool = BufferPool(count: 3, bufferSize: 1024, bell: Semaphore())
    let bytes: [UInt8] = Array(0...255)
    func take() -> PoolBuffer? { pool.copy(bytes.span.bytes) }
    var taken = [take(), take(), take()]
    let (indices, next, count) = (taken.compactMap { $0?.index }, take(), taken[1]?.count)
    #expect(indices == [0, 1, 2])
    #expect(next == nil)
    #expect(count == 256)
    taken[1] = nil
    #expect(pool.freeCount == 1)
    taken = []
    #expect(pool.freeCount == 3)
  }
}
