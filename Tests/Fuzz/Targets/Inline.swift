import Injection
import Sockets
import Wire

extension FuzzTarget {
  /// Segments of both ends in any order, each changed, held or let through: nothing traps, what is held
  /// stays within bounds, and so does what one segment gives rise to.
  static let inline = FuzzTarget(
    name: "inline",
    run: { input in
      var play = InlinePlay(input)
      while play.goesOn {
        let departures = play.act()
        try require(departures.count < 10_000, "\(departures.count) segments for one")
        for direction in Direction.allCases {
          let held = play.connection.heldBytes(direction)
          try require(held <= InlinePlay.budget + InlinePlay.slack, "\(held) bytes are held")
        }
      }
    },
    seeds: {
      let opening: [UInt8] = [0, 0x02, 0, 1, 0x12, 0, 0, 0x10, 0]
      return [
        Seed(name: "opening", bytes: [0] + opening),
        Seed(name: "data", bytes: [0] + opening + [UInt8](0..<120)),
        Seed(name: "midstream", bytes: [1] + [UInt8](repeating: 0x10, count: 80)),
        Seed(name: "holds", bytes: [2] + opening + [UInt8](repeating: 0x2A, count: 100)),
      ]
    })
}

private struct InlinePlay {
  static let budget = 1 << 14
  /// What comes with one segment, and what edits put in.
  static let slack = 1 << 17

  /// What the decider, which is called in the middle of it, and the play take their decisions from.
  final class Script {
    var input: FuzzInput
    var held: [(direction: Direction, chunk: StreamChunk)] = []
    var steps = 0
    init(_ input: FuzzInput) { self.input = input }

    func decision(_ direction: Direction, _ chunk: StreamChunk, mayHold: Bool) -> StreamDecision {
      switch input.byte() & 7 {
      case 0 where mayHold, 1 where mayHold:
        held.append((direction, chunk))
        return .hold
      case 2, 3:
        var edits: [StreamEdit] = []
        var place = 0
        for _ in 0...(input.byte() & 3) {
          let start = place + Int(input.byte()) % 40
          let end = start + Int(input.byte()) % 20
          // Some are no edits at all: they reach too far.
          edits.append(
            StreamEdit(start..<end, with: [UInt8](repeating: 1, count: Int(input.byte()) * 4)))
          place = end
        }
        return .edit(edits)
      default: return .allow
      }
    }
  }

  private let script: Script
  private(set) var connection: InlineConnection
  private var next: [UInt32]
  private var acknowledged: [UInt32]

  init(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let choices = input.byte()
    let script = Script(input)
    self.script = script
    connection = InlineConnection(
      analyzing: choices & 4 == 0 ? Set(Direction.allCases) : [.out], budget: Self.budget
    ) { script.decision($0, $1, mayHold: true) }
    let start: UInt32 = choices & 8 == 0 ? 1000 : 0xFFFF_FF00
    next = [start, start &+ 77]
    acknowledged = [start &+ 77, start]
  }

  var goesOn: Bool { !script.input.isEmpty && script.steps < 500 }

  mutating func act() -> [InlineConnection.Departure] {
    script.steps += 1
    let first = script.input.byte()
    if first & 0x20 != 0, !script.held.isEmpty {
      let place = Int(script.input.byte()) % script.held.count
      let (direction, chunk) = script.held.remove(at: place)
      let decision = script.decision(direction, chunk, mayHold: false)
      return connection.decide(decision, of: direction, at: chunk.offset)
    }
    let direction: Direction = first & 1 == 0 ? .out : .in
    return connection.receive(segment(direction, first), direction)
  }

  private mutating func segment(_ direction: Direction, _ first: UInt8) -> StreamSegment {
    let index = direction.index
    var flags = TCPFlags(rawValue: script.input.byte())
    if first & 0x40 == 0 { flags.subtract([.syn, .rst]) }
    var segment = StreamSegment(sequence: SequenceNumber(next[index]), flags: flags)
    if first & 2 != 0 { segment.sequence += Int(script.input.integer(Int16.self)) }
    segment.payload = [UInt8](
      repeating: first, count: Int(script.input.byte()) * (first & 4 == 0 ? 1 : 100))
    let far = first & 8 == 0 ? 0 : Int(script.input.integer(Int16.self))
    segment.acknowledgment = SequenceNumber(acknowledged[index]) + far
    segment.window = first & 8 == 0 ? 8000 : script.input.integer()
    if first & 0x10 != 0 { addOptions(to: &segment) }
    if first & 2 == 0 { next[index] &+= UInt32(segment.length) }
    // What was sent is mostly acknowledged.
    if first & 0x80 != 0 { acknowledged[1 - index] = next[index] }
    return segment
  }

  private mutating func addOptions(to segment: inout StreamSegment) {
    let choices = script.input.byte()
    if choices & 1 != 0 { segment.maximumSegmentSize = script.input.integer() }
    if choices & 2 != 0 { segment.windowScale = script.input.byte() }
    segment.permitsSACK = choices & 4 != 0
    if choices & 8 != 0 {
      segment.timestamps = .init(value: script.input.integer(), echo: script.input.integer())
    }
    if choices & 16 != 0 { segment.urgentPointer = script.input.integer() }
    for _ in 0..<(choices >> 5 & 3) {
      let left = segment.acknowledgment + Int(script.input.integer(Int16.self))
      let right = left + Int(script.input.integer(Int16.self))
      segment.sackBlocks.append(SACKBlock(left: left, right: right))
    }
  }
}
