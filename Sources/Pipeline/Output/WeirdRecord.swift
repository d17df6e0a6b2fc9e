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
