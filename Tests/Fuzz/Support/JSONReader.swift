/// A reader of JSON (RFC 8259) that takes nothing that is not JSON.
struct JSONReader {
  indirect enum Value: Equatable {
    case null
    case bool(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([Value])
    case object([Member])
  }

  struct Member: Equatable {
    var key: String
    var value: Value
  }

  private var rest: ArraySlice<UInt8>

  /// The one value that the text is.
  static func read(_ text: some Collection<UInt8>) throws -> Value {
    var reader = JSONReader(rest: Array(text)[...])
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    try require(reader.rest.isEmpty, "something follows the JSON value")
    return value
  }

  private mutating func value(depth: Int) throws -> Value {
    try require(depth < 100, "JSON is nested too deeply")
    skipBlanks()
    switch rest.first {
    case UInt8(ascii: "{"): return try .object(list("{", "}") { try $0.member(depth) })
    case UInt8(ascii: "["): return try .array(list("[", "]") { try $0.value(depth: depth + 1) })
    case UInt8(ascii: "\""): return try .string(string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try .number(number())
    }
  }

  private mutating func skipBlanks() {
    rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    skipBlanks()
    try require(rest.popFirst() == UInt8(ascii: character), "JSON: expected \(character)")
  }

  private mutating func word(_ word: String, _ value: Value) throws -> Value {
    try require(rest.starts(with: word.utf8), "JSON: expected \(word)")
    rest = rest.dropFirst(word.utf8.count)
    return value
  }

  private mutating func list<Element>(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar,
    _ element: (inout JSONReader) throws -> Element
  ) throws -> [Element] {
    try expect(open)
    var elements: [Element] = []
    skipBlanks()
    while rest.first != UInt8(ascii: close) {
      if !elements.isEmpty { try expect(",") }
      elements.append(try element(&self))
      skipBlanks()
    }
    try expect(close)
    return elements
  }

  private mutating func member(_ depth: Int) throws -> Member {
    skipBlanks()
    let key = try string()
    try expect(":")
    return Member(key: key, value: try value(depth: depth + 1))
  }

  private mutating func number() throws -> String {
    let start = rest
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let leadsWithZero = rest.first == UInt8(ascii: "0")
    let digits = try self.digits()
    try require(!leadsWithZero || digits == 1, "JSON: a number begins with 0")
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      _ = try self.digits()
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      _ = try self.digits()
    }
    return String(decoding: start[..<rest.startIndex], as: UTF8.self)
  }

  private mutating func digits() throws -> Int {
    let count = rest.prefix { (48...57).contains($0) }.count
    try require(count > 0, "JSON: expected a digit")
    rest = rest.dropFirst(count)
    return count
  }

  private mutating func string() throws -> String {
    try require(rest.popFirst() == UInt8(ascii: "\""), "JSON: expected a string")
    var bytes: [UInt8] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      try require(byte >= 0x20, "JSON: a bare control character")
      if byte == UInt8(ascii: "\\") { bytes += try escape() } else { bytes.append(byte) }
      try require(!rest.isEmpty, "JSON: a string without an end")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Finding(description: "JSON: a string is no UTF-8")
    }
    return text
  }

  private mutating func escape() throws -> [UInt8] {
    switch rest.popFirst() {
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case let same? where "\"\\/".utf8.contains(same): return [same]
    case UInt8(ascii: "u"):
      let digits = String(decoding: rest.prefix(4), as: UTF8.self)
      rest = rest.dropFirst(4)
      guard digits.utf8.count == 4, let value = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(value)
      else { throw Finding(description: "JSON: \\u\(digits)") }
      return Array(String(scalar).utf8)
    default: throw Finding(description: "JSON: an unknown escape")
    }
  }
}
