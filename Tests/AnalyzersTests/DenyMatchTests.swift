import Analysis
import Testing

@testable import Analyzers

@Suite("deny-match")
struct DenyMatchTests {
  private func makePlayer(
    _ values: [String: String], _ socket: SocketInfo = .sample()
  ) throws -> StreamPlayer {
    let settings = DenyMatchAnalyzer.settings
    let analyzer = try DenyMatchAnalyzer(
      Options(values.mapValues { Array($0.utf8) }, settings: settings))
    return StreamPlayer(try #require(analyzer.attach(to: socket)))
  }

  @Test("Matches are cut out")
  func cut() throws {
    var player = try makePlayer(["rules": "foo\nregex: b\\d+"])
    for piece in ["a f", "oo b1", "23 c"] { try player.send(Array(piece.utf8)) }
    #expect(String(decoding: player.output, as: UTF8.self) == "a   c" && player.refusals.isEmpty)
  }

  @Test("A flow ends where the first match begins", arguments: ["drop", "reset"])
  func end(action: String) throws {
    for seed in UInt64(1)...20 {
      var random = SplitMix(seed: seed)
      for pattern in [["find": "abab"], ["regex": "(?<=b)abab"]] {
        var player = try makePlayer(pattern.merging(["action": action]) { $1 })
        try player.send(Array("ababa".utf8), pieces: 1 + Int(seed % 3), using: &random)
        let isFirst = pattern["find"] != nil
        #expect(player.output.count == (isFirst ? 0 : 5), "seed \(seed)")
      }
      var later = try makePlayer(["find": "abac", "action": action])
      try later.send(Array("xabaabacab".utf8), pieces: 1 + Int(seed % 4), using: &random)
      #expect(String(decoding: later.output, as: UTF8.self) == "xaba", "seed \(seed)")
      #expect(later.ending == (action == "drop" ? .dropFlow : .resetFlow))
      #expect(later.refusals.isEmpty)
    }
  }

  @Test("A datagram with a match goes as a whole")
  func datagram() throws {
    var player = try makePlayer(["find": "b", "action": "drop"], .sample(transport: .udp))
    try player.send(Array("a".utf8))
    try player.send(Array("ab".utf8))
    #expect(player.output == Array("a".utf8) && player.ending == .dropFlow)
  }

  @Test("It has no with=, and rules have none")
  func settings() throws {
    #expect(throws: OptionError.self) { try makePlayer(["find": "a", "with": "b"]) }
    var player = try makePlayer(["rules": "a => b"])
    try player.send(Array("xa => bx".utf8))
    #expect(player.output == Array("xx".utf8))
  }

  @Test("The summary says how many flows ended")
  func summary() throws {
    let settings = DenyMatchAnalyzer.settings
    let analyzer = try DenyMatchAnalyzer(
      Options(["find": [97], "action": Array("reset".utf8)], settings: settings))
    for text in ["a", "b"] {
      var player = StreamPlayer(try #require(analyzer.attach(to: .sample())))
      try player.send(Array(text.utf8))
    }
    var context = FinishContext(engine: RecordingEngine())
    analyzer.finish(&context)
    #expect(context.summaries == ["1 of 2 sockets ended at a match"])
  }
}
