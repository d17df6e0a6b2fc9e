import Analysis

/// What is looked for, and what stands in its place.
struct Rule: Sendable {
  enum Pattern: Sendable {
    case literal([UInt8])
    case regex(Regex)
  }

  enum Replacement: Sendable {
    case bytes([UInt8])
    case template(Template)
  }

  var pattern: Pattern
  var replacement: Replacement

  /// - Parameter replacement: `nil` for nothing.
  init(literal: [UInt8], with replacement: [UInt8]?) throws(OptionError) {
    guard !literal.isEmpty else { throw OptionError("what to find is empty") }
    guard literal.count <= Self.longestLiteral else {
      throw OptionError(
        "a literal of \(literal.count) bytes; the longest has \(Self.longestLiteral)")
    }
    pattern = .literal(literal)
    self.replacement = .bytes(replacement ?? [])
  }

  /// - Parameter replacement: `nil` for nothing.
  init(regex: [UInt8], isCaseless: Bool, with replacement: [UInt8]?) throws(OptionError) {
    guard !regex.isEmpty else { throw OptionError("the regular expression is empty") }
    let compiled = try Regex(regex, isCaseless: isCaseless)
    guard compiled.lookbehind <= Self.longestLookbehind else {
      throw OptionError(
        "it looks back at \(compiled.lookbehind) bytes; the most is \(Self.longestLookbehind)")
    }
    pattern = .regex(compiled)
    self.replacement =
      if let replacement { .template(try Template(replacement, for: compiled)) } else { .bytes([]) }
  }

  /// What a possible beginning may come to that is held back: less than a peek may hold.
  static let longestLiteral = 4096
  /// What is kept of each direction of a socket, and copied in front of each chunk.
  static let longestLookbehind = 4096
}
