import Analysis

/// Plays the stage for one direction of a stream: shows an analyzer a stream in pieces, keeps what it
/// peeks at, and makes of the bytes what it answers.
struct StreamPlayer {
  let engine: RecordingEngine
  let analyzer: any SocketAnalyzer
  let direction: Direction
  /// What goes on.
  private(set) var output: [UInt8] = []
  /// The most that was held back at a time.
  private(set) var mostHeld = 0
  /// How the flow was ended, if it was.
  private(set) var ending: Verdict?
  /// Answers that the stage would refuse.
  private(set) var refusals: [String] = []

  private var held: [UInt8] = []
  private var target = 0
  private var offset: UInt64 = 0

  init(
    _ analyzer: any SocketAnalyzer, _ direction: Direction = .out,
    engine: RecordingEngine = RecordingEngine()
  ) {
    self.analyzer = analyzer
    self.direction = direction
    self.engine = engine
  }

  /// More bytes of the stream.
  mutating func send(_ bytes: [UInt8]) throws {
    held += bytes
    if held.count >= target { try show(final: nil) }
  }

  /// Bytes that will never come.
  mutating func gap(_ length: UInt64) throws {
    try finish(.gap)
    offset += length
  }

  /// What is peeked at is shown for the last time.
  mutating func finish(_ reason: FinalReason = .fin) throws {
    if !held.isEmpty { try show(final: reason) }
  }

  private mutating func show(final: FinalReason?) throws {
    target = 0
    while !held.isEmpty, ending == nil {
      switch try verdict(on: held, final) {
      case .allow: go(held.count, [])
      case .deny: go(held.count, [Edit(0..<held.count, with: [])])
      case .edit(let edits): go(held.count, edits)
      case .allowPrefix(let count, let need):
        if peek(edits: [], count, need, final) { return }
      case .editPrefix(let edits, let count, let need):
        if peek(edits: edits, count, need, final) { return }
      case .dropFlow: ending = .dropFlow
      case .resetFlow: ending = .resetFlow
      case .bypass, .pending: refusals.append("unexpected verdict")
      }
    }
  }

  private func verdict(on bytes: [UInt8], _ final: FinalReason?) throws -> Verdict {
    var context = Context(engine: engine)
    let chunk = Chunk(bytes.span, direction: direction, offset: offset, final: final)
    return try analyzer.data(chunk, &context)
  }

  /// Whether the rest waits for more.
  private mutating func peek(
    edits: [Edit], _ count: Int, _ need: Int, _ final: FinalReason?
  ) -> Bool {
    if final != nil, need > 0 || count == 0 { refusals.append("peek at the end") }
    if count < 0 || count > held.count { refusals.append("prefix out of range") }
    go(count, edits)
    if final != nil { return count == 0 }
    if count > 0, need == 0 { return false }
    target = held.count + max(need, 1)
    mostHeld = max(mostHeld, held.count)
    if held.isEmpty { refusals.append("peek at nothing") }
    return true
  }

  private mutating func go(_ count: Int, _ edits: [Edit]) {
    var place = 0
    for edit in edits {
      if edit.range.lowerBound < place || edit.range.upperBound > count {
        refusals.append("edit out of range")
        continue
      }
      output += held[place..<edit.range.lowerBound] + edit.replacement
      place = edit.range.upperBound
    }
    output += held[place..<count]
    held.removeFirst(count)
    offset += UInt64(count)
  }
}

extension StreamPlayer {
  /// Sends a stream cut at random into pieces of up to so many bytes, and its end.
  mutating func send(
    _ stream: [UInt8], pieces: Int, using random: inout SplitMix, final: FinalReason = .fin
  ) throws {
    var start = 0
    while start < stream.count {
      let end = min(stream.count, start + Int.random(in: 1...pieces, using: &random))
      try send(Array(stream[start..<end]))
      start = end
    }
    try finish(final)
  }
}
