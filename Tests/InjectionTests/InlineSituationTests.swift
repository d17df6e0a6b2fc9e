import Sockets
import Support
import Testing
import Wire

@testable import Injection

@Suite("Inline, situations that were thought of") struct InlineSituationTests {
  @Test(
    "A direction that nobody looks at goes through bit for bit, whatever is lost", arguments: 1...60
  )
  func unseen(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let talk = Talk(
      .text(20_000), .text(8000), seed: seed, originator: InlineRandomTests.options(&random),
      responder: InlineRandomTests.options(&random))
    talk.network.isTraced = true
    talk.network.links = (0..<4).map { _ in InlineRandomTests.link(&random, quality: 2) }
    #expect(talk.run() == [], "seed \(seed)")
    let sides = talk.network.sightings.map { $0.map(\.segment) }
    #expect(sides[0] == sides[1], "seed \(seed)")
  }

  @Test("One that is looked at and not changed does, where nothing is missing", arguments: 1...60)
  func unchanged(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let talk = Talk(
      .text(20_000), .text(8000), outEdits: .init(), backEdits: .init(), seed: seed,
      originator: InlineRandomTests.options(&random), responder: InlineRandomTests.options(&random))
    talk.network.isTraced = true
    talk.network.links = (0..<4).map { _ in InlineRandomTests.link(&random, quality: 0) }
    // What gets lost behind it is repeated by the ends.
    talk.network.links[1].loss = 0.1
    talk.network.links[3].loss = 0.1
    #expect(talk.run() == [], "seed \(seed)")
    let sides = talk.network.sightings.map { $0.map(\.segment) }
    #expect(sides[0] == sides[1], "seed \(seed)")
  }

  @Test("What was left out last is acknowledged before the connection falls silent")
  func removalBeforeSilence() {
    for lost in [nil, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as [Int?] {
      let talk = Talk(
        .text(4000), .text(500), outEdits: .init([.init(at: 3000, removing: 1000)]),
        closesAt: 30_000_000)
      if let lost { talk.network.links[3].dropped = [lost] }
      talk.network.at(20_000_000) { network in
        #expect(network.originator.isIdle)
        if lost == nil { #expect(network.originator.counts.retransmissions == 0) }
      }
      #expect(talk.run() == [], "lost \(lost ?? -1)")
    }
  }

  @Test("Everything is left out")
  func nothingLeft() {
    let talk = Talk(
      .text(9000), .text(100), outEdits: .init([.init(at: 0, removing: 9000)]),
      closesAt: 10_000_000)
    talk.network.at(5_000_000) { network in
      #expect(network.originator.isIdle && network.originator.counts.retransmissions == 0)
    }
    #expect(talk.run() == [])
  }

  @Test("What is put in behind the last byte before silence is there at once, lost or not")
  func insertionBeforeSilence() {
    for lost in 0..<8 {
      var plan = PlannedEdits([.init(at: 4000, inserting: .content(2500))])
      plan.isEager = true
      let talk = Talk(.text(4000), outEdits: plan, closesAt: 30_000_000)
      talk.network.links[1].dropped = [lost]
      talk.network.at(20_000_000) { network in
        #expect(network.responder.received.count == 6500 && network.originator.isIdle)
      }
      #expect(talk.run() == [], "lost \(lost)")
    }
  }

  @Test(
    "Growth waits for the receiver's window",
    arguments: [1, 600, 1460, 3000], [(200, 5_000), (1460, 100_000), (4000, 2_000_000)])
  func window(buffer: Int, reading: (Int, Int64)) {
    for lost in 0..<6 {
      var options = NetworkEndpoint.Options()
      options.receiveBuffer = max(buffer, 1)
      options.windowScale = nil
      options.reading = (reading.0, reading.1)
      let count = buffer == 1 ? 20 : 4000
      let plan = PlannedEdits([
        .init(at: count / 2, removing: 5, inserting: .content(buffer == 1 ? 30 : 9000))
      ])
      let talk = Talk(.text(count), outEdits: plan, responder: options)
      talk.network.links[1].dropped = [3 + lost]
      #expect(talk.run(until: 3_000_000_000) == [], "buffer \(buffer), lost \(3 + lost)")
    }
  }

  @Test("Numbers wrap at each kind of edit", arguments: InlineTests.edits.indices)
  func wrapping(index: Int) {
    let edit = InlineTests.edits[index].1
    let places = [
      edit.place, edit.place + edit.removed, edit.place + 1, edit.place + edit.content.count,
      edit.place + edit.content.count - edit.removed, edit.place - 1,
    ]
    for place in places {
      var options = NetworkEndpoint.Options()
      options.initialSequence = 0 &- UInt32(truncatingIfNeeded: place + 1)
      for lost in 3..<7 {
        let talk = Talk(
          .text(6000), .text(3000), outEdits: PlannedEdits([edit]), originator: options)
        talk.network.links[1].dropped = [lost]
        #expect(talk.run() == [], "wrap at \(place), lost \(lost)")
      }
    }
  }

  @Test(
    "A pattern of losses is told by blocks, and the sender does not have to wait", arguments: 1...40
  )
  func blocks(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let plan = PlannedEdits([
      .init(at: 20_000, removing: 700, inserting: .content(4000)),
      .init(at: 30_000, removing: 6000), .init(at: 40_000, inserting: .content(900)),
    ])
    let talk = Talk(.text(80_000), outEdits: plan, seed: seed)
    // In the middle, so that there is enough behind to tell of it.
    let places = Set((0..<4).map { _ in Int.random(in: 14..<40, using: &random) })
    talk.network.links[Bool.random(using: &random) ? 0 : 1].dropped = places
    #expect(talk.run() == [], "seed \(seed)")
    let counts = talk.network.originator.counts
    #expect(counts.retransmissions <= 30, "seed \(seed): \(counts)")
  }

  @Test("What was held beyond a hole and is lost later does not wait for the sender's timer")
  func lossBehindHole() {
    // From the first segment behind the hole on.
    for place in 21..<44 {
      let plan = PlannedEdits([.init(at: 21_000, removing: 100, inserting: .content(1500))])
      let talk = Talk(.text(80_000), outEdits: plan)
      talk.network.links[0].dropped = [20]
      talk.network.links[1].dropped = [place]
      #expect(talk.run() == [], "\(place)")
      #expect(talk.network.originator.counts.timeouts == 0, "\(place)")
    }
  }

  @Test("Whoever asks whether the other end is there gets an answer", arguments: [false, true])
  func keepAlive(hasByte: Bool) {
    for edit in InlineTests.edits {
      var options = NetworkEndpoint.Options()
      options.keepAlive = 1_000_000
      options.keepAliveHasByte = hasByte
      let talk = Talk(
        .text(6000), .text(1000), outEdits: .init([edit.1]), originator: options,
        closesAt: 10_500_000)
      #expect(talk.run() == [], "\(edit.0)")
      let counts = talk.network.originator.counts
      #expect(counts.keepAlives > 5 && counts.answeredKeepAlives >= counts.keepAlives - 1)
    }
  }

  @Test("Where nothing is lost, nothing is repeated or reported twice", arguments: 1...150)
  func quiet(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var options = (0..<2).map { _ in InlineRandomTests.options(&random) }
    for index in options.indices {
      options[index].receiveBuffer = 65_536
      options[index].reading = nil
    }
    let plans = (0..<2).map { _ in InlineRandomTests.plan(30_000, &random) }
    let talk = Talk(
      .text(30_000), .text(30_000, from: 9), outEdits: plans[0], backEdits: plans[1], seed: seed,
      originator: options[0], responder: options[1])
    #expect(talk.run() == [], "seed \(seed)")
    for end in [talk.network.originator, talk.network.responder] {
      #expect(end.counts.retransmissions == 0, "seed \(seed): \(end.counts)")
      #expect(end.counts.duplicatesReported == 0, "seed \(seed): \(end.counts)")
    }
  }

  @Test(
    "Held data loses no acknowledgement of the other direction, and no timestamp",
    arguments: 1...100)
  func holding(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let plan = InlineRandomTests.plan(20_000, &random)
    let talk = Talk(
      .text(20_000), .text(20_000, from: 9), outEdits: plan, backEdits: plan, seed: seed)
    talk.network.holding = (0.5, 100_000)
    #expect(talk.run() == [], "seed \(seed)")
    for end in [talk.network.originator, talk.network.responder] {
      #expect(end.counts.staleTimestamps == 0, "seed \(seed)")
      #expect(end.counts.timeouts == 0, "seed \(seed): \(end.counts)")
    }
  }

  @Test("Segments that are lost or held make none older than its turn", arguments: 1...100)
  func timestamps(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let talk = Talk(
      .text(30_000), .text(30_000, from: 9), outEdits: InlineRandomTests.plan(30_000, &random),
      backEdits: InlineRandomTests.plan(30_000, &random), seed: seed)
    talk.network.links = (0..<4).map { _ in InlineRandomTests.link(&random, quality: 1) }
    talk.network.holding.chance = Bool.random(using: &random) ? 0.3 : 0
    #expect(talk.run() == [], "seed \(seed)")
    #expect(talk.network.originator.counts.staleTimestamps == 0, "seed \(seed)")
    #expect(talk.network.responder.counts.staleTimestamps == 0, "seed \(seed)")
  }

  @Test("Both ends take a reset, whatever is under way", arguments: 1...60)
  func reset(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    // One that has nothing to send learns of a reset that got lost when it asks.
    var options = NetworkEndpoint.Options()
    options.keepAlive = 500_000
    let talk = Talk(
      .text(60_000), .text(60_000, from: 9), outEdits: InlineRandomTests.plan(60_000, &random),
      backEdits: InlineRandomTests.plan(60_000, &random), seed: seed, originator: options,
      responder: options, closesAt: nil)
    let network = talk.network
    let links = (0..<4).map { _ in InlineRandomTests.link(&random, quality: Int(seed % 3)) }
    network.at(40_000) { $0.links = links }
    network.at(Int64.random(in: 60_000...200_000, using: &random)) { network in
      network.originator.expectsReset = true
      network.responder.expectsReset = true
      network.leave(network.connection.resetBoth())
    }
    let isFinished = network.run(until: 600_000_000)
    #expect(isFinished && network.originator.violations == [], "seed \(seed)")
    #expect(network.responder.violations == [], "seed \(seed)")
    for (end, direction) in [(network.responder, Direction.out), (network.originator, .in)] {
      #expect(end.received == Array(talk.expected(direction).prefix(end.received.count)))
    }
  }

  @Test("A connection that is dropped is silent")
  func drop() {
    let talk = Talk(.text(60_000), .text(60_000), outEdits: .init())
    talk.network.isTraced = true
    talk.network.at(60_000) { $0.connection.drop() }
    #expect(!talk.network.run(until: 10_000_000))
    let last = talk.network.sightings[1].filter { $0.direction == .out }.map(\.time).max() ?? 0
    #expect(last > 0 && last <= 60_000)
  }
}
