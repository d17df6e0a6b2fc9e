import Testing

@testable import Analyzers

@Suite("The automaton of literals")
struct LiteralAutomatonTests {
  /// Reads a text to its end: what matches, and how many steps that took.
  private func read(
    _ text: [UInt8], _ literals: [[UInt8]], isCaseless: Bool = false
  ) -> (matches: [LiteralAutomaton.Match], steps: Int) {
    let automaton = LiteralAutomaton(
      literals.enumerated().map { ($1, $0) }, isCaseless: isCaseless)
    var state = LiteralAutomaton.root
    var matches: [LiteralAutomaton.Match] = []
    var place = 0
    var steps = 0
    while place < text.count {
      if automaton.step(&state, text[place], at: place, &matches) { place += 1 }
      steps += 1
    }
    while state != LiteralAutomaton.root {
      automaton.fall(&state, endingAt: place, &matches)
      steps += 1
    }
    return (matches, steps)
  }

  /// The same in the plainest way.
  private func expected(_ text: [UInt8], _ literals: [[UInt8]]) -> [LiteralAutomaton.Match] {
    var matches: [LiteralAutomaton.Match] = []
    var place = 0
    while place < text.count {
      if let rule = literals.firstIndex(where: { text[place...].starts(with: $0) }) {
        matches.append(.init(start: place, length: literals[rule].count, rule: rule))
        place += literals[rule].count
      } else {
        place += 1
      }
    }
    return matches
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("Of what begins first the rule that is listed first matches, whatever else is in it")
  func precedence() {
    for (text, rules) in [
      ("abcx", "abcd bc"), ("abcxy", "bcxy bc abcd"), ("abcx", "abcd bcd c"), ("abab", "abac ba b"),
      ("aabaaab", "aaaa aab a"), ("aaaaaab", "aaaaab a"), ("abcabcabd", "abcabd abc"),
      ("abcd", "abcde bcd"), ("abab", "ab abab"), ("abab", "abab ab"),
    ] {
      let literals = rules.split(separator: " ").map { bytes(String($0)) }
      #expect(
        read(bytes(text), literals).matches == expected(bytes(text), literals), "\(text) \(rules)")
    }
  }

  @Test("Any literals in any text: what matches, and no more than two steps a byte")
  func property() {
    for seed in UInt64(1)...400 {
      var random = SplitMix(seed: seed)
      let letters = Array("abc".utf8).prefix(Int.random(in: 1...3, using: &random))
      func word(_ lengths: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: lengths, using: &random)).map { _ in
          letters.randomElement(using: &random)!
        }
      }
      let longest = [2, 4, 8, 20].randomElement(using: &random)!
      var literals = (0..<Int.random(in: 1...30, using: &random)).map { _ in word(1...longest) }
      // Parts of each other, and repetitions.
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        let one = literals.randomElement(using: &random)!
        literals.append(Array(one.suffix(Int.random(in: 1...one.count, using: &random))))
        literals.insert(
          Array(repeating: one, count: 3).flatMap(\.self) + word(0...1),
          at: Int.random(in: 0...literals.count, using: &random))
      }
      let text = (0..<20).flatMap { _ in
        Bool.random(using: &random)
          ? word(0...9) : literals.randomElement(using: &random)!.dropLast()
      }
      let (matches, steps) = read(text, literals)
      #expect(matches == expected(text, literals), "seed \(seed)")
      #expect(steps <= 2 * text.count, "seed \(seed)")
    }
  }

  @Test("What was chosen to be read again and again is not")
  func hostile() {
    let a = UInt8(ascii: "a")
    let nested = (1..<400).map { [UInt8](repeating: a, count: $0) + [98] }
    let long = [[UInt8](repeating: a, count: 3000) + [98], [a]]
    let pairs = [
      Array(repeating: bytes("ab"), count: 900).flatMap(\.self) + bytes("c"), bytes("a"),
      Array(repeating: bytes("ba"), count: 898).flatMap(\.self) + bytes("d"),
    ]
    for literals in [nested, long, pairs] {
      for text in ["a", "ab", "aab"] {
        let text = Array(repeating: bytes(text), count: 6000).flatMap(\.self)
        #expect(read(text, literals).steps <= 2 * text.count)
      }
    }
    let text = [UInt8](repeating: a, count: 5000)
    #expect(read(text, long).matches.count == 5000)
  }
}
