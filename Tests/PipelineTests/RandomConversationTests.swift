import Analysis
import Analyzers
import Checking
import Injection
import Sockets
import Support
import Testing
import Wire

@testable import Pipeline

/// Conversations of two ends over links that lose, reorder, repeat and cut segments, seen in the middle:
/// what is written of them after any edit is as valid as they were, and has the edited streams.
@Suite("Edits of random conversations")
struct RandomConversationTests {
  private static let words = ["alice", "bob", "Friday", "hello"]

  private static func text(_ count: Int, _ random: inout SeededGenerator) -> String {
    var text = ""
    while text.utf8.count < count {
      text +=
        Int.random(in: 0..<8, using: &random) == 0
        ? words.randomElement(using: &random)!
        : String(UnicodeScalar(UInt8.random(in: 0x61...0x7A, using: &random)))
    }
    return text
  }

  private static func options(_ random: inout SeededGenerator) -> NetworkEndpoint.Options {
    var options = NetworkEndpoint.Options()
    options.initialSequence =
      Bool.random(using: &random)
      ? 0 &- UInt32.random(in: 0...4000, using: &random)
      : UInt32.random(in: 0...UInt32.max, using: &random)
    options.maximumSegmentSize = [100, 536, 1460].randomElement(using: &random)!
    options.windowScale =
      Bool.random(using: &random) ? [0, 3, 7].randomElement(using: &random) : nil
    options.permitsSACK = Bool.random(using: &random)
    options.usesTimestamps = Bool.random(using: &random)
    options.receiveBuffer = [2000, 8000, 65_535].randomElement(using: &random)!
    return options
  }

  private static func link(_ random: inout SeededGenerator) -> SimulatedNetwork.Link {
    var link = SimulatedNetwork.Link()
    link.delay = Int64.random(in: 100...20_000, using: &random)
    link.loss = [0, 0, 0.02, 0.1].randomElement(using: &random)!
    link.duplication = [0, 0, 0.05].randomElement(using: &random)!
    link.reordering = [0, 0.05, 0.2].randomElement(using: &random)!
    link.splitting = [0, 0, 0.2].randomElement(using: &random)!
    return link
  }

  /// Frames of a conversation, and what each end said.
  private static func conversation(
    _ seed: UInt64, client: Int
  ) -> (frames: [CapturedFrame], texts: [String]) {
    var random = SeededGenerator(seed: seed &* 100 &+ UInt64(client))
    let texts = (0..<2).map { _ in
      text(Int.random(in: 0...[200, 6000].randomElement(using: &random)!, using: &random), &random)
    }
    let network = SimulatedNetwork(
      seed: seed, originator: options(&random), responder: options(&random))
    network.links = (0..<4).map { _ in link(&random) }
    network.isTraced = true
    network.at(0) { $0.originator.open(at: 0) }
    network.at(1) {
      $0.originator.write(Array(texts[0].utf8), at: 1)
      $0.responder.write(Array(texts[1].utf8), at: 1)
    }
    network.at(2) {
      $0.originator.close(at: 2)
      $0.responder.close(at: 2)
    }
    network.run(until: 600_000_000)
    let talk = Conversation(
      Conversation.Family.allCases.randomElement(using: &random)!, client: client)
    let start = talk.now
    for sighting in network.sightings[0] {
      talk.now = start.advanced(by: sighting.time * 1000)
      let end: End = sighting.direction == .out ? talk.originator : talk.responder
      end.sends(sighting.segment)
    }
    return (talk.frames, texts)
  }

  private static func links() throws -> [(chain: [ChainLink], replaces: (String) -> String)] {
    func replace(_ word: String, _ with: String) throws -> ChainLink {
      let settings = ["find": word, "with": with].mapValues { Array($0.utf8) }
      let options = try Options(settings, settings: ReplaceAnalyzer.settings)
      return ChainLink(name: "replace", analyzer: try ReplaceAnalyzer(options))
    }
    func deny(_ action: String) throws -> ChainLink {
      let settings = ["find": "Friday", "action": action].mapValues { Array($0.utf8) }
      let options = try Options(settings, settings: DenyMatchAnalyzer.settings)
      return ChainLink(name: "deny-match", analyzer: try DenyMatchAnalyzer(options))
    }
    func insert(_ text: String) throws -> ChainLink {
      let options = try Options(
        ["text": Array(text.utf8)], settings: InsertAnalyzer.settings)
      return ChainLink(name: "insert", analyzer: try InsertAnalyzer(options))
    }
    return [
      ([try replace("alice", "al")], { $0.replacing("alice", with: "al") }),
      ([try replace("bob", "")], { $0.replacing("bob", with: "") }),
      ([try replace("hello", "Hello")], { $0.replacing("hello", with: "Hello") }),
      (
        [try replace("alice", "bartholomew"), try replace("bartholomew", "b")],
        { $0.replacing("alice", with: "b") }
      ),
      ([try insert("inserted")], { $0.isEmpty ? "" : "inserted" + $0 }),
      ([try deny("cut")], { $0.replacing("Friday", with: "") }),
      ([try deny("drop")], { $0 }), ([try deny("reset")], { $0 }),
    ]
  }

  @Test("Are done or refused by a name, and leave it valid", arguments: 0..<12)
  func valid(part: UInt64) throws {
    for seed in part * 10..<part * 10 + 10 {
      let talks = (1...3).map { Self.conversation(seed, client: $0) }
      let frames = talks.flatMap(\.frames).sorted { $0.timestamp < $1.timestamp }
      let before = Set(judge(frames).errors.map(\.name))
      for (number, (chain, replaces)) in try Self.links().enumerated() {
        let outcome = try run(frames, chain) { if seed % 2 == 0 { $0.memory = 32 << 20 } }
        let after = Set(judge(outcome.sink.frames).errors.map(\.name))
        #expect(after.subtracting(before) == [], "seed \(seed), chain \(number)")
        let isWhole =
          before.isEmpty && outcome.summary.deferral.droppedFlows == 0
          && outcome.summary.analyzers.allSatisfy { $0.obstacles.isEmpty }
          && outcome.summary.unseen.isEmpty
        guard isWhole, number < 6 else { continue }
        let expected = talks.flatMap(\.texts).map(replaces).filter { !$0.isEmpty }
        let found = reassemble(outcome.sink.frames).sockets.flatMap {
          [$0.text(.out), $0.text(.in)]
        }
        #expect(
          found.filter { !$0.isEmpty }.sorted() == expected.sorted(),
          "seed \(seed), chain \(number)")
      }
    }
  }
}

extension End {
  /// A segment as it is.
  fileprivate func sends(_ segment: StreamSegment) {
    change = { header in
      header.window = segment.window
      header.options = TCPOptionList()
      if let size = segment.maximumSegmentSize { header.options.appendMaximumSegmentSize(size) }
      if let shift = segment.windowScale { header.options.appendWindowScale(shift) }
      if segment.permitsSACK { header.options.appendSACKPermitted() }
      if let timestamps = segment.timestamps {
        header.options.appendTimestamps(value: timestamps.value, echo: timestamps.echo)
      }
      if !segment.sackBlocks.isEmpty { header.options.appendSACK(segment.sackBlocks.span) }
    }
    self.segment(
      segment.flags, sequence: segment.sequence.rawValue,
      acknowledgment: segment.acknowledgment.rawValue, segment.payload)
  }
}
