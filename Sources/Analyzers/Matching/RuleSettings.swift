import Analysis

/// The settings of analyzers that look for something.
struct RuleSettings {
  let matcher: Matcher
  /// How long a possible beginning of a match is held back; `nil` for as long as any peek.
  let hold: Duration?
  let onEarlyEnd: EarlyEndPolicy

  static let find = [
    Setting("find", .literal, "the bytes to find; or regex=, or rules="),
    Setting("regex", .text, "a regular expression (PCRE2, on bytes) to find"),
  ]
  static let common = [
    Setting("nocase", .flag, default: "no", "letters (ASCII) match in both cases"),
    Setting(
      "window", .size, default: "4K",
      "the longest match of a regular expression, and the most that is held back"),
    Setting(
      "hold", .duration,
      "inline only: how long what may begin a match is held back"),
    Setting(
      "on-early-end", .choice(EarlyEndPolicy.allCases.map(\.rawValue)), default: "allow",
      "what becomes of bytes that may begin a match where the wait for more ended early"),
  ]

  init(_ matcher: Matcher, onEarlyEnd: EarlyEndPolicy = .allow) {
    self.matcher = matcher
    self.onEarlyEnd = onEarlyEnd
    hold = nil
  }

  /// - Parameter replacement: `nil` where the analyzer puts nothing in the place of a match.
  init(_ options: Options, hasReplacements: Bool) throws(OptionError) {
    hold = options.duration("hold")
    onEarlyEnd = options.text("on-early-end").flatMap(EarlyEndPolicy.init) ?? .allow
    let isCaseless = options.flag("nocase")
    let window = options.size("window") ?? 4096
    guard (1...(1 << 16)).contains(window) else {
      throw OptionError("window=\(window): expected 1 to 64K")
    }
    let rules = try Self.rules(options, hasReplacements, isCaseless)
    matcher = Matcher(rules, isCaseless: isCaseless, window: window)
  }

  private static func rules(
    _ options: Options, _ hasReplacements: Bool, _ isCaseless: Bool
  ) throws(OptionError) -> [Rule] {
    let given = ["find", "regex", "rules"].filter { options.literal($0) != nil }
    guard given.count == 1 else {
      throw OptionError("expected one of find=, regex= and rules=")
    }
    let replacement = options.literal("with")
    if hasReplacements, given != ["rules"], replacement == nil {
      throw OptionError("with= is missing (an empty one removes)")
    }
    do {
      if let find = options.literal("find") { return [try Rule(literal: find, with: replacement)] }
      if let regex = options.literal("regex") {
        return [try Rule(regex: regex, isCaseless: isCaseless, with: replacement)]
      }
      if replacement != nil { throw OptionError("with= does not go with it; rules have their own") }
      return try RuleFile(hasReplacements: hasReplacements, isCaseless: isCaseless)
        .rules(in: options.literal("rules") ?? [])
    } catch {
      throw OptionError("\(given[0])=: \(error)")
    }
  }
}
