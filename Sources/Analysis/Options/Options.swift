/// The settings of one analyzer in the chain, already checked against their declarations.
public struct Options: Sendable {
  /// The folder for an analyzer's own files (`-l`); the current folder unless told otherwise.
  public var logFolder = "."
  private var values: [String: [UInt8]] = [:]
  private let settings: [Setting]

  /// Checks `values` against the declared settings. Throws `OptionError`.
  public init(_ values: [String: [UInt8]] = [:], settings: [Setting] = []) throws {
    self.settings = settings
    for setting in settings {
      guard let value = values[setting.key] ?? setting.defaultValue.map({ Array($0.utf8) }) else {
        continue
      }
      try Self.check(value, for: setting)
      self.values[setting.key] = value
    }
    if let unknown = values.keys.sorted().first(where: { self.values[$0] == nil }) {
      throw OptionError("unknown setting \(unknown)")
    }
  }

  /// The bytes of a literal; `nil` when it was not given and has no default.
  public func literal(_ key: String) -> [UInt8]? { values[key] }

  public func text(_ key: String) -> String? {
    values[key].map { String(decoding: $0, as: UTF8.self) }
  }

  public func number(_ key: String) -> Int? { text(key).flatMap { Int($0) } }
  public func size(_ key: String) -> Int? { text(key).flatMap { Self.size(of: $0) } }
  public func duration(_ key: String) -> Duration? { text(key).flatMap { Self.duration(of: $0) } }
  public func flag(_ key: String) -> Bool { text(key).flatMap { Self.flag(of: $0) } ?? false }

  private static func check(_ value: [UInt8], for setting: Setting) throws {
    let text = String(decoding: value, as: UTF8.self)
    let isRight: Bool
    let wanted: String
    switch setting.kind {
    case .literal, .text:
      return
    case .number(let range):
      isRight = Int(text).map { range.contains($0) } ?? false
      wanted = "a number from \(range.lowerBound) to \(range.upperBound)"
    case .size:
      isRight = size(of: text) != nil
      wanted = "a size such as 4096, 64K or 1M"
    case .duration:
      isRight = duration(of: text) != nil
      wanted = "a time such as 250us, 5ms or 2s"
    case .flag:
      isRight = flag(of: text) != nil
      wanted = "yes or no"
    case .choice(let words):
      isRight = words.contains(text)
      wanted = words.joined(separator: ", ")
    }
    if !isRight { throw OptionError("\(setting.key)=\(text): expected \(wanted)") }
  }

  /// Bytes of `4096`, `64K`, `64KiB`, `1M`, `2G`; `nil` when it is none, or too large to count.
  public static func size(of text: String) -> Int? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits) else { return nil }
    let shift: Int
    switch text.dropFirst(digits.count).uppercased() {
    case "", "B": shift = 0
    case "K", "KB", "KIB": shift = 10
    case "M", "MB", "MIB": shift = 20
    case "G", "GB", "GIB": shift = 30
    default: return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : bytes
  }

  /// `250us`, `5ms`, `2s`; `nil` when it is no time, or longer than a day.
  static func duration(of text: String) -> Duration? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits) else { return nil }
    let units = ["us": 1, "ms": 1000, "s": 1_000_000]
    guard let unit = units[text.dropFirst(digits.count).lowercased()],
      number <= 86_400_000_000 / unit
    else { return nil }
    return .microseconds(number * unit)
  }

  static func flag(of text: String) -> Bool? {
    switch text.lowercased() {
    case "", "yes", "true", "on", "1": true
    case "no", "false", "off", "0": false
    default: nil
    }
  }
}
