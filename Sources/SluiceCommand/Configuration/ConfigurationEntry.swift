/// One key of a configuration, and what it was given.
struct ConfigurationEntry: Hashable {
  struct Value: Hashable {
    var text: String
    var place: Place
  }

  /// Where a value stands, for messages.
  enum Place: Hashable, CustomStringConvertible {
    case file(String, line: Int)
    /// `--set`
    case word

    var description: String {
      switch self {
      case .file(let name, let line): "\(name):\(line)"
      case .word: "--set"
      }
    }
  }

  var option: OptionList.Option
  /// None when the key is there to take a value back.
  var values: [Value]

  /// As words in front of the command line's own, so that there is one grammar.
  func words() throws(CommandFailure) -> [String] {
    var words: [String] = []
    for value in values { words += try self.words(for: value) }
    return words
  }

  func words(for value: Value) throws(CommandFailure) -> [String] {
    guard option.isFlag else {
      return ["--\(option.key)=\(isYesNo ? Self.yesNo(value.text) ?? value.text : value.text)"]
    }
    return Array(repeating: "--\(option.key)", count: try times(value))
  }

  private var isYesNo: Bool { option.choices == ["yes", "no"] }

  /// How often a flag is given; some say more each time.
  private func times(_ value: Value) throws(CommandFailure) -> Int {
    if let word = Self.yesNo(value.text) { return word == "yes" ? 1 : 0 }
    if option.isRepeatable, let times = Int(value.text), (0...9).contains(times) { return times }
    let wanted = option.isRepeatable ? "yes, no or a number up to 9" : "yes or no"
    throw failure(value, "'\(value.text)' is not \(wanted)")
  }

  private static func yesNo(_ text: String) -> String? {
    switch text.lowercased() {
    case "yes", "true", "on": "yes"
    case "no", "false", "off": "no"
    default: nil
    }
  }

  func failure(_ value: Value, _ reason: String) -> CommandFailure {
    CommandFailure(.usage, "\(value.place): \(option.key): \(reason)")
  }
}
