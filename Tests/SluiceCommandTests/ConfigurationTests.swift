import Testing

@testable import SluiceCommand

@Suite("Configuration")
struct ConfigurationTests {
  private let options = OptionList(AnalyzeCommand.self)

  /// The words that a file, `--set` and a command line make together.
  private func settle(
    _ yaml: String, set: [String] = [], words: [String] = []
  ) throws -> [String] {
    let document = try YAMLDocument(Array(yaml.utf8), name: "x.yaml")
    let configuration = try Configuration(
      file: ConfigurationFile(
        document, name: "x.yaml", keys: ConfigurationKeys(options), registry: registry()),
      set: set, words: words, options: options, registry: registry())
    return try configuration.words { _ = try RootCommand.parseAsRoot(["analyze"] + $0) }
  }

  private func given(_ words: [String]) -> [String: [String]] {
    GivenOptions(words, of: options).values
  }

  private func message(_ yaml: String, set: [String] = []) -> String? {
    let failure = #expect(throws: CommandFailure.self) {
      try settle(yaml, set: set, words: ["-r", "x"])
    }
    #expect(failure?.status == .usage)
    return failure?.message
  }

  @Test("Keys are the long names of options, lists are for repeatable ones")
  func keys() throws {
    let words = try settle(
      """
      # a comment
      analyzer:
        - sample:find=a,with=b
        - sample
      checksums: none
      log-dir: logs
      count: 12
      memory: 64M
      quiet: yes
      verbose: 2
      numeric: no
      """)
    #expect(
      given(words) == [
        "analyzer": ["sample:find=a,with=b", "sample"], "checksums": ["none"],
        "log-dir": ["logs"], "count": ["12"], "memory": ["64M"], "quiet": [""],
        "verbose": ["", ""],
      ])
  }

  @Test(
    "Of a truth there are several words",
    arguments: [
      ("quiet: yes", 1), ("quiet: true", 1), ("quiet: On", 1), ("quiet: no", 0),
      ("quiet: False", 0), ("quiet: off", 0), ("quiet:", 0),
    ])
  func truths(yaml: String, times: Int) throws {
    #expect(given(try settle(yaml))["quiet"]?.count ?? 0 == times)
  }

  @Test("yes and no as the value of an option may be true and false")
  func trueAsValue() throws {
    #expect(given(try settle("midstream: true"))["midstream"] == ["yes"])
    #expect(given(try settle("midstream: false"))["midstream"] == ["no"])
  }

  @Test("A file is below --set, and --set below the command line")
  func order() throws {
    let yaml = "count: 1\nanalyzer: [sample, sample]\nverbose: 1\nflow: 17"
    #expect(given(try settle(yaml, set: ["count=2"]))["count"] == ["2"])
    #expect(given(try settle(yaml, set: ["count=2"], words: ["--count", "3"]))["count"] == ["3"])
    #expect(given(try settle(yaml, words: ["-a", "sample:hex"]))["analyzer"] == ["sample:hex"])
    #expect(given(try settle(yaml, words: ["-a=sample:hex"]))["analyzer"] == ["sample:hex"])
    #expect(given(try settle(yaml, words: ["-qvv"]))["verbose"] == ["", ""])
    let set = ["analyzer=sample:max=1", "analyzer=sample:max=2"]
    #expect(given(try settle(yaml, set: set))["analyzer"] == ["sample:max=1", "sample:max=2"])
    #expect(given(try settle(yaml, set: ["count=2", "count=4"]))["count"] == ["4"])
    #expect(given(try settle(yaml, set: ["flow="]))["flow"] == nil, "taken back")
    #expect(given(try settle(yaml, set: ["quiet"]))["quiet"] == [""])
  }

  @Test("An analyzer may be a mapping, whose values need no escapes")
  func mapping() throws {
    let yaml = #"""
      analyzer:
        - sample: {find: 'a,with=\x', with: "1\n2", regex: '\d,', hex: yes, port: 80}
        - sample:
        - sample: {}
      """#
    let texts = given(try settle(yaml))["analyzer"] ?? []
    try #require(texts.count == 3)
    let first = try AnalyzerSpecification(texts[0], registry: registry())
    #expect(first.options.literal("find") == Array(#"a,with=\x"#.utf8))
    #expect(first.options.literal("with") == Array("1\n2".utf8))
    #expect(first.options.text("regex") == #"\d,"#)
    #expect(first.options.flag("hex"))
    #expect(first.selection.ports == [80...80])
    #expect(texts[1...] == ["sample", "sample"])
  }

  @Test(
    "A mistake is named with its file, its line and what was meant",
    arguments: [
      ("quiet: yes\nmemroy: 1G", "x.yaml:2: there is no option 'memroy'; did you mean 'memory'"),
      ("r: x", "x.yaml:1: there is no option 'r'; did you mean 'read'"),
      ("config: x", "x.yaml:1: there is no option 'config'"),
      ("memory: 12Q", "x.yaml:1: memory: '12Q' is not a size such as 4096, 64K or 1G"),
      ("\n\ncount: -1", "x.yaml:3: count: '-1' is not a number that is possible here"),
      ("flow: '?'", "x.yaml:1: flow: '?' is not possible here; expected ID"),
      ("checksums: some", "x.yaml:1: checksums: 'some' is not one of auto, all, none"),
      ("quiet: maybe", "x.yaml:1: quiet: 'maybe' is not yes or no"),
      ("verbose: 10", "x.yaml:1: verbose: '10' is not yes, no or a number up to 9"),
      ("write: [a, b]", "x.yaml:1: write: takes one value, not a list"),
      ("quiet: [yes]", "x.yaml:1: quiet: takes one value, not a list"),
      ("read: {a: b}", "x.yaml:1: read: expected a value"),
      ("read: [[a]]", "x.yaml:1: read: expected a value"),
      ("read:\n - \"a\\0b\"", "x.yaml:2: read: holds a NUL byte"),
      ("read: a\nread: b", "x.yaml:1: 'read' is given twice"),
      ("analyzer: smaple", "x.yaml:1: analyzer: there is no analyzer 'smaple'; did you mean"),
      (
        "analyzer:\n - sample\n - sample:fnid=1",
        "x.yaml:3: analyzer: sample: there is no setting 'fnid'; did you mean 'find'"
      ),
      ("analyzer:\n - sample: {max: 0}", "x.yaml:2: analyzer: sample: max=0: expected a number"),
      ("analyzer:\n - {a: {}, b: {}}", "x.yaml:2: analyzer: expected NAME or NAME:"),
      ("analyzer:\n - sample: 7", "x.yaml:2: analyzer: sample: expected {key: value, ...}"),
      ("analyzer:\n - sample: {find: [a]}", "x.yaml:2: analyzer: find: expected a value"),
      ("analyzer:\n - sample: {'find=a,with': b}", "x.yaml:2: analyzer: a key is a word"),
      ("- a", "x.yaml:1: expected lines of 'key: value'"),
      ("[a]: b", "x.yaml:1: a key is a word"),
      ("read: [a\n", "x.yaml:2: did not find expected ',' or ']' while parsing a flow sequence"),
      ("quiet: yes\n\0", "x.yaml:2: control characters are not allowed"),
      ("---\nquiet: yes\n---\nquiet: no", "x.yaml:3: expected a single document"),
      ("quiet: &a yes\nverbose: *a", "x.yaml:2: there are no aliases (*) here"),
    ])
  func mistakes(yaml: String, reason: String) throws {
    let message = message(yaml)
    #expect(message?.hasPrefix(reason) == true, "\(message ?? "")")
  }

  @Test("A mistake of --set is named, too")
  func mistakesOfWords() {
    #expect(message("", set: ["cuont=1"])?.hasPrefix("--set: there is no option 'cuont'") == true)
    #expect(message("", set: ["count"]) == "--set: count: expected count=N")
    #expect(message("", set: ["count=x"])?.hasPrefix("--set: count: 'x' is not a number") == true)
  }

  @Test("A star is an alias only where YAML has one")
  func stars() throws {
    let yaml = "write: '*a'\noutput: \"*b\"\nlog-dir: a*b # *c\nanalyzer:\n  - sample:find=a *d"
    let values = given(try settle(yaml))
    #expect(values["write"] == ["*a"])
    #expect(values["output"] == ["*b"])
    #expect(values["log-dir"] == ["a*b"])
    #expect(values["analyzer"] == ["sample:find=a *d"])
  }

  @Test("Whatever is nested or repeated costs no more than it looks")
  func bombs() {
    let names = Array("abcdefghijklmno")
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (name, last) in zip(names.dropFirst(), names) {
      bomb += "\(name): &\(name) [" + Array(repeating: "*\(last)", count: 9).joined(separator: ", ")
      bomb += "]\n"
    }
    #expect(message(bomb + "? *o\n: x") == "x.yaml:2: there are no aliases (*) here")
    for opening in ["[", "{a: ", "- ", "? "] {
      let deep = "read:\n " + String(repeating: opening, count: 100_000)
      #expect(message(deep)?.hasPrefix("x.yaml:2: ") == true)
    }
    let many = "read:\n" + String(repeating: " - a\n", count: 2000)
    #expect(message(many) == "x.yaml: more than 1024 values")
  }

  @Test("A file that is no text, or never ends, is an error")
  func files() {
    let binary = #expect(throws: CommandFailure.self) {
      try YAMLDocument([0xFF, 0xFE], name: "x.yaml")
    }
    #expect(binary?.message == "x.yaml: is not UTF-8")
    let endless = #expect(throws: CommandFailure.self) { try YAMLDocument(path: "/dev/zero") }
    #expect(endless?.message == "/dev/zero: larger than 1 MiB")
  }

  @Test("What is printed reads back as the same, over all options", arguments: 0..<100 as Range)
  func roundTrip(seed: Int) throws {
    var generator = SeededGenerator(state: UInt64(seed))
    let words = ConfigurationKeys(options).options.flatMap { someWords(for: $0, &generator) }
    let text = ConfigurationText(words, options: options).text
    let document = try YAMLDocument(Array(text.utf8), name: "x.yaml")
    let entries = try ConfigurationFile(
      document, name: "x.yaml", keys: ConfigurationKeys(options), registry: registry()
    ).entries
    let again = try entries.flatMap { try $0.words() }
    for option in ConfigurationKeys(options).options {
      let defaults = option.defaultValue.map { [$0] }
      let expected = given(words)[option.key] ?? defaults ?? []
      #expect(given(again)[option.key] ?? [] == expected, "\(option.key)")
    }
    #expect(ConfigurationText(again, options: options).text == text)
  }

  /// Any values at all: what they mean is not the concern of who writes and reads them.
  private func someWords(
    for option: OptionList.Option, _ generator: inout SeededGenerator
  ) -> [String] {
    let times = Int.random(in: 0...(option.isRepeatable ? 3 : 1), using: &generator)
    return (0..<times).map { _ in
      if option.isFlag { return "--\(option.key)" }
      let value = option.choices.randomElement(using: &generator) ?? anyText(&generator)
      return "--\(option.key)=\(value)"
    }
  }

  private func anyText(_ generator: inout SeededGenerator) -> String {
    let words = [
      "a", "null", "~", "-", ":", " ", "#", "'", "\"", "\\", "\n", "\t", "\u{7f}", "\u{85}", "*",
      "&a", "é", "\u{2028}", "\u{ffff}", "😀", "{", "]", ",", "%", "@", "yes", "1e3",
      "é",
    ]
    return (0...3).map { _ in words.randomElement(using: &generator) ?? "" }.joined()
  }

  @Test("The parser's own defaults are what is printed")
  func defaults() {
    let text = ConfigurationText([], options: options).text
    for line in ["analyzer:\n  - flow", "checksums: auto", "memory: 1G", "quiet: no", "count:\n"] {
      #expect(text.contains("\n" + line), "\(line)")
    }
    let option = options.find("k")
    #expect(option?.key == "checksums")
    #expect(option?.synopsis == "-k, --checksums auto|all|none")
  }
}
