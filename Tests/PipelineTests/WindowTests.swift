import Analysis
import Analyzers
import Checking
import Support
import Testing

@testable import Pipeline

/// Text that becomes longer than the windows of its receiver.
@Suite("Growth and windows")
struct WindowTests {
  private static func replace(with count: Int) throws -> [ChainLink] {
    let settings = ["find": "alice", "with": String(repeating: "b", count: count)]
      .mapValues { Array($0.utf8) }
    let options = try Options(settings, settings: ReplaceAnalyzer.settings)
    return [ChainLink(name: "replace", analyzer: try ReplaceAnalyzer(options))]
  }

  /// Forty pieces that nobody acknowledges before the last.
  private static func talk(scale: UInt8?) -> [CapturedFrame] {
    let talk = Conversation()
    if let scale { talk.scalesWindows(by: scale) }
    talk.opens()
    for _ in 0..<40 { talk.originator.sends("hello alice") }
    talk.responder.acknowledges()
    talk.closes()
    return talk.frames
  }

  @Test("What no window has room for is refused by a name, and the rest is edited")
  func refused() throws {
    let frames = Self.talk(scale: nil)
    let outcome = try run(frames, Self.replace(with: 4000))
    let refused = outcome.summary.analyzers[0].obstacles
    #expect(refused["window"] == 40 - outcome.summary.deferral.edits)
    #expect((10..<16).contains(outcome.summary.deferral.edits))
    #expect(outcome.summary.deferral.packetsBeyondWindow == 0)
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }

  @Test("A scale makes room for all of it")
  func scaled() throws {
    let outcome = try run(Self.talk(scale: 7), Self.replace(with: 4000))
    #expect(outcome.summary.deferral.edits == 40)
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }

  @Test("Who sends far more at once than before may be put beyond the window, which is counted")
  func outgrown() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("hello alice")
    for _ in 0..<40 { talk.originator.sends(String(repeating: "x", count: 1400)) }
    talk.responder.acknowledges()
    talk.closes()
    let outcome = try run(talk.frames, Self.replace(with: 30_000))
    #expect(outcome.summary.deferral.edits == 1)
    let beyond = judge(outcome.sink.frames).errors.filter { $0.name == .beyondWindow }
    #expect(!beyond.isEmpty)
    #expect(outcome.summary.deferral.packetsBeyondWindow > 0)
  }

  @Test(
    "What is refused does not depend on how the stream is cut into chunks", arguments: [64, 999])
  func chunks(size: Int) throws {
    let talk = Conversation()
    talk.opens()
    for _ in 0..<12 { talk.originator.sends(String(repeating: "hello alice ", count: 100)) }
    talk.responder.acknowledges()
    talk.closes()
    let whole = try run(talk.frames, Self.replace(with: 100))
    #expect(whole.summary.analyzers[0].obstacles["window"] ?? 0 > 0)
    #expect(judge(whole.sink.frames).errors.isEmpty)
    let cut = try run(talk.frames, Self.replace(with: 100)) {
      $0.deferral.bufferSize = size
      $0.deferral.isThroughPool = true
    }
    #expect(cut.sink.frames == whole.sink.frames)
  }
}
