/// `--dump-config`: every option with what is in force, as YAML that `-c` reads back to the same.
struct ConfigurationText {
  private let options: OptionList
  private let given: GivenOptions

  /// - Parameter words: all words in force, those of a configuration among them.
  init(_ words: [String], options: OptionList) {
    self.options = options
    given = GivenOptions(words, of: options)
  }

  var text: String {
    var lines = ["# All options and what is in force; sluice -c FILE reads it."]
    var section: String?
    for option in ConfigurationKeys(options).options {
      let values = self.values(of: option)
      if option.isHidden && given.values[option.key] == nil { continue }
      if option.section != section, let title = option.section { lines += ["", "# \(title)", ""] }
      section = option.section
      lines.append("# \(option.synopsis): \(option.help)")
      lines += Self.lines(option, values)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func values(of option: OptionList.Option) -> [String] {
    if let values = given.values[option.key] { return values }
    // Words without an option are a filter.
    if option.key == "filter", !given.loose.isEmpty { return [given.loose.joined(separator: " ")] }
    return [option.defaultValue].compactMap(\.self)
  }

  private static func lines(_ option: OptionList.Option, _ values: [String]) -> [String] {
    if option.isFlag {
      let value = option.isRepeatable ? String(values.count) : values.isEmpty ? "no" : "yes"
      return ["\(option.key): \(value)"]
    }
    if option.isRepeatable {
      if values.isEmpty { return ["\(option.key): []"] }
      return ["\(option.key):"] + values.map { "  - \(quoted($0))" }
    }
    // The parser takes the last one. Nothing is YAML's null: the option is not given.
    return [values.last.map { "\(option.key): \(quoted($0))" } ?? "\(option.key):"]
  }

  /// A scalar that reads back as exactly this text.
  static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case 45...57, 65...90, 95, 97...122: true  // - . / digits letters _
      default: false
      }
    }
    let isWord = isPlain && !text.isEmpty && !text.hasPrefix("-") && text.lowercased() != "null"
    return isWord ? text : "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x22, 0x5C: return "\\" + String(scalar)
    case 0..<0x20, 0x7F..<0xA0: return "\\x" + hexadecimal(scalar, digits: 2)
    // Line ends, the mark of byte order, and what is no character.
    case 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: return "\\u" + hexadecimal(scalar, digits: 4)
    default: return String(scalar)
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar, digits: Int) -> String {
    let text = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
