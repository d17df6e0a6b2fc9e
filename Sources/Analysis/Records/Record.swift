public import Wire

/// One line of the event log: a type and its fields, in order. The head that all records share
/// (time, flow, addresses) is put in front where it is written.
///
///     var record = Record("digest")
///     record["digest"] = ["midstream": false, "originator": ["bytes": 12]]
///     context.emit(record)
public struct Record: Sendable {
  /// EVE's `event_type`.
  public var eventType: String
  public var fields: [(key: String, value: Value)] = []
  private var makeText: (@Sendable () -> String)?

  public init(_ eventType: String) { self.eventType = eventType }

  /// How a person reads it (`--format text`); without it the fields are written as `key=value`.
  public var text: String? {
    get { makeText?() }
    set {
      if let text = newValue { describe { text } } else { makeText = nil }
    }
  }

  /// Sets `text` to what is made only when somebody reads it: most logs have another form.
  public mutating func describe(as text: @escaping @Sendable () -> String) { makeText = text }

  /// A JSON value whose objects keep their order.
  public enum Value: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    case time(Timestamp)
    case array([Value])
    case object([(key: String, value: Value)])
  }

  /// Reads or sets a field; setting one that is new appends it, `nil` removes it.
  public subscript(key: String) -> Value? {
    get { fields.first { $0.key == key }?.value }
    set {
      let index = fields.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): fields[index].value = value
      case (let index?, nil): fields.remove(at: index)
      case (nil, let value?): fields.append((key, value))
      case (nil, nil): break
      }
    }
  }
}

extension Record.Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: Record.Value...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, Record.Value)...) {
    self = .object(elements.map { (key: $0.0, value: $0.1) })
  }

  /// A whole number of any width; what does not fit 64 bits is clamped.
  @inlinable
  public init(_ value: some BinaryInteger) {
    self = value < 0 ? .integer(Int64(clamping: value)) : .unsigned(UInt64(clamping: value))
  }

  public init(_ value: String) { self = .string(value) }

  /// Stream bytes as text; what is no UTF-8 becomes U+FFFD.
  public init(decoding bytes: Span<UInt8>) {
    let copy = [UInt8](capacity: bytes.count) { output in
      for index in bytes.indices { output.append(bytes[index]) }
    }
    self = .string(String(decoding: copy, as: UTF8.self))
  }

  public init(_ value: Bool) { self = .bool(value) }
}
