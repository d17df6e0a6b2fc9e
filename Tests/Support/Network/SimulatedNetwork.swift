import Injection
import Sockets
import Wire

/// Two ends, and between them what is tried, each behind a link that does not bring everything through:
/// all in virtual time, and the same for the same seed.
package final class SimulatedNetwork {
  /// What happens to segments on one link, one way.
  package struct Link: Sendable {
    package var delay: Int64 = 5_000
    package var jitter: Int64 = 0
    package var loss = 0.0
    package var duplication = 0.0
    /// How often one is overtaken.
    package var reordering = 0.0
    /// How often one is cut into two.
    package var splitting = 0.0
    /// Those that do not arrive, by their number from 0.
    package var dropped: Set<Int> = []

    package init() {}

    var keepsOrder: Bool { jitter == 0 && duplication == 0 && reordering == 0 }
  }

  /// A link, and which way: the number is its index in `links`.
  package enum Place: Int, CaseIterable, Sendable {
    case originatorOut, responderOut, responderIn, originatorIn
  }

  /// A segment as it stood on one side of what is tried.
  package struct Sighting: Hashable {
    package var time: Int64
    package var direction: Direction
    package var segment: StreamSegment
  }

  package let originator: NetworkEndpoint
  package let responder: NetworkEndpoint
  package var links = [Link](repeating: Link(), count: 4)
  /// How many segments went onto each link.
  package private(set) var sent = [0, 0, 0, 0]
  /// How many were lost for the random.
  package private(set) var lost = 0
  package var connection: InlineConnection
  /// How often a chunk is held, and how long.
  package var holding = (chance: 0.0, time: Int64(20_000))
  /// What was seen on the side of the originator, and on that of the responder.
  package private(set) var sightings: [[Sighting]] = [[], []]
  /// Whether sightings are kept.
  package var isTraced = false
  package private(set) var now: Int64 = 0
  package private(set) var eventCount = 0

  private enum Event {
    case arrival(Int, StreamSegment)
    case tick(Direction)
    case action((SimulatedNetwork) -> Void)
  }
  private var queue = EventQueue<Event>()
  private var random: SeededGenerator
  private var lastArrival = [Int64](repeating: 0, count: 4)
  private var ticks: [Int64?] = [nil, nil]
  private let plans: Plans

  private final class Plans {
    var edits: [PlannedEdits]
    var held: [(Direction, StreamChunk)] = []
    var holds: () -> Bool = { false }
    init(_ edits: [PlannedEdits]) { self.edits = edits }
  }

  package init(
    seed: UInt64 = 1, originator: NetworkEndpoint.Options = .init(),
    responder: NetworkEndpoint.Options = .init(), out: PlannedEdits? = nil, in: PlannedEdits? = nil
  ) {
    random = SeededGenerator(seed: seed)
    self.originator = NetworkEndpoint("originator", isOriginator: true, originator)
    self.responder = NetworkEndpoint("responder", isOriginator: false, responder)
    let plans = Plans([out ?? PlannedEdits(), `in` ?? PlannedEdits()])
    self.plans = plans
    var analyzed: Set<Direction> = []
    if out != nil { analyzed.insert(.out) }
    if `in` != nil { analyzed.insert(.in) }
    connection = InlineConnection(analyzing: analyzed) { direction, chunk in
      if plans.holds() {
        plans.held.append((direction, chunk))
        return .hold
      }
      return plans.edits[direction.index].decision(on: chunk)
    }
  }

  // MARK: A run

  package func at(_ time: Int64, _ action: @escaping (SimulatedNetwork) -> Void) {
    queue.insert(.action(action), at: time)
  }

  /// Runs until both ends are done; answers whether they came to be in time.
  @discardableResult
  package func run(until limit: Int64) -> Bool {
    plans.holds = { [unowned self] in
      holding.chance > 0 && Double.random(in: 0..<1, using: &random) < holding.chance
    }
    let keepOrder = links.allSatisfy(\.keepsOrder)
    originator.isStrict = keepOrder
    responder.isStrict = keepOrder
    while let (time, event) = queue.next(), time <= limit {
      now = time
      eventCount += 1
      switch event {
      case .action(let action): action(self)
      case .tick(let direction):
        ticks[direction.index] = nil
        end(direction).tick(at: now)
      case .arrival(let link, let segment): arrive(segment, on: link)
      }
      settle()
      if originator.isFinished, responder.isFinished { return true }
    }
    now = limit
    return originator.isFinished && responder.isFinished
  }

  /// The end from which a direction comes.
  private func end(_ direction: Direction) -> NetworkEndpoint {
    direction == .out ? originator : responder
  }

  private func settle() {
    for direction in Direction.allCases {
      let end = end(direction)
      let segments = end.outbox
      end.outbox = []
      for segment in segments { carry(segment, on: direction == .out ? 0 : 2) }
      guard let deadline = end.deadline else { continue }
      if let tick = ticks[direction.index], tick <= deadline { continue }
      ticks[direction.index] = deadline
      queue.insert(.tick(direction), at: max(deadline, now))
    }
  }

  private func arrive(_ segment: StreamSegment, on link: Int) {
    switch link {
    case 1: responder.receive(segment, at: now)
    case 3: originator.receive(segment, at: now)
    default:
      let direction: Direction = link == 0 ? .out : .in
      see(segment, direction, side: direction.index)
      leave(connection.receive(segment, direction))
      let held = plans.held
      plans.held = []
      for (direction, chunk) in held { answerLater(direction, chunk) }
    }
  }

  private func answerLater(_ direction: Direction, _ chunk: StreamChunk) {
    let time = now + Int64.random(in: 0...holding.time, using: &random)
    // The order of answers is not that of chunks; what is decided is.
    let decision = plans.edits[direction.index].decision(on: chunk)
    at(time) { network in
      network.leave(network.connection.decide(decision, of: direction, at: chunk.offset))
    }
  }

  /// Lets leave what the connection makes of its own accord.
  package func leave(_ departures: [InlineConnection.Departure]) {
    for departure in departures {
      see(departure.segment, departure.direction, side: departure.direction.reversed.index)
      carry(departure.segment, on: departure.direction == .out ? 1 : 3)
    }
  }

  private func see(_ segment: StreamSegment, _ direction: Direction, side: Int) {
    guard isTraced else { return }
    sightings[side].append(Sighting(time: now, direction: direction, segment: segment))
  }

  // MARK: Links

  private func happens(_ chance: Double) -> Bool {
    chance > 0 && Double.random(in: 0..<1, using: &random) < chance
  }

  private func carry(_ segment: StreamSegment, on index: Int) {
    let link = links[index]
    if segment.payload.count > 1, !segment.flags.contains(.syn), happens(link.splitting) {
      let place = Int.random(in: 1..<segment.payload.count, using: &random)
      var (first, second) = (segment, segment)
      first.payload = Array(segment.payload[..<place])
      first.flags.subtract([.fin, .psh])
      second.payload = Array(segment.payload[place...])
      second.sequence += place
      carryWhole(first, on: index)
      carryWhole(second, on: index)
    } else {
      carryWhole(segment, on: index)
    }
  }

  private func carryWhole(_ segment: StreamSegment, on index: Int) {
    let link = links[index]
    let number = sent[index]
    sent[index] += 1
    if link.dropped.contains(number) || happens(link.loss) {
      lost += 1
      return
    }
    var time = now + link.delay
    if link.jitter > 0 { time += Int64.random(in: 0...link.jitter, using: &random) }
    if happens(link.reordering) {
      time += Int64.random(in: 1...20_000, using: &random)
    } else {
      time = max(time, lastArrival[index])
      lastArrival[index] = time
    }
    queue.insert(.arrival(index, segment), at: time)
    if happens(link.duplication) {
      queue.insert(
        .arrival(index, segment), at: time + Int64.random(in: 0...10_000, using: &random))
    }
  }
}

/// Events in the order of their times, and of their coming.
struct EventQueue<Event> {
  private var heap: [(time: Int64, number: Int, event: Event)] = []
  private var number = 0

  mutating func insert(_ event: Event, at time: Int64) {
    number += 1
    heap.append((time, number, event))
    var index = heap.count - 1
    while index > 0, isBefore(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func next() -> (Int64, Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
        if isBefore(child, least) { least = child }
      }
      guard least != index else { return }
      heap.swapAt(index, least)
      index = least
    }
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
  }
}
