package import Analysis

/// Takes matches out of streams, or ends the flows that have one. Matches are found as `replace` finds
/// them.
package struct DenyMatchAnalyzer: Analyzer {
  package static let name = "deny-match"
  package static let summary = "cuts matches out of streams, or drops or resets flows with a match"
  package static let settings =
    RuleSettings.find + [
      Setting("rules", .text, "many rules (rules@=FILE), a line each: FIND or regex:FIND"),
      Setting(
        "action", .choice(["cut", "reset", "drop"]), default: "cut",
        "cut takes the match out; reset and drop end the flow where the first one begins"),
    ] + RuleSettings.common

  private let rules: RuleSettings
  private let action: Action

  private enum Action {
    case cut(PerShard<EditingShard>)
    case end(Verdict, PerShard<EndingShard>)
  }

  package init(_ options: Options) throws {
    let rules = try RuleSettings(options, hasReplacements: false)
    self.rules = rules
    switch options.text("action") {
    case "reset": action = .end(.resetFlow, PerShard { EndingShard(rules.matcher) })
    case "drop": action = .end(.dropFlow, PerShard { EndingShard(rules.matcher) })
    default: action = .cut(PerShard { EditingShard(rules.matcher) })
    }
  }

  /// How long a possible beginning of a match is held back inline; `nil` for as long as any peek.
  package var hold: Duration? { rules.hold }
  package var bytesPerSocket: Int { 384 + 2 * rules.matcher.lookbehind }

  package func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? {
    switch action {
    case .cut(let shards): EditingSocket(socket, shards[socket], rules, limit: .max)
    case .end(let verdict, let shards): EndingSocket(socket, shards[socket], rules, verdict)
    }
  }

  package func finish(_ context: inout FinishContext) {
    switch action {
    case .cut(let shards): EditingShard.summarize(shards.all, rules.onEarlyEnd, &context)
    case .end(_, let shards): EndingShard.summarize(shards.all, rules.onEarlyEnd, &context)
    }
  }
}
