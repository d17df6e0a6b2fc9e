import Sockets
import Support
import Testing

@testable import Injection

@Suite("Inline, of what seeds make") struct InlineRandomTests {
  static func plan(_ count: Int, _ random: inout SeededGenerator) -> PlannedEdits {
    var edits: [PlannedEdits.Edit] = []
    var place = Bool.random(using: &random) ? 0 : Int.random(in: 0...2000, using: &random)
    while place <= count, edits.count < 8 {
      let kind = Int.random(in: 0..<4, using: &random)
      let removed =
        kind == 0
        ? 0 : min(Int.random(in: 1...[10, 300, 4000][kind - 1], using: &random), count - place)
      let size = [20, 400, 5000].randomElement(using: &random)!
      let added =
        kind == 3 || removed == 0 && kind != 0 ? 0 : Int.random(in: 1...size, using: &random)
      if removed > 0 || added > 0 {
        edits.append(.init(at: place, removing: removed, inserting: .content(added)))
      }
      place += removed + Int.random(in: 1...6000, using: &random)
    }
    var plan = PlannedEdits(edits)
    plan.isEager = Bool.random(using: &random)
    return plan
  }

  static func options(_ random: inout SeededGenerator) -> NetworkEndpoint.Options {
    var options = NetworkEndpoint.Options()
    options.initialSequence =
      Bool.random(using: &random)
      ? 0 &- UInt32.random(in: 0...20_000, using: &random)
      : UInt32.random(in: 0...UInt32.max, using: &random)
    options.maximumSegmentSize = [536, 1000, 1460].randomElement(using: &random)!
    options.windowScale =
      Bool.random(using: &random) ? [0, 3, 7].randomElement(using: &random) : nil
    options.permitsSACK = Int.random(in: 0..<4, using: &random) > 0
    options.usesTimestamps = Int.random(in: 0..<4, using: &random) > 0
    options.delaysAcknowledgments = Bool.random(using: &random)
    options.receiveBuffer = [2000, 8000, 65_536].randomElement(using: &random)!
    if Int.random(in: 0..<4, using: &random) == 0 {
      options.keepAlive = 300_000
      options.keepAliveHasByte = Bool.random(using: &random)
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      options.reading = (Int.random(in: 200...3000, using: &random), 30_000)
    }
    return options
  }

  static func link(_ random: inout SeededGenerator, quality: Int) -> SimulatedNetwork.Link {
    var link = SimulatedNetwork.Link()
    link.delay = Int64.random(in: 100...20_000, using: &random)
    guard quality > 0 else { return link }
    link.loss = [0, 0.01, 0.05, 0.15].randomElement(using: &random)!
    guard quality > 1 else { return link }
    link.jitter = Bool.random(using: &random) ? 0 : 3000
    link.duplication = [0, 0, 0.05].randomElement(using: &random)!
    link.reordering = [0, 0.05, 0.2].randomElement(using: &random)!
    link.splitting = [0, 0, 0.2].randomElement(using: &random)!
    return link
  }

  static func talk(seed: UInt64) -> Talk {
    var random = SeededGenerator(seed: seed)
    let counts = (0..<2).map { _ in
      Int.random(in: 0...[100, 5000, 30_000].randomElement(using: &random)!, using: &random)
    }
    let plans = counts.map { Int.random(in: 0..<8, using: &random) == 0 ? nil : plan($0, &random) }
    let isDialogue = Bool.random(using: &random)
    let ends = (0..<2).map { _ in options(&random) }
    let talk =
      isDialogue
      ? Talk(
        portions: Int.random(in: 1...12, using: &random),
        over: Int64.random(in: 1...10_000_000, using: &random), .text(counts[0]),
        .text(counts[1], from: 77), outEdits: plans[0], backEdits: plans[1], seed: seed,
        originator: ends[0], responder: ends[1])
      : Talk(
        .text(counts[0]), .text(counts[1], from: 77), outEdits: plans[0], backEdits: plans[1],
        seed: seed, originator: ends[0], responder: ends[1],
        closesAt: Bool.random(using: &random) ? 0 : 500_000)
    let quality = Int.random(in: 0..<3, using: &random)
    talk.network.links = (0..<4).map { _ in link(&random, quality: quality) }
    if Bool.random(using: &random) {
      talk.network.holding = (0.2, [20_000, 150_000, 2_000_000].randomElement(using: &random)!)
    }
    return talk
  }

  @Test("Each side gets the edited stream, whatever happens on the way", arguments: 0..<8)
  func anything(part: UInt64) {
    for seed in part * 1000..<part * 1000 + 100 {
      let problems = Self.talk(seed: seed).run()
      #expect(problems == [], "seed \(seed)")
    }
  }
}
