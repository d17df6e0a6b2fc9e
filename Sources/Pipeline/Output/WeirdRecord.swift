import Analysis
import Reassembly

// Oddities in the event log.
extension WeirdNote {
  /// - Parameter count: how often it was seen so far; 0 where that is not known.
  func record(count: UInt64) -> Record {
    var fields: [(key: String, value: Record.Value)] = []
    fields.reserveCapacity(6)
    fields.append(("name", .string(name.rawValue)))
    if let direction { fields.append(("direction", .string(direction.description))) }
    if let offset { fields.append(("offset", Record.Value(offset))) }
    if length > 0 { fields.append(("length", Record.Value(length))) }
    if let value { fields.append(("value", Record.Value(value))) }
    if count > 0 { fields.append(("count", Record.Value(count))) }
    var record = Record("weird")
    record["weird"] = .object(fields)
    record.describe { text(count: count) }
    return record
  }

  /// `overlap_conflict out 2+2 value 7, 10 times`
  private func text(count: UInt64) -> String {
    var text = name.rawValue
    if let direction { text += " \(direction)" }
    switch (offset, length) {
    case (let offset?, 0): text += " \(offset)"
    case (let offset?, _): text += " \(offset)+\(length)"
    case (nil, 0): break
    case (nil, _): text += " \(length) bytes"
    }
    if let value { text += " value \(value)" }
    if count > 1 { text += ", \(count) times" }
    return text
  }
}

/// Which of many equal oddities are written: the first, the tenth, the hundredth and so on, so that a
/// flood of them stays small.
enum WeirdSample {
  static func contains(_ count: UInt64) -> Bool {
    var rest = count
    while rest > 9, rest % 10 == 0 { rest /= 10 }
    return rest == 1
  }

  /// Whether there is one among the ones that make `before` up to `after`.
  static func comes(from before: UInt64, to after: UInt64) -> Bool {
    var power: UInt64 = 1
    while power <= before {
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { return false }
      power = next
    }
    return power <= after
  }

  /// Those of the ones that make `before` up to `after`.
  static func counts(from before: UInt64, to after: UInt64) -> [UInt64] {
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
