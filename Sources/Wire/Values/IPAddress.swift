/// An IPv4 or IPv6 address.
@frozen
public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
  @frozen
  public enum Family: UInt8, Hashable, Sendable, BitwiseCopyable {
    case ipv4 = 4
    case ipv6 = 6
  }

  /// The upper 64 bits of an IPv6 address; 0 for IPv4.
  public let high: UInt64
  /// The lower 64 bits of an IPv6 address; the 32 bits of an IPv4 address.
  public let low: UInt64
  public let family: Family

  @inlinable
  public init(ipv4 bits: UInt32) {
    high = 0
    low = UInt64(bits)
    family = .ipv4
  }

  @inlinable
  public init(ipv6 high: UInt64, _ low: UInt64) {
    self.high = high
    self.low = low
    family = .ipv6
  }

  /// Its bytes in network order: 4 or 16.
  public var bytes: [UInt8] {
    switch family {
    case .ipv4: (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * $0)) }
    case .ipv6:
      (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
        + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
    }
  }

  /// Whether the first `length` bits are those of `network`.
  @inlinable
  public func isIn(_ network: IPAddress, prefixLength length: Int) -> Bool {
    guard family == network.family else { return false }
    if family == .ipv4 {
      return length <= 0 || (low ^ network.low) >> UInt64(32 - min(length, 32)) == 0
    }
    if length <= 0 { return true }
    if length <= 64 { return (high ^ network.high) >> UInt64(64 - length) == 0 }
    return high == network.high && (low ^ network.low) >> UInt64(128 - min(length, 128)) == 0
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted decimal, or the canonical text of RFC 5952.
  public var description: String {
    switch family {
    case .ipv4:
      return "\(low >> 24 & 0xFF).\(low >> 16 & 0xFF).\(low >> 8 & 0xFF).\(low & 0xFF)"
    case .ipv6:
      // RFC 5952 §5: an IPv4-mapped address shows its IPv4 address.
      if high == 0, low >> 32 == 0xFFFF {
        return "::ffff:" + IPAddress(ipv4: UInt32(truncatingIfNeeded: low)).description
      }
      let groups =
        (0..<4).map { UInt16(truncatingIfNeeded: high >> (48 - 16 * $0)) }
        + (0..<4).map { UInt16(truncatingIfNeeded: low >> (48 - 16 * $0)) }
      return Self.canonicalText(of: groups)
    }
  }

  /// RFC 5952 §4: the longest run of two or more zero groups, the first of equals, becomes `::`.
  private static func canonicalText(of groups: [UInt16]) -> String {
    var best = 0..<0
    var index = 0
    while index < 8 {
      var end = index
      while end < 8 && groups[end] == 0 { end += 1 }
      if end - index > max(best.count, 1) { best = index..<end }
      index = max(end, index + 1)
    }
    func joined(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return joined(groups[...]) }
    return joined(groups[..<best.lowerBound]) + "::" + joined(groups[best.upperBound...])
  }
}

extension IPAddress {
  /// Reads dotted decimal or any text form of RFC 4291 §2.2; `nil` when it is neither.
  public init?(_ text: some StringProtocol) {
    if text.contains(":") {
      self.init(ipv6Text: String(text))
    } else {
      guard let bits = Self.ipv4Bits(String(text)) else { return nil }
      self.init(ipv4: bits)
    }
  }

  private static func ipv4Bits(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      // A leading zero is octal to some readers (RFC 6943 §3.1.1): refused.
      guard part.utf8.allSatisfy({ (48...57).contains($0) }), part == "0" || part.first != "0",
        let value = UInt8(part)
      else { return nil }
      bits = bits << 8 | UInt32(value)
    }
    return bits
  }

  private init?(ipv6Text text: String) {
    var text = text
    // A dotted tail stands for the last two groups (RFC 4291 §2.2, form 3).
    if text.contains("."), let colon = text.lastIndex(of: ":") {
      guard let tail = Self.ipv4Bits(String(text[text.index(after: colon)...])) else { return nil }
      text = text[...colon] + String(tail >> 16, radix: 16) + ":" + String(tail & 0xFFFF, radix: 16)
    }
    var left: [UInt16] = []
    var right: [UInt16] = []
    var sawGap = false
    var rest = Substring(text)
    if rest.hasPrefix("::") {
      sawGap = true
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let group = rest.prefix { $0 != ":" }
      guard (1...4).contains(group.utf8.count), let value = UInt16(group, radix: 16),
        group.first != "+", group.first != "-"
      else { return nil }
      if sawGap { right.append(value) } else { left.append(value) }
      rest = rest.dropFirst(group.count)
      if rest.hasPrefix("::") {
        if sawGap { return nil }
        sawGap = true
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix(":") {
        rest = rest.dropFirst()
        if rest.isEmpty { return nil }
      }
    }
    let missing = 8 - left.count - right.count
    guard sawGap ? missing >= 1 : missing == 0 else { return nil }
    let groups = left + Array(repeating: 0, count: missing) + right
    func joined(_ part: ArraySlice<UInt16>) -> UInt64 { part.reduce(0) { $0 << 16 | UInt64($1) } }
    self.init(ipv6: joined(groups[..<4]), joined(groups[4...]))
  }
}
