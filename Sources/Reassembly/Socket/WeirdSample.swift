/// Which of many equal oddities are written: the first, the tenth, the hundredth and so on, so that a
/// flood of them stays small. Of the others nobody asks how far they reach.
public enum WeirdSample {
  public static func contains(_ count: UInt64) -> Bool {
    var rest = count
    while rest > 9, rest % 10 == 0 { rest /= 10 }
    return rest == 1
  }

  /// Whether there is one among the ones that make `before` up to `after`.
  public static func comes(from before: UInt64, to after: UInt64) -> Bool {
    var power: UInt64 = 1
    while power <= before {
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { return false }
      power = next
    }
    return power <= after
  }

  /// Those of the ones that make `before` up to `after`.
  public static func counts(from before: UInt64, to after: UInt64) -> [UInt64] {
    var counts: [UInt64] = []
    var power: UInt64 = 1
    while power <= after {
      if power > before { counts.append(power) }
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { break }
      power = next
    }
    return counts
  }
}
