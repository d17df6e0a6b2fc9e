import Analysis
import Testing

@testable import Analyzers

/// The wait for the end of a match is given up.
@Suite("Matches that were not seen to their end")
struct EarlyEndTests {
  private static let early: [FinalReason] = [.peekLimit, .peekTimeout, .buffersShort, .spoolFull]

  private func makeDeny(_ values: [String: String]) throws -> DenyMatchAnalyzer {
    try DenyMatchAnalyzer(
      Options(values.mapValues { Array($0.utf8) }, settings: DenyMatchAnalyzer.settings))
  }

  private func summary(_ analyzer: some Analyzer) -> [String] {
    var context = FinishContext(engine: RecordingEngine())
    analyzer.finish(&context)
    return context.summaries
  }

  /// What goes on of `xxab`, then of what follows it, and how the flow ends.
  private func play(
    _ analyzer: some Analyzer, _ text: String, _ reason: FinalReason
  ) throws -> (String, Verdict?) {
    var player = StreamPlayer(try #require(analyzer.attach(to: .sample())))
    try player.send(Array(text.utf8))
    try player.finish(reason)
    try player.send(Array("c-abc-".utf8))
    try player.finish()
    #expect(player.refusals.isEmpty)
    return (String(decoding: player.output, as: UTF8.self), player.ending)
  }

  @Test("The rule decides what becomes of the bytes", arguments: early)
  func policies(reason: FinalReason) throws {
    for pattern in [["find": "abc"], ["regex": "abc+?"], ["rules": "regex:abc\nabcd"]] {
      for (policy, output, ending) in [
        ("allow", "xxabc--", nil), ("cut", "xxc--", nil),
        ("drop", "xx", .dropFlow), ("reset", "xx", .resetFlow),
      ] as [(String, String, Verdict?)] {
        let analyzer = try makeDeny(pattern.merging(["on-early-end": policy]) { $1 })
        let result = try play(analyzer, "xxab", reason)
        #expect(result == (output, ending), "\(pattern) \(policy)")
        #expect(
          summary(analyzer).count == 2
            && summary(analyzer)[1].hasPrefix("1 possible match was not seen to its end ("))
      }
    }
  }

  @Test("So it does where a match ends the flow")
  func ending() throws {
    for (policy, output, ending) in [
      ("allow", "xxabc-", .dropFlow), ("cut", "xxc-", .dropFlow),
      ("drop", "xx", .dropFlow), ("reset", "xx", .resetFlow),
    ] as [(String, String, Verdict)] {
      let analyzer = try makeDeny(["find": "abc", "action": "drop", "on-early-end": policy])
      let result = try play(analyzer, "xxab", .peekLimit)
      #expect(result.0 == output && result.1 == ending, "\(policy)")
    }
    // What matches by itself is a match, and is counted once.
    let analyzer = try makeDeny(["regex": "ab+", "action": "reset"])
    #expect(try play(analyzer, "xxab", .peekTimeout) == ("xx", .resetFlow))
    #expect(
      summary(analyzer) == [
        "1 of 1 socket ended at a match",
        "1 possible match was not seen to its end (peek timeout), allowed",
      ])
  }

  @Test("Matches in front of the bytes, and in them, are carried out")
  func edits() throws {
    let rules = ["rules": "a => 1\nbcde => 2\nc => 3"]
    for (policy, output) in [("allow", "1b33-1b3-"), ("cut", "13-1b3-"), ("drop", "1")] {
      let analyzer = try makeReplace(rules.merging(["on-early-end": policy]) { $1 })
      #expect(try play(analyzer, "abc", .peekLimit).0 == output, "\(policy)")
    }
  }

  @Test("The end of a stream, or a gap, is no early end; nor is what cannot match any more")
  func others() throws {
    for reason in [FinalReason.fin, .reset, .endOfInput, .gap, .evicted] {
      let analyzer = try makeDeny(["find": "abc", "on-early-end": "drop"])
      #expect(try play(analyzer, "xxab", reason) == ("xxabc--", nil))
      #expect(summary(analyzer) == ["1 match in 1 stream"])
    }
  }

  @Test("The summary says how many there were, and what was in the way")
  func counts() throws {
    let analyzer = try makeDeny(["find": "abc", "on-early-end": "cut"])
    for reason in Self.early + [.peekLimit] {
      _ = try play(analyzer, "ab", reason)
    }
    #expect(
      summary(analyzer)[1]
        == "5 possible matches were not seen to their end (2 peek limit, 1 peek timeout, "
        + "1 buffers short, 1 too much waited to be written), cut")
  }
}
