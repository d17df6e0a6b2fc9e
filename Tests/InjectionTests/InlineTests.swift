import Sockets
import Support
import Testing
import Wire

@testable import Injection

/// A conversation through the inline core, and what has to be true of it whatever happens.
struct Talk {
  var network: SimulatedNetwork
  let streams: [[UInt8]]
  let edits: [PlannedEdits?]

  /// Each end writes its stream at once and closes.
  init(
    _ out: [UInt8] = [], _ back: [UInt8] = [], outEdits: PlannedEdits? = nil,
    backEdits: PlannedEdits? = nil, seed: UInt64 = 1, originator: NetworkEndpoint.Options = .init(),
    responder: NetworkEndpoint.Options = .init(), closesAt: Int64? = 0
  ) {
    network = SimulatedNetwork(
      seed: seed, originator: originator, responder: responder, out: outEdits, in: backEdits)
    streams = [out, back]
    edits = [outEdits, backEdits]
    network.at(0) { $0.originator.open(at: 0) }
    network.at(1) { network in
      network.originator.write(out, at: 1)
      network.responder.write(back, at: 1)
    }
    guard let closesAt else { return }
    close(at: closesAt + 2)
  }

  /// Each end writes portions of its stream, as ends do that talk with each other, and then closes.
  init(
    portions: Int, over time: Int64, _ out: [UInt8], _ back: [UInt8], outEdits: PlannedEdits?,
    backEdits: PlannedEdits?, seed: UInt64, originator: NetworkEndpoint.Options,
    responder: NetworkEndpoint.Options
  ) {
    network = SimulatedNetwork(
      seed: seed, originator: originator, responder: responder, out: outEdits, in: backEdits)
    streams = [out, back]
    edits = [outEdits, backEdits]
    network.at(0) { $0.originator.open(at: 0) }
    var random = SeededGenerator(seed: seed)
    for direction in Direction.allCases {
      let stream = streams[direction.index]
      let cuts = (0..<portions).map { _ in Int.random(in: 0...stream.count, using: &random) }
      let places = [0] + cuts.sorted() + [stream.count]
      let times = (0...portions).map { _ in Int64.random(in: 1...time, using: &random) }.sorted()
      for (index, moment) in times.enumerated() {
        let bytes = Array(stream[places[index]..<places[index + 1]])
        network.at(moment) { network in
          let end = direction == .out ? network.originator : network.responder
          end.write(bytes, at: network.now)
        }
      }
    }
    close(at: time + 1)
  }

  private func close(at time: Int64) {
    network.at(time) { network in
      network.originator.close(at: network.now)
      network.responder.close(at: network.now)
    }
  }

  func expected(_ direction: Direction) -> [UInt8] {
    edits[direction.index]?.applied(to: streams[direction.index]) ?? streams[direction.index]
  }

  /// Everything that is wrong.
  func problems(isFinished: Bool) -> [String] {
    var problems = network.originator.violations + network.responder.violations
    if !isFinished { problems.append("not finished") }
    for (end, direction) in [(network.responder, Direction.out), (network.originator, .in)]
    where end.received != expected(direction) {
      problems.append(
        "\(end.name) received \(end.received.count) bytes of \(expected(direction).count)")
    }
    return problems
  }

  func run(until limit: Int64 = 600_000_000) -> [String] {
    problems(isFinished: network.run(until: limit))
  }
}

extension [UInt8] {
  static func text(_ count: Int, from first: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 + first) &* 7 ^ ($0 + first) >> 8) }
  }

  static func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(0x80 | $0 & 0x7F) } }
}

@Suite("Inline") struct InlineTests {
  @Test("A connection that is not changed goes through as it is")
  func identity() {
    let talk = Talk(.text(50_000), .text(20_000), outEdits: .init(), backEdits: .init())
    talk.network.isTraced = true
    #expect(talk.run() == [])
    #expect(talk.network.sightings[0].map(\.segment) == talk.network.sightings[1].map(\.segment))
    _ = talk
  }

  static let edits: [(String, PlannedEdits.Edit)] = [
    ("insertion", .init(at: 3000, inserting: .content(700))),
    ("deletion", .init(at: 3000, removing: 900)),
    ("replacement", .init(at: 3000, removing: 400, inserting: .content(900))),
    ("shorter replacement", .init(at: 2000, removing: 2500, inserting: .content(9))),
    ("growth over segments", .init(at: 1460, removing: 1, inserting: .content(9000))),
    ("at the start", .init(at: 0, removing: 0, inserting: .content(40))),
    ("removal of the tail", .init(at: 5000, removing: 1000)),
    ("insertion at the end", .init(at: 6000, inserting: .content(300))),
  ]

  @Test("Changed without loss", arguments: edits.indices)
  func plain(index: Int) {
    let plan = PlannedEdits([Self.edits[index].1])
    let out = Talk(.text(6000), .text(3000), outEdits: plan)
    #expect(out.run() == [], "\(Self.edits[index].0)")
    let back = Talk(.text(3000), .text(6000), backEdits: plan)
    #expect(back.run() == [], "\(Self.edits[index].0)")
  }
}
