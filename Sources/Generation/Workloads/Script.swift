/// A conversation that decides its segments a few at a time.
protocol Script {
  var conversation: Conversation { get set }
  var steps: StepQueue { get set }

  /// Appends the next steps; none when the connection is closed.
  mutating func refill()

  /// Writes one step.
  mutating func write(_ step: Step, _ writer: FrameWriter) throws
}

extension Script {
  mutating func write(_ step: Step, _ writer: FrameWriter) throws {
    try writer.write(step, &conversation)
  }

  /// Writes the next segment; `false` when there is none left.
  mutating func advance(_ writer: FrameWriter) throws -> Bool {
    if let step = steps.next() {
      try write(step, writer)
      return true
    }
    steps.removeAll()
    refill()
    guard let step = steps.next() else { return false }
    try write(step, writer)
    return true
  }
}

/// Runs the conversations of a plan with `alive` of them at a time: each segment is that of one
/// chosen by chance, and the next conversation begins where one ends.
func interleave<S: Script>(
  _ plan: Plan, _ writer: FrameWriter, alive: Int, make: (Int) -> S
) throws {
  var random = SplitMix64(seed: plan.seed, stream: .max - 2)
  var next = min(alive, plan.connections)
  var scripts = (0..<next).map(make)
  while !scripts.isEmpty {
    let index = random.next(in: 0...(scripts.count - 1))
    if try scripts[index].advance(writer) { continue }
    writer.count(streamBytes: scripts[index].steps.streamBytes)
    if next < plan.connections {
      scripts[index] = make(next)
      next += 1
    } else {
      scripts.swapAt(index, scripts.count - 1)
      scripts.removeLast()
    }
  }
}
