internal import Sockets
internal import Wire

/// Connections that are all open before the first byte of data, and all until the last: a round of
/// handshakes, three rounds of one small segment each, a round of closes. Each round goes through
/// the connections in an order of its own, which no cache can guess.
struct Crowd {
  private struct Member {
    var conversation: Conversation
    /// How far its streams have come.
    var out: Int32 = 0
    var `in`: Int32 = 0
  }

  /// So many connections of a round take their steps by turns.
  private static let groupSize = 64

  private let lengths: ClosedRange<Int>
  private var random: SplitMix64
  private var members: [Member]
  private var order: [UInt32]

  init(_ plan: Plan) {
    let fixed = plan.handshakeBytes + plan.closeBytes + 3 * plan.overhead
    let mean = min(max((plan.bytesPerConnection - fixed) / 3, 1), plan.maximumPayload * 2 / 3)
    lengths = max(1, mean / 2)...(mean * 3 / 2)
    random = SplitMix64(seed: plan.seed, stream: .max - 2)
    members = (0..<plan.connections).map { Member(conversation: Conversation(plan, index: $0)) }
    order = (0..<UInt32(plan.connections)).map { $0 }
  }

  mutating func run(_ writer: FrameWriter) throws {
    try forEachGroup(3) { member, turn, _ in try Self.handshake(&member, turn, writer) }
    for direction in [Direction.out, .in, .out] {
      try forEachGroup(1) { member, _, length in
        try Self.data(&member, direction, length, writer)
      }
    }
    try forEachGroup(3) { member, turn, _ in try Self.close(&member, turn, writer) }
    for member in members { writer.count(streamBytes: Int(member.out) + Int(member.in) - 2) }
  }

  /// A round: every connection takes `turns` steps, a group of them by turns.
  private mutating func forEachGroup(
    _ turns: Int, _ body: (inout Member, Int, Int) throws -> Void
  ) throws {
    shuffle()
    for start in stride(from: 0, to: order.count, by: Self.groupSize) {
      for turn in 0..<turns {
        for index in order[start..<min(start + Self.groupSize, order.count)] {
          try body(&members[Int(index)], turn, random.next(in: lengths))
        }
      }
    }
  }

  private mutating func shuffle() {
    for index in order.indices.dropFirst().reversed() {
      order.swapAt(index, random.next(in: 0...index))
    }
  }

  private static func handshake(
    _ member: inout Member, _ turn: Int, _ writer: FrameWriter
  ) throws {
    let isAnswer = turn == 1
    let flags: TCPFlags = turn == 0 ? .syn : isAnswer ? [.syn, .ack] : .ack
    let step = Step(
      direction: isAnswer ? .in : .out, flags: flags, offset: turn == 2 ? 0 : -1, acknowledged: 0)
    try writer.write(step, &member.conversation)
  }

  private static func data(
    _ member: inout Member, _ direction: Direction, _ length: Int, _ writer: FrameWriter
  ) throws {
    let isOut = direction == .out
    let step = Step(
      direction: direction, flags: [.psh, .ack], offset: Int(isOut ? member.out : member.in),
      length: length, acknowledged: Int(isOut ? member.in : member.out))
    try writer.write(step, &member.conversation)
    if isOut { member.out += Int32(length) } else { member.in += Int32(length) }
  }

  /// The responder closes first: its FIN acknowledges the last data.
  private static func close(
    _ member: inout Member, _ turn: Int, _ writer: FrameWriter
  ) throws {
    let isOut = turn == 1
    let step = Step(
      direction: isOut ? .out : .in, flags: turn == 2 ? .ack : [.fin, .ack],
      offset: Int(isOut ? member.out : member.in), acknowledged: Int(isOut ? member.in : member.out)
    )
    try writer.write(step, &member.conversation)
    if turn == 0 { member.in += 1 } else if turn == 1 { member.out += 1 }
  }
}
