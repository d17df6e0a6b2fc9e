package import Analysis

/// Tries what analyzers may do to a run: answers late, from other threads, out of order or never,
/// peeks, holds buffers, crashes. By its settings, so that every rule of waiting can be tried from the
/// shell; and from a seed, so that a try can be repeated.
///
/// Without settings that decide, what it answers comes to `allow`: then no log and no written capture
/// may differ from those of a run without it.
package struct TrialAnalyzer: Analyzer {
  package static let name = "trial"
  package static let summary = "tries what analyzers may do: late, peeking, crashing, by a seed"
  package static let settings = [
    Setting(
      "answer", .choice(["now", "later", "reverse", "never", "mixed"]), default: "now",
      "at once; from another thread; there in reverse; not at all; now or later by the seed"),
    Setting("delay", .number(0...60_000_000), default: "0", "microseconds before a later answer"),
    Setting(
      "verdict",
      .choice(["allow", "bypass", "drop", "deny", "edit", "reset"]), default: "allow",
      "what it answers to the chunk that at= chooses, and to no other"),
    Setting("at", .number(0...Int.max), default: "0", "the stream offset that verdict= is for"),
    Setting("when", .choice(["data", "attached"]), default: "data", "when verdict= is given"),
    Setting("peek", .number(0...(1 << 30)), default: "0", "wants so many bytes before it decides"),
    Setting("prefix", .number(0...(1 << 30)), default: "0", "lets so many go before it peeks"),
    Setting("keep", .number(0...1000), default: "0", "keeps so many chunks it has answered"),
    Setting(
      "crash", .choice(["no", "throw", "event", "release", "forget"]), default: "no",
      "throws at a chunk or an event; lets a chunk go; answers pending without holding"),
    Setting("seed", .number(0...Int.max), default: "1", "of what is left to chance"),
    Setting("log", .flag, default: "no", "a record for each chunk that it is shown"),
  ]

  let behaviour: TrialBehaviour
  let answers: DelayedAnswers

  package init(_ options: Options) throws {
    behaviour = TrialBehaviour(options)
    answers = DelayedAnswers(
      delay: .microseconds(behaviour.delay), reverses: behaviour.answer == .reverse)
  }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    TrialSocket(behaviour, answers, flowID: socket.flowID)
  }

  package func finish(_ context: inout FinishContext) { answers.finish() }
}

/// What the settings ask for.
struct TrialBehaviour: Sendable {
  enum Answer: String { case now, later, reverse, never, mixed }
  enum Crash: String { case no, `throw`, event, release, forget }

  var answer: Answer
  var delay: Int
  var verdict: Verdict
  var offset: UInt64
  var isAtAttached: Bool
  var peek: Int
  var prefix: Int
  var keep: Int
  var crash: Crash
  var seed: UInt64
  var isLogging: Bool

  init(_ options: Options) {
    answer = options.text("answer").flatMap(Answer.init) ?? .now
    delay = options.number("delay") ?? 0
    verdict = Self.verdict(options.text("verdict") ?? "allow")
    offset = UInt64(options.number("at") ?? 0)
    isAtAttached = options.text("when") == "attached"
    peek = options.number("peek") ?? 0
    prefix = options.number("prefix") ?? 0
    keep = options.number("keep") ?? 0
    crash = options.text("crash").flatMap(Crash.init) ?? .no
    seed = UInt64(options.number("seed") ?? 1)
    isLogging = options.flag("log")
  }

  private static func verdict(_ word: String) -> Verdict {
    switch word {
    case "bypass": .bypass
    case "drop": .dropFlow
    case "deny": .deny
    case "edit": .edit([Edit(0..<0, with: Array("trial".utf8))])
    case "reset": .resetFlow
    default: .allow
    }
  }
}

/// Why `crash=throw` and `crash=event` throw.
struct TrialError: Error, CustomStringConvertible {
  var description: String { "crashed on purpose" }
}
