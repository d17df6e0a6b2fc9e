import Analysis

/// One socket of the trial analyzer.
final class TrialSocket: SocketAnalyzer {
  private let behaviour: TrialBehaviour
  private let answers: DelayedAnswers
  private var chance: UInt64
  private var kept: [HeldChunk] = []

  init(_ behaviour: TrialBehaviour, _ answers: DelayedAnswers, flowID: UInt64) {
    self.behaviour = behaviour
    self.answers = answers
    chance = behaviour.seed &* 0x9E37_79B9_7F4A_7C15 ^ flowID
  }

  func data(_ chunk: borrowing Chunk, _ context: inout Context) throws -> Verdict {
    if behaviour.isLogging { log(chunk, &context) }
    let isChosen = chunk.offset <= behaviour.offset && behaviour.offset < chunk.endOffset
    if isChosen, behaviour.crash == .throw { throw TrialError() }
    if isChosen, behaviour.crash == .forget { return .pending }
    if isChosen, behaviour.crash == .release {
      let held = context.hold(chunk)
      if behaviour.answer != .now { answers.answer(held, nil) }
      return .pending
    }
    let verdict = verdict(for: chunk, isChosen: isChosen)
    switch behaviour.answer {
    case .now: return verdict
    case .mixed where next() % 2 == 0: return verdict
    case .never:
      answers.keep(context.hold(chunk))
      return .pending
    case .later, .reverse, .mixed:
      let held = context.hold(chunk)
      if behaviour.keep > 0 { keep(held) }
      answers.answer(held, verdict)
      return .pending
    }
  }

  func event(_ event: SocketEvent, _ context: inout Context) throws {
    if event == .detached { answers.heldChunks.close(context.socket.id) }
    guard event == .attached else { return }
    if behaviour.crash == .event { throw TrialError() }
    if behaviour.isAtAttached { context.decide(behaviour.verdict) }
  }

  private func verdict(for chunk: borrowing Chunk, isChosen: Bool) -> Verdict {
    if isChosen, behaviour.verdict != .allow, !behaviour.isAtAttached { return behaviour.verdict }
    if behaviour.split > 0, chunk.bytes.count > behaviour.split {
      return .allowPrefix(behaviour.split, need: 0)
    }
    if behaviour.peek > 0, chunk.final == nil, chunk.bytes.count < behaviour.peek {
      let prefix = min(behaviour.prefix, chunk.bytes.count)
      return .allowPrefix(prefix, need: behaviour.peek - (chunk.bytes.count - prefix))
    }
    return behaviour.edits > 0 ? edits(of: chunk) : .allow
  }

  /// What is done about each byte depends on its place alone, however the stream is cut.
  private func edits(of chunk: borrowing Chunk) -> Verdict {
    var edits: [Edit] = []
    for index in chunk.bytes.indices {
      let place = chunk.offset &+ UInt64(index)
      let chance = Self.mixed(
        place &* 2 &+ (chunk.direction == .out ? 0 : 1) &+ behaviour.seed &* 0x9E37_79B9_7F4A_7C15)
      guard chance % behaviour.edits == 0 else { continue }
      let removed = Int(chance >> 32 & 1)
      let count = [0, 1, 1, 2, 7, 300][Int(chance >> 40) % 6]
      if removed == 0 && count == 0 { continue }
      let text = (0..<count).map { UInt8(truncatingIfNeeded: chance >> UInt64($0 % 8)) }
      edits.append(Edit(index..<index + removed, with: text))
    }
    return edits.isEmpty ? .allow : .edit(edits)
  }

  private func keep(_ held: HeldChunk) {
    kept.append(held)
    if kept.count > behaviour.keep { kept.removeFirst() }
  }

  private func log(_ chunk: borrowing Chunk, _ context: inout Context) {
    var record = Record("trial")
    record["trial"] = [
      "direction": .string(chunk.direction == .out ? "out" : "in"),
      "offset": Record.Value(chunk.offset), "length": Record.Value(chunk.bytes.count),
      "final": chunk.final.map { .string($0.rawValue) } ?? .null,
    ]
    context.emit(record)
  }

  /// SplitMix64.
  private func next() -> UInt64 {
    chance &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(chance)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
