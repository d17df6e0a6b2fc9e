package import Analysis
package import Sockets

/// Which bytes a `verdict` record is about.
package struct VerdictNote {
  /// `nil` for the whole flow.
  private var direction: Direction?
  private var offset: UInt64 = 0
  private(set) var length: UInt64 = 0
  /// What the bytes become, where that is another number.
  var newLength: UInt64?
  /// Why an edit was not possible.
  var refusal: String?

  /// The whole flow.
  init() {}

  package init(direction: Direction, offset: UInt64, length: UInt64) {
    self.direction = direction
    self.offset = offset
    self.length = length
  }

  /// - Parameters:
  ///   - action: what was done: `drop`, `bypass`, `allow`, ...
  ///   - reason: why: the analyzer's own will, or the cause that a policy is for.
  ///   - packets: the first and the last that the bytes came with.
  package func record(
    _ action: String, analyzer: String, reason: String, packets: [UInt64]
  ) -> Record {
    var fields: [(key: String, value: Record.Value)] = [("action", .string(action))]
    if let direction {
      fields.append(("direction", .string(direction == .out ? "out" : "in")))
      fields.append(("offset", Record.Value(offset)))
      fields.append(("length", Record.Value(length)))
      if let newLength { fields.append(("new_length", Record.Value(newLength))) }
    }
    fields.append(("analyzer", .string(analyzer)))
    fields.append(("reason", .string(reason)))
    if let refusal { fields.append(("refusal", .string(refusal))) }
    fields.append(("packets", .array(packets.map { Record.Value($0) })))
    var record = Record("verdict")
    record["verdict"] = .object(fields)
    let bytes = direction.map { " \($0) \(offset)+\(length)" } ?? ""
    let why = refusal.map { " (\($0))" } ?? ""
    record.describe { "verdict \(action)\(bytes) \(analyzer): \(reason)\(why)" }
    return record
  }
}
