package import Analysis

/// Replaces what matches, across the borders of segments.
///
/// The result is that of the rules applied to each direction of a stream as a whole, however it was cut:
/// matches are found from the front, do not overlap, and of several that begin at one place the one of
/// the rule that is listed first is taken. No match spans a gap. `limit=` counts in each direction of a
/// socket for itself. Of datagrams, each is looked at by itself.
package struct ReplaceAnalyzer: Analyzer {
  package static let name = "replace"
  package static let summary = "replaces bytes or matches of a regular expression, of any length"
  package static let settings =
    RuleSettings.find + [
      Setting(
        "with", .literal,
        "what stands in its place, maybe nothing; behind regex= with $1, ${name}, $0, $$"),
      Setting(
        "rules", .text, "many rules (rules@=FILE), a line each: FIND => WITH, regex:FIND => WITH"),
      Setting("limit", .number(1...Int.max), "no more than so many in each direction of a socket"),
    ] + RuleSettings.common

  private let rules: RuleSettings
  private let limit: Int
  private let shards: PerShard<EditingShard>

  package init(_ options: Options) throws {
    let rules = try RuleSettings(options, hasReplacements: true)
    self.rules = rules
    limit = options.number("limit") ?? .max
    shards = PerShard { EditingShard(rules.matcher) }
  }

  /// How long a possible beginning of a match is held back inline; `nil` for as long as any peek.
  package var hold: Duration? { rules.hold }
  package var bytesPerSocket: Int { 384 + 2 * rules.matcher.lookbehind }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    EditingSocket(socket, shards[socket], rules, limit: limit)
  }

  package func finish(_ context: inout FinishContext) {
    EditingShard.summarize(shards.all, rules.onEarlyEnd, &context)
  }
}
