import Analysis

/// What is done about bytes that may be the beginning of a match, where the wait for what follows them
/// ended before that could tell.
enum EarlyEndPolicy: String, CaseIterable, Sendable {
  /// They go on, as far as they do not match by themselves.
  case allow
  /// They are taken out of the stream.
  case cut
  /// The flow ends with them.
  case drop, reset

  /// How the flow ends, if it does.
  var ending: Verdict? {
    switch self {
    case .allow, .cut: nil
    case .drop: .dropFlow
    case .reset: .resetFlow
    }
  }
}

/// How many possible matches were not seen to their end, by what was in the way.
struct EarlyEnds {
  private var counts = InlineArray<4, UInt64>(repeating: 0)

  private static let reasons: [(reason: FinalReason, name: String)] = [
    (.peekLimit, "peek limit"), (.peekTimeout, "peek timeout"),
    (.buffersShort, "buffers short"), (.spoolFull, "too much waited to be written"),
  ]

  static func isEarly(_ reason: FinalReason) -> Bool { reasons.contains { $0.reason == reason } }

  mutating func note(_ reason: FinalReason?) {
    guard let place = Self.reasons.firstIndex(where: { $0.reason == reason }) else { return }
    counts[place] += 1
  }

  static func summarize(
    _ ends: [EarlyEnds], _ policy: EarlyEndPolicy, _ context: inout FinishContext
  ) {
    let sums = counts(of: ends)
    let total = sums.reduce(0) { $0 + $1.count }
    if total == 0 { return }
    let why =
      sums.count == 1
      ? sums[0].name : sums.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
    let outcome =
      switch policy {
      case .allow: "allowed"
      case .cut: "cut"
      case .drop: "flow dropped"
      case .reset: "flow reset"
      }
    let seen = total == 1 ? "was not seen to its end" : "were not seen to their end"
    context.summarize(
      "\(total.counted("possible match", "possible matches")) \(seen) (\(why)), \(outcome)")
  }

  private static func counts(of ends: [EarlyEnds]) -> [(count: UInt64, name: String)] {
    reasons.indices.map { place in
      (count: ends.reduce(0) { $0 + $1.counts[place] }, name: reasons[place].name)
    }.filter { $0.count > 0 }
  }
}
