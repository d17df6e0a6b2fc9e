import Analysis
import Analyzers
import Buffers
import Foundation
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

/// What answers come to and when, of which the second must not show.
private struct Schedule: CustomStringConvertible {
  /// What the trials decide: all schedules of a class have it.
  var behaviours: [[String: String]] = []
  var buffers = 40
  var bufferSize = 1 << 16
  var drops = false
  var peekTimeout: Duration?
  var memory = 1 << 30
  /// When and how they answer.
  var timings: [[String: String]] = []
  var workers = 1
  var isThroughPool = false

  /// Of the class, with answers at once and one worker.
  init(class random: inout SeededGenerator) {
    buffers = [1, 2, 3, 7, 40, 254].randomElement(using: &random)!
    bufferSize = 1 << Int.random(in: 10...16, using: &random)
    drops = Bool.random(using: &random)
    if Int.random(in: 0...4, using: &random) == 0 {
      peekTimeout = .microseconds(Int.random(in: 1...20_000, using: &random))
    }
    if Int.random(in: 0...3, using: &random) == 0 { memory = 1 << 20 }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      behaviours.append(Self.behaviour(&random))
      timings.append([:])
    }
  }

  private static func behaviour(_ random: inout SeededGenerator) -> [String: String] {
    let offset = String(Int.random(in: 0...3000, using: &random))
    let size = String(Int.random(in: 1...5000, using: &random))
    return [
      [:], ["peek": size], ["peek": size, "prefix": "1"], ["split": size],
      ["peek": size, "split": offset], ["verdict": "drop", "at": offset],
      ["verdict": "drop", "when": "attached"], ["verdict": "bypass", "at": offset],
      ["verdict": "bypass", "at": offset, "peek": size], ["verdict": "reset", "at": offset],
      ["verdict": "drop", "at": offset, "peek": size, "prefix": "10"],
      ["verdict": "edit", "at": offset], ["verdict": "deny", "at": offset],
      ["verdict": "deny", "at": offset, "peek": size], ["edits": size],
      ["edits": "40", "peek": size], ["edits": "300", "split": size],
      ["crash": "throw", "at": offset], ["crash": "release", "at": offset],
      ["crash": "forget", "at": offset], ["crash": "event"],
      ["crash": "throw", "at": offset, "peek": size],
    ].randomElement(using: &random)!
  }

  /// Another one of the same class.
  func varied(_ random: inout SeededGenerator) -> Self {
    var other = self
    other.workers = [1, 1, 2, 3, 7].randomElement(using: &random)!
    other.isThroughPool = Bool.random(using: &random)
    other.timings = behaviours.map { _ in
      [
        "answer": ["now", "later", "reverse", "mixed"].randomElement(using: &random)!,
        "delay": ["0", "0", "20", "300"].randomElement(using: &random)!,
        "respond": ["chunk", "numbers", "careless"].randomElement(using: &random)!,
        "keep": buffers == 254 ? "1" : "0",
        "seed": String(Int.random(in: 1...99, using: &random)),
      ]
    }
    return other
  }

  /// What came of it, and how many buffers did not come back.
  func outcome(of frames: [CapturedFrame]) throws -> (Outcome, lost: Int) {
    let options = try Options()
    var chain = try zip(behaviours, timings).map { behaviour, timing in
      // What is edited is decided by the seed, too.
      try trial(
        behaviour.merging(timing.filter { $0.key != "seed" || behaviour["edits"] == nil }) { $1 })
    }
    chain.insert(ChainLink(name: "digest", analyzer: try DigestAnalyzer(options)), at: 1)
    chain.append(ChainLink(name: "flow", analyzer: try FlowAnalyzer(options)))
    chain.append(ChainLink(name: "closing", analyzer: ClosingAnalyzer(options)))
    var configuration = RunConfiguration()
    configuration.chain = chain
    configuration.checksums = .none
    configuration.workers = workers
    configuration.memory = memory
    configuration.deferral.deadline = .seconds(60)
    configuration.deferral.buffers = buffers
    configuration.deferral.bufferSize = bufferSize
    configuration.deferral.isThroughPool = isThroughPool
    configuration.deferral.peekTimeout = peekTimeout
    configuration.deferral.onCrash = drops ? .drop : .allow
    let (log, sink) = (MemoryLog(), MemorySink())
    let run = try Run(
      configuration, source: MemorySource(frames), sink: sink, log: log,
      formatter: EVEFormatter())
    let summary = try run.perform()
    return (Outcome(summary: summary, log: log, sink: sink), run.buffersOut())
  }

  var description: String {
    "\(behaviours) \(timings), \(buffers) buffers of \(bufferSize), -j \(workers)"
      + ", drops \(drops), through pool \(isThroughPool), memory \(memory), \(String(describing: peekTimeout))"
  }
}

extension Run {
  /// Buffers that did not come back. A thread that has just answered may have its chunk for a moment.
  fileprivate func buffersOut() -> Int {
    var out = 0
    for _ in 1...2000 {
      out = workers.reduce(0) { $0 + $1.runner.deferral.buffersOut }
      if out == 0 { break }
      usleep(1000)
    }
    return out
  }
}

extension Outcome {
  /// The first lines of the log, or numbers of written packets, that differ; `nil` when none does.
  fileprivate func difference(from other: Self) -> String? {
    if log.bytes != other.log.bytes {
      let lines = String(decoding: log.bytes, as: UTF8.self).split(separator: "\n")
      let others = String(decoding: other.log.bytes, as: UTF8.self).split(separator: "\n")
      for (line, other) in zip(lines, others) where line != other {
        return "\(line)\ninstead of\n\(other)"
      }
      return "\(lines.count) lines instead of \(others.count)"
    }
    if sink.frames == other.sink.frames { return nil }
    let place = zip(sink.frames, other.sink.frames).prefix { $0 == $1 }.count
    return "\(sink.frames.count) packets instead of \(other.sink.frames.count), from \(place) on:"
      + " \(sink.frames.dropFirst(place).first?.timestamp.description ?? "none")"
      + " and \(other.sink.frames.dropFirst(place).first?.timestamp.description ?? "none")"
  }
}

/// Counts sockets that were attached, and those that were detached behind that.
private struct ClosingAnalyzer: Analyzer {
  static let name = "closing"
  static let summary = "for tests"
  private let counts = PerShard { Counts() }

  final class Counts: SocketAnalyzer {
    var open: Set<UInt64> = []
    var closed = 0
    let interest = Interest.events

    func event(_ event: SocketEvent, _ context: inout Context) {
      if event == .attached { open.insert(context.socket.id.sequence) }
      if event == .detached, open.remove(context.socket.id.sequence) != nil { closed += 1 }
    }
  }

  init(_ options: Options) {}
  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { counts[socket] }

  func finish(_ context: inout FinishContext) {
    var record = Record("closing")
    record["open"] = Record.Value(counts.all.reduce(0) { $0 + $1.open.count })
    context.emit(record)
  }
}

@Suite("Schedules of answers")
struct ScheduleTests {
  private static let captures = (1...4 as ClosedRange<UInt64>).map { seed in
    let sink = MemorySink()
    _ = try? generate(.adverse, options: GenerationOptions(bytes: 40_000, seed: seed), into: sink)
    return sink.frames
  }

  /// `SLUICE_SCHEDULES=10000` for so many of them.
  private static var count: Int {
    ProcessInfo.processInfo.environment["SLUICE_SCHEDULES"].flatMap { Int($0) } ?? 400
  }

  @Test("A packet behind what was not captured has one number, whenever answers come")
  func behindUnseen() throws {
    let talk = Conversation()
    talk.opens()
    talk.responder.loses(300)
    talk.responder.segment(
      [.ack], sequence: talk.responder.sequence(300), acknowledgment: talk.originator.sequence(0),
      [])
    talk.responder.sends("abababab", at: 0)
    var captures: [[CapturedFrame]] = []
    for answer in ["now", "later", "reverse", "mixed"] {
      let chain = [try trial(["answer": answer]), try trial(["edits": "2", "seed": "5"])]
      captures.append(try run(talk.frames, chain).sink.frames)
    }
    #expect(captures[0] != talk.frames)
    #expect(captures.allSatisfy { $0 == captures[0] })
  }

  @Test("never show: logs and written captures are those of answers at once, and all comes back")
  func schedules() throws {
    let perClass = 4
    var memory: [Int] = []
    // The last one has once shown what was forgotten of edits.
    for seed in Array(1...UInt64(max(Self.count / perClass, 1))) + [1529] {
      var random = SeededGenerator(seed: seed)
      let capture = Self.captures.randomElement(using: &random)!
      let plain = Schedule(class: &random)
      let expected = try plain.outcome(of: capture).0
      #expect(expected.log.records.last?["open"] as? Int == 0, "seed \(seed): \(plain)")
      for _ in 1..<perClass {
        let other = plain.varied(&random)
        let (found, lost) = try other.outcome(of: capture)
        let difference = found.difference(from: expected)
        try #require(difference == nil, "seed \(seed): \(other)")
        #expect(lost == 0, "seed \(seed): \(other)")
      }
      memory.append(ResidentMemory.bytes)
    }
    // What the first quarter needed is enough for the others.
    let early = memory[memory.count / 4]
    #expect((memory.last ?? 0) - early < 100 << 20, "from \(early) bytes")
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
      let schedule = Schedule(class: &random).varied(&random)
      let timing = schedule.timings[0]
      let with = try outcome([timing.merging(["peek": "900"]) { $1 }, timing]) {
        $0.workers = schedule.workers
        $0.deferral.isThroughPool = schedule.isThroughPool
      }
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
    #expect(verdicts(outcome).map { $0["action"] as? String } == ["drop"])
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
    #expect(actions.first == (policy == .drop ? "drop timeout" : "allow timeout"))
    #expect(outcome.sink.frames == (policy == .drop ? Array(frames.prefix(3)) : frames))
  }

  @Test("With nothing needed the rest is shown again at once, also when no more bytes can come")
  func takesApart() throws {
    var first = ScriptedAnalyzer("a", diary, interest: .data)
    first.answer = { chunk in
      if chunk.bytes.last == UInt8(ascii: "-"), chunk.final == nil {
        return .allowPrefix(0, need: 9)
      }
      return chunk.bytes.count > 2 ? .allowPrefix(2, need: 0) : .allow
    }
    let outcome = try run(
      talk("abcde", "xyz-").frames,
      [link(first), link(ScriptedAnalyzer("b", diary, interest: .data))])
    #expect(
      diary.lines.prefix(12) == [
        "a out abcde", "b out ab", "a out cde", "b out cd", "a out e", "b out e", "a out xyz-",
        "a in answer", "b in an", "a in swer", "b in sw", "a in er",
      ])
    #expect(diary.lines.suffix(4) == ["a out xyz-", "b out xy", "a out z-", "b out z-"])
    #expect(outcome.summary.analyzers[0].refused == [:])
  }

  @Test("A link is shown nothing behind what a later link has not decided")
  func order() throws {
    let frames = talk("one", "two", "three").frames
    for answer in ["now", "later", "reverse"] {
      let diary = Diary()
      let dropping = try trial(["answer": answer, "verdict": "drop", "at": "3", "delay": "2000"])
      let outcome = try run(frames, [link(ScriptedAnalyzer("a", diary)), dropping])
      #expect(diary.lines.contains("a out two") && !diary.lines.contains("a out three"))
      #expect(outcome.sink.frames == Array(frames.prefix(4)), "\(answer)")
    }
  }

  @Test("A peek ends in packet time, with its own next packet or at the end of a stretch")
  func peekTimeout() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("a")
    talk.waits(seconds: 1)
    talk.originator.sends("b")
    let quiet = Conversation(client: 2, start: 1_700_000_002)
    quiet.opens()
    quiet.originator.sends("c")
    let other = Conversation(client: 3, start: 1_700_000_003)
    other.opens()
    for _ in 1...600 { other.originator.sends("x") }
    var finals: [String] {
      diary.lines.filter { $0.hasSuffix("peek_timeout") }
    }
    let peeking = link(PeekingAnalyzer.script(diary)) { $0.ports = [40_001...40_002] }
    let frames = talk.frames + quiet.frames + other.frames
    _ = try run(frames, [peeking]) { $0.deferral.peekTimeout = .milliseconds(500) }
    #expect(finals.first == "a a peek_timeout")
    // Those that end with one packet end in the order of their shards.
    #expect(finals.dropFirst().sorted() == ["a b peek_timeout", "a c peek_timeout"])
    _ = try run(frames, [peeking])
    #expect(finals.count == 3)
  }

  @Test(
    "What waits to be written has a budget, and is decided with what is there",
    arguments: [1, 512], [1, 3])
  func spool(batchSize: Int, workers: Int) throws {
    // One peeks for ever, of one the second segment is missing; and then there is much else.
    let peeking = Conversation(client: 1)
    peeking.opens()
    peeking.originator.sends("peek")
    let holed = Conversation(client: 2)
    holed.opens()
    holed.originator.sends("first")
    holed.originator.sends("lost")
    let other = Conversation(client: 3)
    other.opens()
    for _ in 1...4000 { other.originator.sends("x") }
    var frames = peeking.frames + holed.frames.dropLast()
    holed.originator.sends("third")
    frames.append(holed.frames.last!)
    frames += other.frames
    peeking.originator.sends("late")
    frames.append(peeking.frames.last!)
    var script = PeekingAnalyzer.script(diary)
    script.isWanted = { $0.originator.port != 40_003 }
    let events = ScriptedAnalyzer("b", Diary(), interest: [.events, .dataOut])
    func outcome(_ memory: Int) throws -> Outcome {
      try run(frames, [link(script), link(events)], batchSize: batchSize) {
        $0.memory = memory
        $0.workers = workers
      }
    }
    let bounded = try outcome(1 << 20)
    #expect(bounded.sink.frames == frames)
    #expect(
      diary.lines.filter { $0.hasSuffix("spool_full") }.sorted() == [
        "a first spool_full", "a peek spool_full", "a third spool_full",
      ])
    #expect(bounded.summary.deferral.spoolReached == 4)
    #expect(bounded.summary.weirds["spool_budget_reached"] == 1)
    diary.lines = []
    let unbounded = try outcome(1 << 30)
    #expect(unbounded.sink.frames == frames)
    #expect(unbounded.summary.deferral.spoolReached == 0)
    #expect(!diary.lines.contains { $0.hasSuffix("spool_full") })
  }

  @Test(
    "A datagram is one piece, though larger than a buffer",
    arguments: [false, true], ["now", "later"])
  func datagram(throughPool: Bool, answer: String) throws {
    let talk = Conversation()
    talk.originator.datagram([UInt8](repeating: 65, count: 1400))
    let outcome = try run(
      talk.frames,
      [trial(["answer": answer]), link(ScriptedAnalyzer("a", diary, interest: .data))]
    ) {
      $0.deferral.bufferSize = 1024
      $0.deferral.isThroughPool = throughPool
    }
    #expect(diary.lines == ["a out " + String(repeating: "A", count: 1400)])
    #expect(outcome.sink.frames == talk.frames)
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

/// Asks for more for as long as it may, and writes down why it had to decide.
private enum PeekingAnalyzer {
  static func script(_ diary: Diary) -> ScriptedAnalyzer {
    var script = ScriptedAnalyzer("a", Diary(), interest: .data)
    script.answer = { chunk in
      guard let final = chunk.final else { return .allowPrefix(0, need: 1000) }
      diary.note("a \(String(decoding: chunk.bytes, as: UTF8.self)) \(final.rawValue)", 0)
      return .allow
    }
    return script
  }
}

@Suite("Responses by numbers")
struct ResponseTests {
  private static let socket = SocketID(socket: 5, sequence: 77)
  private let chunks = HeldChunks()
  private let pool = BufferPool(count: 2, bufferSize: 64, bell: Semaphore())
  private let ticket = Ticket(deadline: .now + .seconds(60), bell: Semaphore())

  /// A chunk that lies in the pool, and what the client is told of it.
  private func hold() throws -> HeldNotice {
    let bytes: [UInt8] = [1, 2, 3]
    let free = pool.copy(bytes.span.bytes)
    let buffer = try #require(free)
    chunks.open(Self.socket)
    return chunks.add(
      HeldChunk(
        socket: Self.socket, dataIndex: 9, direction: .in, offset: 0, final: nil,
        data: TicketData(ticket, .buffer(buffer, 0..<3))))
  }

  private func respond(
    _ verdict: Verdict? = nil, releasing buffers: [UInt8] = [], to index: UInt32 = 9,
    of socket: SocketID = Self.socket
  ) {
    chunks.take(
      Response(socket: socket, dataIndex: index, verdict: verdict, releasedBuffers: buffers))
  }

  @Test("A notice has the data's index, size and buffers, ended by 255")
  func notice() throws {
    let notice = try hold()
    #expect(notice.dataIndex == 9 && notice.dataSize == 3 && notice.buffers == [0, 255])
  }

  @Test("Verdict and buffers come back in any order", arguments: [true, false])
  func independent(buffersFirst: Bool) throws {
    let notice = try hold()
    if buffersFirst { respond(releasing: notice.buffers) }
    #expect(pool.freeCount == (buffersFirst ? 2 : 1))
    respond(.dropFlow)
    #expect(ticket.current == .answered(.dropFlow))
    if !buffersFirst { respond(releasing: notice.buffers) }
    #expect(pool.freeCount == 2)
    #expect(chunks.refusals.isEmpty)
  }

  @Test("What fits nothing is refused and counted, and changes nothing")
  func refusals() throws {
    let notice = try hold()
    respond(.dropFlow, to: 10)
    respond(.dropFlow, of: SocketID(socket: 5, sequence: 78))
    respond(releasing: [1])
    #expect(ticket.isOpen)
    #expect(pool.freeCount == 1)
    respond(.allow)
    respond(.dropFlow)
    respond(releasing: notice.buffers + notice.buffers)
    respond(releasing: notice.buffers)
    #expect(ticket.current == .answered(.allow))
    #expect(chunks.refusals == [.unknownData: 3, .staleSocket: 1, .unknownBuffer: 1])
    chunks.close(Self.socket)
    respond(.allow)
    #expect(chunks.refusals[.staleSocket] == 2)
  }

  @Test("A client that goes with what it holds has let it go")
  func gone() throws {
    _ = try hold()
    chunks.close(Self.socket)
    #expect(ticket.current == .letGo)
    #expect(pool.freeCount == 2)
  }
}
