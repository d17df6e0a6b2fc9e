import Analysis
import Testing

@testable import Analyzers

/// However a stream is cut, no byte of it is looked at without bound.
@Suite("Work of a search")
struct WorkTests {
  /// How many bytes expressions were given to look at for each byte of a stream that comes in pieces.
  private func looks(
    _ regex: String, window: Int, _ stream: [UInt8], pieces: Int
  ) throws -> (each: Int, output: [UInt8]) {
    let rule = try Rule(regex: Array(regex.utf8), isCaseless: false, with: Array("!".utf8))
    let rules = RuleSettings(Matcher([rule], isCaseless: false, window: window))
    let shard = EditingShard(rules.matcher)
    var player = StreamPlayer(EditingSocket(.sample(), shard, rules, limit: .max))
    for start in stride(from: 0, to: stream.count, by: pieces) {
      try player.send(Array(stream[start..<min(start + pieces, stream.count)]))
    }
    try player.finish()
    #expect(player.refusals.isEmpty)
    return (shard.search.lookedAt / stream.count, player.output)
  }

  @Test(
    "A match that is possible for long is tried again as more of it has come", arguments: [1, 7])
  func waiting(pieces: Int) throws {
    let stream = [97] + [UInt8](repeating: 98, count: 30_000)
    let (each, output) = try looks("a.*x", window: 1 << 16, stream, pieces: pieces)
    #expect(each < 100 && output == stream)
    let (match, replaced) = try looks("a.*x", window: 1 << 16, stream + [120], pieces: pieces)
    #expect(match < 100 && replaced == [33])
  }

  @Test("A match that is possible everywhere is not tried at each place", arguments: [1, 7, 1000])
  func everywhere(pieces: Int) throws {
    let stream = [UInt8](repeating: 97, count: 40_000)
    let (each, output) = try looks("a.*x", window: 2048, stream, pieces: pieces)
    #expect(each < 100 && output == stream)
    let brackets = [UInt8](repeating: 60, count: 40_000)
    let (found, replaced) = try looks("<[^>]*>", window: 2048, brackets + [62, 98], pieces: pieces)
    #expect(found < 100 && replaced.count == 40_000 - 2047 + 2)
  }

  @Test("In a full window too a match is found as soon as it is there, whatever the pieces")
  func barren() throws {
    for seed in UInt64(1)...60 {
      var random = SplitMix(seed: seed)
      let window = Int.random(in: 130...400, using: &random)
      let rare = Int.random(in: 20...900, using: &random)
      let stream = (0..<3000).map { _ -> UInt8 in
        Int.random(in: 0..<rare, using: &random) == 0
          ? Array("x\n".utf8).randomElement(using: &random)!
          : Array("ab".utf8).randomElement(using: &random)!
      }
      for regex in ["a.*x", "a[^x]*x", "(?<=b)a.*?x", "(?i)a.*X|b+\\nx"] {
        let whole = try looks(regex, window: window, stream, pieces: stream.count).output
        for pieces in [1, 3, 50] {
          let cut = try looks(regex, window: window, stream, pieces: pieces).output
          #expect(cut == whole, "seed \(seed) \(regex) \(window) \(pieces)")
        }
      }
    }
  }

  @Test("An expression may look back at no more than is copied in front of each chunk")
  func lookbehind() {
    let error = #expect(throws: OptionError.self) {
      try makeReplace(["regex": "(?<=a{5000})b", "with": ""])
    }
    #expect(error?.description == "regex=: it looks back at 5000 bytes; the most is 4096")
  }

  @Test(
    "Rules of both kinds, one in the other, however the stream is cut", arguments: [UInt64](1...60))
  func mixed(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let finds = [
      "ab", "abab", "ababc", "a", "bababa", "bc", "cab", "ccc", "/a+b", "/(?:ab)+c", "/b.*?a",
      "/(?<=a)ba", "/c+", "/[ab]{2,7}c",
    ]
    let rules = (0..<Int.random(in: 2...6, using: &random)).map {
      (find: finds.randomElement(using: &random)!, with: "\($0)")
    }
    let lines = rules.map {
      "\($0.find.hasPrefix("/") ? "regex:\($0.find.dropFirst())" : $0.find) => \($0.with)"
    }
    let analyzer = try makeReplace(["rules": lines.joined(separator: "\n")])
    for _ in 0..<20 {
      let stream = (0..<Int.random(in: 0...40, using: &random)).flatMap { _ in
        ["ab", "abab", "c", "a", "ba"].randomElement(using: &random)!.utf8
      }
      let expected = replaced(stream, rules: rules)
      for pieces in [1, 4, 100] {
        var player = StreamPlayer(try analyzer.attached())
        try player.send(stream, pieces: pieces, using: &random)
        #expect(player.output == expected && player.refusals.isEmpty, "seed \(seed) \(lines)")
      }
    }
  }
}
