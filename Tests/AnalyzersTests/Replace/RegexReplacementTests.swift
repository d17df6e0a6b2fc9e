import Analysis
import Testing

@testable import Analyzers

@Suite("replace: regular expressions")
struct RegexReplacementTests {
  private func result(
    of pieces: [String], _ settings: [String: String], midstream: Bool = false,
    final: FinalReason = .fin
  ) throws -> String {
    var socket = SocketInfo.sample()
    socket.isMidstream = midstream
    var player = StreamPlayer(try makeReplace(settings).attached(socket))
    for piece in pieces { try player.send(Array(piece.utf8)) }
    try player.finish(final)
    #expect(player.refusals.isEmpty)
    return String(decoding: player.output, as: UTF8.self)
  }

  @Test("Groups are put in by number and by name, and $$ is a dollar sign")
  func groups() throws {
    let regex = #"(?<user>\w+)@(\w+)(\.x)?"#
    #expect(
      try result(
        of: ["to joe", "@exam", "ple now"], ["regex": regex, "with": "<$2/${user}/$3$$/$0>"])
        == "to <example/joe/$/joe@example> now")
    #expect(try result(of: ["ab"], ["regex": "(a)(b)", "with": "${2}1$01"]) == "b1a")
  }

  @Test("^ is the start of the stream alone, $ its end")
  func anchors() throws {
    #expect(try result(of: ["aa", "aa"], ["regex": "^a", "with": "b"]) == "baaa")
    #expect(try result(of: ["aa", "aa"], ["regex": #"\Aa"#, "with": "b"]) == "baaa")
    #expect(try result(of: ["aa", "aa"], ["regex": "^a", "with": "b"], midstream: true) == "aaaa")
    #expect(try result(of: ["aa", "aa"], ["regex": "a$", "with": "b"]) == "aaab")
    #expect(
      try result(of: ["aa", "aa"], ["regex": "a$", "with": "b"], final: .peekTimeout) == "aaaa")
    #expect(try result(of: ["a\n", "a\na"], ["regex": "(?m)^a", "with": "b"]) == "b\nb\nb")
  }

  @Test("What looks behind sees bytes that have gone, and replaced ones as they were")
  func lookbehind() throws {
    #expect(try result(of: ["ab", "c", "bc"], ["regex": "(?<=ab)c", "with": "!"]) == "ab!bc")
    #expect(try result(of: ["a", "a", "a"], ["regex": "(?<!a)a", "with": "!"]) == "!aa")
    #expect(try result(of: ["aab"], ["regex": "a|(?<=a)b", "with": "!"]) == "!!!")
    #expect(try result(of: ["foo", "foo foo"], ["regex": #"\bfoo\b"#, "with": "!"]) == "foofoo !")
  }

  @Test("An empty match is none")
  func empty() throws {
    #expect(try result(of: ["baac", "aa"], ["regex": "a*", "with": "!"]) == "b!c!")
    #expect(try result(of: ["abc"], ["regex": "(?=b)", "with": "!"]) == "abc")
    #expect(try result(of: ["abc"], ["regex": "$", "with": "!"]) == "abc")
  }

  @Test("A match lies within the window, from its begin on")
  func window() throws {
    let settings = ["regex": "<.*>", "with": "!", "window": "6"]
    #expect(try result(of: ["<abcd>"], settings) == "!")
    #expect(try result(of: ["<abcde>"], settings) == "<abcde>")
    #expect(try result(of: ["<a>bcde>"], settings) == "!bcde>")
    // What fails in its window does not shorten that of what follows.
    let both = ["regex": "<[^>]*>|a+", "with": "!", "window": "4"]
    #expect(try result(of: ["<xaaaa-"], both) == "<x!-")
    var player = StreamPlayer(try makeReplace(settings).attached())
    for _ in 0..<20 { try player.send(Array("<".utf8)) }
    #expect(player.mostHeld == 5)
  }

  @Test("After a gap the search begins anew, and not at the start")
  func gap() throws {
    var player = StreamPlayer(try makeReplace(["regex": "^a|(?<=a)b|cd", "with": "!"]).attached())
    try player.send(Array("aac".utf8))
    try player.gap(1)
    try player.send(Array("da".utf8))
    try player.gap(1)
    try player.send(Array("bab".utf8))
    #expect(String(decoding: player.output, as: UTF8.self) == "!acdaba!")
  }

  @Test("Literals and regular expressions have the precedence of their place in the list")
  func mixed() throws {
    let rules = "regex:b+ => 1\nabc => 2\nregex: a(.) => $1-\nab => 4"
    #expect(try result(of: ["abc a", "bb bbb"], ["rules": rules]) == "2 b-1 1")
  }

  @Test("Rules of both kinds, however the stream is cut", arguments: [UInt64](1...40))
  func mixedProperty(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let finds = [
      "ab", "abc", "ba", "cca", "a", "bbbb", "/a+b", "/(?<=a)b", "/b.*?c", "/(?:ab)+", "/c$", "/^b",
      "/a(?!b)", #"/\bc"#, "/[ab]{3}",
    ]
    let rules = (0..<Int.random(in: 2...5, using: &random)).map {
      (find: finds.randomElement(using: &random)!, with: "\($0)")
    }
    let lines = rules.map {
      "\($0.find.hasPrefix("/") ? "regex:\($0.find.dropFirst())" : $0.find) => \($0.with)"
    }
    let analyzer = try makeReplace(["rules": lines.joined(separator: "\n")])
    for _ in 0..<20 {
      let stream = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        Array("aabbc ".utf8).randomElement(using: &random)!
      }
      let expected = replaced(stream, rules: rules)
      for pieces in [1, 4, 100] {
        var player = StreamPlayer(try analyzer.attached())
        try player.send(stream, pieces: pieces, using: &random)
        let text = String(decoding: stream, as: UTF8.self)
        #expect(
          player.output == expected && player.refusals.isEmpty, "seed \(seed) \(lines) \(text)")
      }
    }
  }

  @Test("What takes too many steps passes, and is counted")
  func exhausted() throws {
    let analyzer = try makeReplace(["regex": "(a+)+$b|x", "with": "!"])
    var player = StreamPlayer(try analyzer.attached())
    try player.send(Array("x".utf8))
    try player.send(Array(repeating: 97, count: 3000) + Array("c".utf8))
    try player.send(Array("x".utf8))
    try player.finish()
    #expect(player.output.count == 3003 && player.output.first == 33 && player.output.last == 33)
    #expect(
      analyzer.summary == [
        "2 matches in 1 stream", "1 chunk passed where a regular expression took too many steps",
      ])
  }

  static let patterns = [
    "a+b", "ab|abab", "(a|b)(?=a)", "(?<=ab)a+", "a.*?b", "a.{0,5}b", "b*", "^a+|b$", #"\bab"#,
    #"(?<!b)ab*"#, "(a)(b)?", "(?:ab)+(?!b)", "a(?=.*c)", "c[^c]*c", "a+?", "(?i)AB", "(?m)^a|b$",
    #"a\Kb"#, "(a+)b\\1", "aaaa", "a(?!b)", "(?s)b.a", "ab\\z", "c\\Z",
  ]

  @Test("However the stream is cut, the result is that of the whole", arguments: patterns)
  func property(pattern: String) throws {
    for seed in UInt64(1)...30 {
      var random = SplitMix(seed: seed)
      let letters = Array("aabbcA\n".utf8).prefix(Int.random(in: 3...7, using: &random))
      let stream = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        letters.randomElement(using: &random)!
      }
      let expected = replaced(stream, regex: pattern) { "<".utf8 + $0[0] + ">".utf8 }
      let analyzer = try makeReplace(["regex": pattern, "with": "<$0>"])
      for pieces in [1, 3, 10, 100] {
        var player = StreamPlayer(try analyzer.attached())
        try player.send(stream, pieces: pieces, using: &random)
        let text = String(decoding: stream, as: UTF8.self)
        #expect(
          String(decoding: player.output, as: UTF8.self)
            == String(decoding: expected, as: UTF8.self)
            && player.refusals.isEmpty, "seed \(seed) \(text.debugDescription)")
      }
    }
  }

  @Test("With a small window too, cutting does not show", arguments: patterns)
  func smallWindow(pattern: String) throws {
    for seed in UInt64(1)...20 {
      var random = SplitMix(seed: seed)
      let window = Int.random(in: 1...9, using: &random)
      let stream = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        Array("aabbc\n".utf8).randomElement(using: &random)!
      }
      let analyzer = try makeReplace(["regex": pattern, "with": "!", "window": String(window)])
      var whole = StreamPlayer(try analyzer.attached())
      try whole.send(stream, pieces: 1, using: &random)
      for pieces in [3, 10, 100] {
        var player = StreamPlayer(try analyzer.attached())
        try player.send(stream, pieces: pieces, using: &random)
        #expect(player.output == whole.output, "seed \(seed)")
        #expect(player.mostHeld < window, "seed \(seed)")
      }
    }
  }
}
