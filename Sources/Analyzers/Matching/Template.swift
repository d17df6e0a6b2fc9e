import Analysis

/// What stands in the place of a match of a regular expression: bytes, and groups of the match.
///
/// `$1` to `$99` and `${name}` are groups, `$0` is the whole match, `$$` a dollar sign.
struct Template: Sendable {
  private enum Part: Sendable {
    case bytes([UInt8])
    case group(Int)
  }

  private var parts: [Part] = []

  init(_ text: [UInt8], for regex: Regex) throws(OptionError) {
    var rest = text[...]
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
      append(rest[..<dollar])
      rest = rest[(dollar + 1)...]
      if rest.first == UInt8(ascii: "$") {
        append(rest.prefix(1))
        rest = rest.dropFirst()
      } else {
        parts.append(.group(try Self.takeGroup(&rest, of: regex)))
      }
    }
    append(rest)
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    if !bytes.isEmpty { parts.append(.bytes(Array(bytes))) }
  }

  private static func takeGroup(
    _ rest: inout ArraySlice<UInt8>, of regex: Regex
  ) throws(OptionError) -> Int {
    let name: [UInt8]
    if rest.first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")) {
      name = Array(rest[(rest.startIndex + 1)..<end])
      rest = rest[(end + 1)...]
    } else {
      name = rest.prefix(2).prefix { isDigit($0) }
      rest = rest.dropFirst(name.count)
    }
    let shown = String(decoding: name, as: UTF8.self)
    if name.isEmpty {
      throw OptionError("with=: behind $ there is no group such as $1 or ${name}; $$ is a $")
    }
    let number = name.allSatisfy(isDigit) ? Int(shown) : regex.group(named: name)
    guard let number, number <= regex.groupCount else {
      throw OptionError("with=: the regular expression has no group \(shown)")
    }
    return number
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// What it comes to for the last match.
  func filled(from match: RegexMatching, in subject: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for part in parts {
      switch part {
      case .bytes(let bytes): result += bytes
      case .group(let number):
        if let range = match.group(number) { result.append(copying: subject.extracting(range)) }
      }
    }
    return result
  }
}

extension [UInt8] {
  /// Appends the bytes of a span.
  mutating func append(copying span: Span<UInt8>) {
    // The pointer serves this call only.
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
