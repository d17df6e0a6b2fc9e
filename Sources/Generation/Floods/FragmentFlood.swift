internal import Wire

/// Fragments of datagrams that never become whole, from anywhere, each with an identification of its
/// own.
struct FragmentFlood {
  private let plan: Plan
  private var random: SplitMix64

  init(_ plan: Plan) {
    self.plan = plan
    random = SplitMix64(seed: plan.seed, stream: .max - 5)
  }

  mutating func writeNext(_ writer: FrameWriter) throws {
    let conversation = Conversation(attacking: plan, &random)
    switch random.next(in: 0...7) {
    case 0: try write(0, length: 8, more: true, conversation, writer)
    // The end of a ping of death.
    case 1: try write(65_528, length: 1000, more: false, conversation, writer)
    case 2: try write(65_000, length: 400, more: false, conversation, writer)
    case 3: try write(random.next(in: 1...8000) * 8, length: 8, more: true, conversation, writer)
    case 4: try writeRow(conversation, writer)
    default: try write(0, length: 1400, more: true, conversation, writer)
    }
  }

  /// Pieces with holes between them, last one first.
  private mutating func writeRow(_ conversation: Conversation, _ writer: FrameWriter) throws {
    for place in (1...6).reversed() {
      try write(place * 64, length: 24, more: true, conversation, writer)
    }
  }

  private func write(
    _ offset: Int, length: Int, more: Bool, _ conversation: Conversation, _ writer: FrameWriter
  ) throws {
    try writer.writeFragment(
      IPHeader.Fragment(offset: offset, moreFragments: more), length: length, of: conversation)
  }
}
