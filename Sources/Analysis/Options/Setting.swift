/// A setting that an analyzer takes: `-a name:key=value`.
public struct Setting: Sendable {
  public enum Kind: Sendable, Hashable {
    /// Any bytes; escapes (`\xHH`, `\n`, …) are resolved.
    case literal
    case text
    case number(ClosedRange<Int>)
    /// Bytes, with an optional suffix K, M or G (powers of 1024).
    case size
    /// A time with its unit: `250us`, `5ms`, `2s`.
    case duration
    /// `yes` or `no`; the key alone means `yes`.
    case flag
    case choice([String])
  }

  public var key: String
  public var kind: Kind
  /// What holds without it, as it would be typed; `nil` when there is no default.
  public var defaultValue: String?
  public var summary: String

  public init(_ key: String, _ kind: Kind, default defaultValue: String? = nil, _ summary: String) {
    self.key = key
    self.kind = kind
    self.defaultValue = defaultValue
    self.summary = summary
  }
}

/// Why an analyzer's options make no sense: one clause for the message.
public struct OptionError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
