import Analysis
import Testing

@testable import Analyzers

@Suite("Settings of rules")
struct RuleSettingsTests {
  @Test(
    "What makes no sense is refused, with the reason",
    arguments: [
      ([:], "expected one of find=, regex= and rules="),
      (["find": "a", "regex": "b", "with": ""], "expected one of find=, regex= and rules="),
      (["find": "a"], "with= is missing (an empty one removes)"),
      (["find": "", "with": ""], "find=: what to find is empty"),
      (["regex": "a(b", "with": ""], "regex=: missing closing parenthesis at byte 3"),
      (
        ["regex": "(*UTF)a", "with": ""],
        "regex=: using UTF is disabled by the application at byte 6"
      ),
      (["regex": "a", "with": "$1"], "regex=: with=: the regular expression has no group 1"),
      (
        ["regex": "a", "with": "5$"],
        "regex=: with=: behind $ there is no group such as $1 or ${name}; $$ is a $"
      ),
      (["regex": "a", "with": "${n}"], "regex=: with=: the regular expression has no group n"),
      (["rules": "# none\n\n"], "rules=: there is no rule"),
      (["rules": "a => b\nc=>d"], "rules=: line 2: expected FIND => WITH"),
      (
        ["rules": #"a => \q"#], #"rules=: line 1: unknown escape \q; there are \\ \, \n \r \t \xHH"#
      ),
      (
        ["rules": "regex:[ => x"],
        "rules=: line 1: missing terminating ] for character class at byte 1"
      ),
      (
        ["rules": "a => b", "with": "c"], "rules=: with= does not go with it; rules have their own"
      ),
      (["find": "a", "with": "", "window": "1M"], "window=1048576: expected 1 to 64K"),
      (["find": "a", "with": "", "hold": "5"], "hold=5: expected a time such as 250us, 5ms or 2s"),
    ])
  func refused(values: [String: String], message: String) {
    let error = #expect(throws: OptionError.self) { try makeReplace(values) }
    #expect(error?.description == message)
  }

  @Test("A file has rules, comments and empty lines, and the escapes of literals")
  func file() throws {
    let text = #"""
      # comment
        a\x20b =>  \x3d> \

      \x23c => => d\r
      regex: e\d+ =>
      \x72egex:f => g
      """#.replacing(" \\\n", with: "\n").replacing("\\r\n", with: "\r\n")
    let analyzer = try makeReplace(["rules": text])
    var player = StreamPlayer(try analyzer.attached())
    try player.send(Array("a b|#c =>|e12|regex:f|c".utf8))
    try player.finish()
    #expect(String(decoding: player.output, as: UTF8.self) == "=>|d||g|c")
  }

  @Test("How long a beginning is held back is kept")
  func hold() throws {
    for (text, time) in [("250us", Duration.microseconds(250)), ("5ms", .milliseconds(5))] {
      #expect(try makeReplace(["find": "a", "with": "", "hold": text]).hold == time)
    }
    #expect(try makeReplace(["find": "a", "with": ""]).hold == nil)
  }
}
