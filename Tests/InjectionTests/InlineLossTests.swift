import Sockets
import Support
import Testing

@testable import Injection

@Suite("Inline, with each segment lost in turn") struct InlineLossTests {
  /// Which of SACK and timestamps both ends use.
  static let habits: [(sack: Bool, timestamps: Bool)] = [
    (true, true), (false, true), (true, false), (false, false),
  ]

  private func options(_ habit: Int) -> NetworkEndpoint.Options {
    var options = NetworkEndpoint.Options()
    options.permitsSACK = Self.habits[habit].sack
    options.usesTimestamps = Self.habits[habit].timestamps
    return options
  }

  /// Runs with every segment of every link lost, one in each run.
  private func loseEach(_ name: String, _ make: () -> Talk) {
    let whole = make()
    #expect(whole.run() == [], "\(name)")
    for place in SimulatedNetwork.Place.allCases {
      for number in 0..<whole.network.sent[place.rawValue] {
        let talk = make()
        talk.network.links[place.rawValue].dropped = [number]
        #expect(talk.run() == [], "\(name), \(place) \(number)")
      }
    }
  }

  @Test("One edit, each way", arguments: InlineTests.edits.indices, 0..<4)
  func oneEdit(index: Int, habit: Int) {
    let (name, edit) = InlineTests.edits[index]
    let options = options(habit)
    loseEach("\(name), out") {
      Talk(
        .text(6000), .text(3000), outEdits: PlannedEdits([edit]), originator: options,
        responder: options)
    }
    loseEach("\(name), in") {
      Talk(
        .text(3000), .text(6000), backEdits: PlannedEdits([edit]), originator: options,
        responder: options)
    }
  }

  @Test("Two edits under way, and two segments lost", arguments: 0..<4)
  func twoEdits(habit: Int) {
    let options = options(habit)
    let plan = PlannedEdits([
      .init(at: 2000, removing: 300, inserting: .content(800)), .init(at: 5000, removing: 2000),
    ])
    let make = {
      Talk(
        .text(9000), .text(2000), outEdits: plan, backEdits: plan, originator: options,
        responder: options)
    }
    let counts = make()
    #expect(counts.run() == [])
    for first in 0..<counts.network.sent[1] {
      for second in first + 1..<counts.network.sent[1] {
        let talk = make()
        talk.network.links[1].dropped = [first, second]
        #expect(talk.run() == [], "\(first) and \(second)")
      }
    }
  }
}
