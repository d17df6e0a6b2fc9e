import Analysis
import Testing

@testable import Analyzers

/// A `replace` with these settings.
func makeReplace(_ values: [String: String]) throws -> ReplaceAnalyzer {
  try ReplaceAnalyzer(
    Options(values.mapValues { Array($0.utf8) }, settings: ReplaceAnalyzer.settings))
}

extension ReplaceAnalyzer {
  func attached(_ socket: SocketInfo = .sample()) throws -> any SocketAnalyzer {
    try #require(attach(to: socket))
  }

  var summary: [String] {
    var context = FinishContext(engine: RecordingEngine())
    finish(&context)
    return context.summaries
  }
}

@Suite("replace: literals")
struct LiteralReplacementTests {
  /// What becomes of pieces of a stream that are sent one after the other.
  private func result(
    of pieces: [String], _ settings: [String: String], final: FinalReason = .fin
  ) throws -> String {
    var player = StreamPlayer(try makeReplace(settings).attached())
    for piece in pieces { try player.send(Array(piece.utf8)) }
    try player.finish(final)
    #expect(player.refusals.isEmpty)
    return String(decoding: player.output, as: UTF8.self)
  }

  @Test("A match is found wherever it is cut, and may grow, shrink or go")
  func cuts() throws {
    for with in ["bazaar", "x", "", "foo"] {
      for cut in 1..<9 {
        let text = "a foo foo"
        let pieces = [String(text.prefix(cut)), String(text.dropFirst(cut))]
        #expect(
          try result(of: pieces, ["find": "foo", "with": with]) == "a \(with) \(with)")
      }
    }
  }

  @Test("Matches are found from the front and do not overlap; the rule listed first has precedence")
  func precedence() throws {
    #expect(try result(of: ["aaaaa"], ["find": "aa", "with": "b"]) == "bba")
    let rules = "bc => 1\nabcd => 2\nab => 3\nabc => 4"
    #expect(try result(of: ["abcd abc bcd"], ["rules": rules]) == "2 3c 1d")
    #expect(try result(of: ["a", "b", "c", "x"], ["rules": rules]) == "3cx")
  }

  @Test("What may become a match waits, no longer than it takes to tell, and no more than that")
  func held() throws {
    var player = StreamPlayer(try makeReplace(["find": "abcabd", "with": "!"]).attached())
    try player.send(Array("xxabcab".utf8))
    #expect(player.output == Array("xx".utf8))
    try player.send(Array("c".utf8))
    #expect(player.output == Array("xxabc".utf8))
    try player.send(Array("abdab".utf8))
    #expect(player.output == Array("xxabc!".utf8))
    try player.send(Array("?".utf8))
    #expect(player.output == Array("xxabc!ab?".utf8))
    #expect(player.mostHeld == 5)
  }

  @Test("A peek that is final is decided with what is there")
  func final() throws {
    for reason in [FinalReason.fin, .peekTimeout, .gap, .peekLimit] {
      var player = StreamPlayer(try makeReplace(["find": "abc", "with": "!"]).attached())
      try player.send(Array("ab".utf8))
      try player.finish(reason)
      try player.send(Array("cabc".utf8))
      #expect(player.output == Array("abc!".utf8) && player.refusals.isEmpty)
    }
    #expect(try result(of: ["ab"], ["rules": "abc => 1\nab => 2"]) == "2")
  }

  @Test("No match spans a gap")
  func gap() throws {
    var player = StreamPlayer(try makeReplace(["find": "abc", "with": "!"]).attached())
    try player.send(Array("ab".utf8))
    try player.gap(3)
    try player.send(Array("cab".utf8))
    try player.send(Array("c".utf8))
    #expect(player.output == Array("abc!".utf8))
  }

  @Test("The limit counts in each direction for itself")
  func limit() throws {
    let analyzer = try makeReplace(["find": "a", "with": "b", "limit": "2"])
    let looker = try analyzer.attached()
    for direction in Direction.allCases {
      var player = StreamPlayer(looker, direction)
      for piece in ["aa", "aa", "a"] { try player.send(Array(piece.utf8)) }
      #expect(player.output == Array("bbaaa".utf8))
    }
    #expect(analyzer.summary == ["4 matches in 2 streams"])
  }

  @Test("Letters of both cases match with nocase, and only letters")
  func nocase() throws {
    #expect(
      try result(of: ["foO @[ FOO `{"], ["find": "Foo", "with": "x", "nocase": "yes"])
        == "x @[ x `{")
    #expect(try result(of: ["@[`{"], ["find": "@[", "with": "x", "nocase": "yes"]) == "x`{")
  }

  @Test("Each datagram is looked at by itself")
  func datagrams() throws {
    let analyzer = try makeReplace(["find": "abc", "with": "!"])
    var player = StreamPlayer(try analyzer.attached(.sample(transport: .udp)))
    for piece in ["ab", "c abc", "ab"] { try player.send(Array(piece.utf8)) }
    #expect(player.output == Array("abc !ab".utf8))
  }

  @Test("However the stream is cut, the result is that of the whole", arguments: [UInt64](1...60))
  func property(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let letters = Array("abAB".utf8).prefix(Int.random(in: 2...4, using: &random))
    func word(_ lengths: ClosedRange<Int>) -> [UInt8] {
      (0..<Int.random(in: lengths, using: &random)).map { _ in
        letters.randomElement(using: &random)!
      }
    }
    let shortest = Int.random(in: 1...7, using: &random)
    let ruleCount = [1, 1, 2, 5, 40].randomElement(using: &random)!
    let rules = (0..<ruleCount).map { _ in
      (find: word(shortest...(shortest + 5)), with: word(0...8))
    }
    let nocase = Bool.random(using: &random)
    let limit = Bool.random(using: &random) ? 3 : Int.max
    let text = rules.map {
      "\(String(decoding: $0.find, as: UTF8.self)) => \(String(decoding: $0.with, as: UTF8.self))"
    }
    let analyzer = try makeReplace([
      "rules": text.joined(separator: "\n"), "limit": String(limit),
      "nocase": nocase ? "yes" : "no",
    ])
    for _ in 0..<10 {
      let stream = word(0...400)
      let expected = replaced(stream, rules, limit: limit, nocase: nocase)
      for pieces in [1, 3, 20, 400] {
        var player = StreamPlayer(try analyzer.attached())
        try player.send(stream, pieces: pieces, using: &random)
        #expect(player.output == expected && player.refusals.isEmpty, "seed \(seed)")
        #expect(player.mostHeld < shortest + 6, "seed \(seed)")
      }
    }
  }

  @Test("Rules are found in bytes of any value, at any distance", arguments: [UInt64](1...20))
  func bytes(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let length = Int.random(in: 1...40, using: &random)
    let find = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
    var stream = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for _ in 0..<10 {
      let place = Int.random(in: 0...(stream.count - length), using: &random)
      stream.replaceSubrange(place..<(place + length), with: find)
    }
    let others = (0..<Int.random(in: 0...1, using: &random)).map { _ in find.reversed() + [1] }
    let rules = ([find] + others).map { (find: $0, with: [UInt8]("<>".utf8)) }
    let matcher = try Matcher(
      rules.map { try Rule(literal: $0.find, with: $0.with) }, isCaseless: false, window: 1)
    let settings = RuleSettings(matcher)
    for pieces in [1, 100, 1448, 5000] {
      let looker = EditingSocket(.sample(), EditingShard(matcher), settings, limit: .max)
      var player = StreamPlayer(looker)
      try player.send(stream, pieces: pieces, using: &random)
      #expect(player.output == replaced(stream, rules), "seed \(seed)")
    }
  }
}
