import Analysis
import Analyzers
import Checking
import Foundation
import Generation
import Support
import Testing
import Wire

@testable import Pipeline

/// What is written behind an edit has no kind of error, as a checker of its own judges it, that the input
/// did not have.
@Suite("Edited captures are valid")
struct ValidityTests {
  private static func values(_ settings: [String: String]) -> [String: [UInt8]] {
    settings.mapValues { Array($0.utf8) }
  }

  private static func trial(_ settings: [String: String]) throws -> ChainLink {
    let options = try Options(values(settings), settings: TrialAnalyzer.settings)
    return ChainLink(name: "trial", analyzer: try TrialAnalyzer(options))
  }

  private static func replace(_ find: String, with text: String) throws -> ChainLink {
    let options = try Options(
      values(["find": find, "with": text]), settings: ReplaceAnalyzer.settings)
    return ChainLink(name: "replace", analyzer: try ReplaceAnalyzer(options))
  }

  private static func insert(_ text: String) throws -> ChainLink {
    let options = try Options(values(["text": text]), settings: InsertAnalyzer.settings)
    return ChainLink(name: "insert", analyzer: try InsertAnalyzer(options))
  }

  private static func deny(_ find: String, _ action: String) throws -> ChainLink {
    let options = try Options(
      values(["find": find, "action": action]), settings: DenyMatchAnalyzer.settings)
    return ChainLink(name: "deny-match", analyzer: try DenyMatchAnalyzer(options))
  }

  static func edits(seed: UInt64) throws -> [(String, ChainLink)] {
    [
      ("longer", try replace("e", with: "eleven")), ("shorter", try replace("th", with: "t")),
      ("nothing", try replace("ing", with: "")),
      ("much", try insert(String(repeating: "q", count: 1500))),
      ("few", try insert("x")), ("cut", try deny("er", "cut")), ("drop", try deny("qz", "drop")),
      ("reset", try deny("zq", "reset")),
      ("dense", try trial(["edits": "30", "seed": String(seed)])),
      ("rare", try trial(["edits": "2000", "seed": String(seed)])),
    ]
  }

  /// New kinds of errors, by what was done.
  static func faults(_ frames: [CapturedFrame], seed: UInt64) throws -> [String] {
    let before = Set(judge(frames).errors.map(\.name))
    var faults: [String] = []
    for (name, link) in try edits(seed: seed) {
      for memory in [1 << 30, 32 << 20] {
        let edited = try run(frames, [link]) { $0.memory = memory }
        let new = Set(judge(edited.sink.frames).errors.map(\.name)).subtracting(before)
        if new.isEmpty { continue }
        faults.append("\(name) in \(memory): \(new.map { $0.rawValue }.sorted())")
      }
    }
    return faults
  }

  /// `SLUICE_EDITS=1000` for so many of them.
  private static var seeds: ClosedRange<UInt64> {
    1...(ProcessInfo.processInfo.environment["SLUICE_EDITS"].flatMap { UInt64($0) } ?? 10)
  }

  @Test("Whatever was lost, repeated and out of order, and whatever is done", arguments: seeds)
  func adverse(seed: UInt64) throws {
    let sink = MemorySink()
    let options = GenerationOptions(bytes: 20_000, seed: seed)
    _ = try generate(.adverse, options: options, into: sink)
    #expect(try Self.faults(sink.frames, seed: seed) == [], "seed \(seed)")
  }

  @Test("Other workloads", arguments: [Workload.bulk, .http, .many, .mail])
  func workloads(workload: Workload) throws {
    let sink = MemorySink()
    _ = try generate(workload, options: GenerationOptions(bytes: 40_000, seed: 7), into: sink)
    #expect(try Self.faults(sink.frames, seed: 7) == [])
  }

  /// A window of 4,096 bytes that is always full, so that nothing of what is put in finds room.
  /// A window that is always full, so that nothing of what is put in finds room.
  @Test(
    "Text that outgrows the windows", arguments: Conversation.Family.allCases, [UInt8(0), 3])
  func fullWindows(family: Conversation.Family, shift: UInt8) throws {
    for timestamps in [false, true] {
      let talk = Conversation(family)
      if timestamps { (talk.originator.timestamp, talk.responder.timestamp) = (100, 900) }
      (talk.originator.windowScale, talk.responder.windowScale) = (0, shift)
      talk.responder.window = 4096
      talk.opens()
      talk.responder.window = 4096 >> UInt16(shift)
      talk.responder.acknowledges(0)
      let line = String(repeating: "Meet me on Friday evening, then. ", count: 31)
      for round in 1...3 {
        for _ in 0..<4 { talk.originator.sends(line) }
        talk.responder.acknowledges(4 * round * line.utf8.count)
      }
      #expect(judge(talk.frames).errors.isEmpty)
      let edited = try run(talk.frames, [try Self.replace("Friday", with: "Wednesday")])
      #expect(judge(edited.sink.frames).errors.map(\.description) == [])
      #expect(edited.summary.deferral.edits == 12 * 31)
      #expect(edited.sink.frames.count > talk.frames.count)
    }
  }

  /// A match behind a hole: what was left out of the flow is not acknowledged selectively either.
  @Test("Flows that end behind a hole", arguments: ["drop", "reset"])
  func holes(action: String) throws {
    let talk = Self.selectiveTalk()
    talk.originator.sends("alice")
    talk.responder.acknowledges(5)
    talk.originator.sends("it is bob", at: 10)
    Self.sacks(talk, 5, 10..<19)
    talk.originator.sends("carol", at: 5)
    talk.responder.acknowledges(19)
    #expect(judge(talk.frames).errors.isEmpty)
    let edited = try run(talk.frames, [try Self.deny("bob", action)])
    #expect(judge(edited.sink.frames).errors.map(\.description) == [])
    #expect(edited.summary.deferral.droppedFlows == 1)
  }

  private static func selectiveTalk() -> Conversation {
    let talk = Conversation(.ipv4)
    for end: End in [talk.originator, talk.responder] {
      end.change = { if $0.flags.contains(.syn) { $0.options.appendSACKPermitted() } }
    }
    talk.opens()
    return talk
  }

  /// An acknowledgement of the responder with a block, with some text.
  private static func sacks(
    _ talk: Conversation, _ acknowledged: Int, _ block: Range<Int>, text: String = ""
  ) {
    let edges = [
      SACKBlock(
        left: SequenceNumber(talk.originator.sequence(block.lowerBound)),
        right: SequenceNumber(talk.originator.sequence(block.upperBound)))
    ]
    talk.responder.change = {
      $0.options.appendNoOperation()
      $0.options.appendNoOperation()
      $0.options.appendSACK(edges.span)
    }
    if text.isEmpty {
      talk.responder.acknowledges(exactly: acknowledged)
    } else {
      talk.responder.segment(
        [.ack, .psh], sequence: talk.responder.sequence(talk.responder.sent),
        acknowledgment: talk.originator.sequence(acknowledged), Array(text.utf8))
      talk.responder.sent += text.utf8.count
    }
    talk.responder.change = nil
  }

  /// Without timestamps their header is as long as that of a segment with timestamps and without a
  /// block.
  @Test("Selective acknowledgements of segments with text")
  func blocksWithText() throws {
    let talk = Self.selectiveTalk()
    talk.originator.sends("alice and")
    talk.responder.acknowledges(9)
    talk.originator.sends("carol", at: 14)
    Self.sacks(talk, 9, 14..<19, text: "hello")
    talk.originator.sends(" bob ", at: 9)
    talk.responder.acknowledges(19)
    #expect(judge(talk.frames).errors.isEmpty)
    let edited = try run(talk.frames, [try Self.replace("alice", with: "bartholomew")])
    #expect(judge(edited.sink.frames).errors.map(\.description) == [])
    #expect(edited.sink.frames != talk.frames)
  }

  /// An IPv4 header whose checksum is right and happens to be 0.
  @Test("A checksum that is 0 is kept right")
  func zeroChecksum() throws {
    let talk = Conversation(.ipv4)
    talk.opens()
    talk.originator.sends("until Friday, then")
    var frames = talk.frames
    let last = frames.count - 1
    // The identification makes up for what was there.
    let start = 14
    let field = { (offset: Int) in
      UInt16(frames[last].bytes[start + offset]) << 8
        | UInt16(frames[last].bytes[start + offset + 1])
    }
    var sum = Checksum()
    sum.add(field(4))
    sum.add(field(10))
    let identification = sum.folded
    frames[last] = frames[last].replacing(start + 10, with: 0).replacing(
      start + 4, with: identification)
    let edited = try run(frames, [try Self.replace("Friday", with: "Wednesday")])
    #expect(edited.summary.deferral.edits == 1)
    for frame in edited.sink.frames {
      let header = try IPv4Packet(validating: frame.bytes.span.bytes.extracting(start...))
      let isRight = header.hasValidChecksum
      #expect(isRight)
    }
  }
}
