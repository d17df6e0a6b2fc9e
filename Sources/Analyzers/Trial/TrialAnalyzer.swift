package import Analysis
import Glibc

/// Tries what analyzers may do to a run: answers late, from other threads, out of order or never,
/// splits, peeks, holds buffers, crashes, has no client. By its settings, so that every rule of waiting
/// can be tried from the shell; and from a seed, so that a try can be repeated.
///
/// Without settings that decide, what it answers comes to `allow`: then no log and no written capture
/// may differ from those of a run without it.
package struct TrialAnalyzer: ClientAnalyzer {
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
    Setting(
      "edits", .number(0...(1 << 30)), default: "0",
      "changes about one place in so many bytes, by the seed: puts bytes in, takes them out, or both"
    ),
    Setting("split", .number(0...(1 << 30)), default: "0", "decides so many bytes at a time"),
    Setting("peek", .number(0...(1 << 30)), default: "0", "wants so many bytes before it decides"),
    Setting("prefix", .number(0...(1 << 30)), default: "0", "lets so many go before it peeks"),
    Setting("keep", .number(0...1000), default: "0", "keeps so many chunks it has answered"),
    Setting(
      "respond", .choice(["chunk", "numbers", "careless"]), default: "chunk",
      "a later answer goes to the chunk; by numbers, as another process gives it; and with more"
        + " that fits nothing, late and twice"),
    Setting(
      "client", .choice(["yes", "late", "no"]), default: "yes",
      "whether there is a client to look at sockets; late: after delay="),
    Setting(
      "crash", .choice(["no", "throw", "event", "release", "forget"]), default: "no",
      "throws at a chunk or an event; lets a chunk go, when it would answer; answers pending"
        + " without holding"),
    Setting("seed", .number(0...Int.max), default: "1", "of what is left to chance"),
    Setting("log", .flag, default: "no", "a record for each chunk that it is shown"),
  ]

  let behaviour: TrialBehaviour
  let answers: DelayedAnswers
  let client: TrialClient

  package init(_ options: Options) throws {
    behaviour = TrialBehaviour(options)
    answers = DelayedAnswers(behaviour)
    client = TrialClient(behaviour.client, delay: .microseconds(behaviour.delay))
  }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    if behaviour.respond != .chunk { answers.heldChunks.open(socket.id) }
    return TrialSocket(behaviour, answers, flowID: socket.flowID)
  }

  package var hasClient: Bool { client.isThere }

  package func waitForClient(until deadline: ContinuousClock.Instant) -> Bool {
    client.wait(until: deadline)
  }

  package func finish(_ context: inout FinishContext) {
    answers.finish()
    let refusals = answers.heldChunks.refusals.sorted { $0.key.rawValue < $1.key.rawValue }
    if refusals.isEmpty { return }
    context.summarize(
      "refused responses: "
        + refusals.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", "))
  }
}

/// Whether somebody looks at the sockets of the trial, and since when.
final class TrialClient: Sendable {
  private let arrival: ContinuousClock.Instant?

  /// - Parameter delay: after which a late one comes.
  init(_ client: TrialBehaviour.Client, delay: Duration) {
    arrival = client == .no ? nil : client == .late ? .now + delay : .now
  }

  var isThere: Bool { arrival.map { $0 <= .now } ?? false }

  func wait(until deadline: ContinuousClock.Instant) -> Bool {
    // Nothing else is waited for, so that sleeping is as good.
    let end = min(arrival ?? deadline, deadline)
    while ContinuousClock.now < end { usleep(1000) }
    return isThere
  }
}

/// What the settings ask for.
struct TrialBehaviour: Sendable {
  enum Answer: String { case now, later, reverse, never, mixed }
  enum Respond: String { case chunk, numbers, careless }
  enum Client: String { case yes, late, no }
  enum Crash: String { case no, `throw`, event, release, forget }

  var answer: Answer
  var delay: Int
  var verdict: Verdict
  var offset: UInt64
  var isAtAttached: Bool
  /// One place in so many bytes is changed; 0 for none.
  var edits: UInt64
  var split: Int
  var peek: Int
  var prefix: Int
  var keep: Int
  var respond: Respond
  var client: Client
  var crash: Crash
  var seed: UInt64
  var isLogging: Bool

  init(_ options: Options) {
    answer = options.text("answer").flatMap(Answer.init) ?? .now
    delay = options.number("delay") ?? 0
    verdict = Self.verdict(options.text("verdict") ?? "allow")
    offset = UInt64(options.number("at") ?? 0)
    isAtAttached = options.text("when") == "attached"
    edits = UInt64(options.number("edits") ?? 0)
    split = options.number("split") ?? 0
    peek = options.number("peek") ?? 0
    prefix = options.number("prefix") ?? 0
    keep = options.number("keep") ?? 0
    respond = options.text("respond").flatMap(Respond.init) ?? .chunk
    client = options.text("client").flatMap(Client.init) ?? .yes
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
