internal import Sockets
internal import Wire

/// Real connections among which a flood comes: most take turns at a packet all the time, and a few
/// sleep through most of it.
struct Bystanders {
  /// One packet in so many is of a bystander.
  private static let share = 16
  /// How often those that sleep wake up.
  private static let wakings = 6

  private let plan: Plan
  private let packets: UInt64
  private let rounds: Int
  private var random: SplitMix64
  private var talks: [Talk] = []
  private var sleepers: [Talk] = []
  private var next = 0

  init(_ plan: Plan, packets: Int) {
    self.plan = plan
    self.packets = UInt64(packets)
    let alive = min(max(packets / 400, 2), 64)
    rounds = min(max(packets / Self.share / alive / 6, 2), 100)
    random = SplitMix64(seed: plan.seed, stream: .max - 3)
    talks = (0..<alive).map { Talk(plan, $0, rounds: rounds) }
    sleepers = (alive..<alive + max(alive / 8, 1)).map { Talk(plan, $0, rounds: Self.wakings) }
    next = talks.count + sleepers.count
  }

  /// Before the flood: all are connected, and have said something.
  mutating func begin(_ writer: FrameWriter) throws {
    for index in talks.indices { try Self.advance(&talks[index], by: 8, writer) }
    try wake(writer, steps: 8)
  }

  /// During the flood, of which `writeNext` writes a packet.
  mutating func stand(_ writer: FrameWriter, writeNext: () throws -> Void) throws {
    let end = packets - packets / 16
    let nap = max(packets / UInt64(Self.wakings), 1)
    var waking = writer.result.packets + nap
    while writer.result.packets < end {
      if random.next(in: 1...Self.share) == 1 {
        try advanceOne(writer)
      } else {
        try writeNext()
      }
      if writer.result.packets >= waking {
        waking += nap
        try wake(writer, steps: 3)
      }
    }
  }

  /// After it: all go on to their end.
  mutating func end(_ writer: FrameWriter) throws {
    for var talk in talks + sleepers {
      try Self.advance(&talk, by: .max, writer)
      writer.count(streamBytes: talk.steps.streamBytes)
    }
    talks = []
    sleepers = []
  }

  private mutating func advanceOne(_ writer: FrameWriter) throws {
    let index = random.next(in: 0...(talks.count - 1))
    if try talks[index].advance(writer) { return }
    writer.count(streamBytes: talks[index].steps.streamBytes)
    talks[index] = Talk(plan, next, rounds: rounds)
    next += 1
    try Self.advance(&talks[index], by: 1, writer)
  }

  private mutating func wake(_ writer: FrameWriter, steps: Int) throws {
    for index in sleepers.indices { try Self.advance(&sleepers[index], by: steps, writer) }
  }

  private static func advance(_ talk: inout Talk, by steps: Int, _ writer: FrameWriter) throws {
    var left = steps
    while left > 0, try talk.advance(writer) { left -= 1 }
  }
}

/// A connection of questions and answers.
private struct Talk: Script {
  var conversation: Conversation
  var steps = StepQueue()
  private let longest: Int
  private var random: SplitMix64
  private var roundsLeft: Int
  private var isClosed = false

  init(_ plan: Plan, _ index: Int, rounds: Int) {
    conversation = Conversation(plan, index: index)
    random = SplitMix64(seed: plan.seed, stream: 1 << 41 | UInt64(index))
    longest = plan.maximumPayload
    roundsLeft = rounds
    steps.appendHandshake()
  }

  mutating func refill() {
    if roundsLeft > 0 {
      roundsLeft -= 1
      steps.appendData(.out, length: random.next(in: 20...500), flags: [.psh, .ack])
      steps.appendData(.in, length: random.next(in: 200...longest), flags: [.psh, .ack])
      steps.appendAcknowledgement(from: .out)
    } else if !isClosed {
      isClosed = true
      steps.appendClose(first: .out)
    }
  }
}
