/// What is in force: built-in values, below a file, below `--set`, below the options of the
/// command line.
///
/// A file and `--set` become words in front of the command line's own, and the parser takes them
/// all; so there is one grammar, and an option is a key without further ado.
struct Configuration {
  /// What the parser makes of some words; for its errors.
  typealias Parse = ([String]) throws -> Void

  private let registry: AnalyzerRegistry
  private let own: [String]
  private var entries: [ConfigurationEntry] = []

  /// - Parameters:
  ///   - set: the words of `--set`.
  ///   - words: the command line, without the name of the command.
  init(
    file: ConfigurationFile?, set: [String], words: [String], options: OptionList,
    registry: AnalyzerRegistry
  ) throws(CommandFailure) {
    self.registry = registry
    own = words
    replace(by: file?.entries ?? [])
    replace(by: try Self.entries(of: set, keys: ConfigurationKeys(options)))
    let given = GivenOptions(words, of: options).values
    entries.removeAll { given[$0.option.key] != nil }
  }

  private mutating func replace(by stronger: [ConfigurationEntry]) {
    let keys = Set(stronger.map(\.option.key))
    entries.removeAll { keys.contains($0.option.key) }
    entries += stronger
  }

  /// The words of `--set key=value`; of a repeatable option the values add up, else the last holds.
  private static func entries(
    of words: [String], keys: ConfigurationKeys
  ) throws(CommandFailure) -> [ConfigurationEntry] {
    var entries: [ConfigurationEntry] = []
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let option = try keys.find(String(parts[0]), at: .word)
      guard let text = parts.count == 2 ? String(parts[1]) : option.isFlag ? "yes" : nil else {
        throw CommandFailure(.usage, "--set: \(word): expected \(word)=\(option.placeholder)")
      }
      let values = text.isEmpty ? [] : [ConfigurationEntry.Value(text: text, place: .word)]
      if option.isRepeatable, !option.isFlag, !values.isEmpty,
        let index = entries.firstIndex(where: { $0.option == option })
      {
        entries[index].values += values
      } else {
        entries.removeAll { $0.option == option }
        entries.append(ConfigurationEntry(option: option, values: values))
      }
    }
    return entries
  }

  /// All words, of which the parser takes each; an error names where its value stands.
  func words(checkedBy parse: Parse) throws -> [String] {
    var words: [String] = []
    for entry in entries { words += try entry.words() }
    words += own
    do {
      try parse(words)
    } catch {
      try blame(parse)
      throw error
    }
    try checkAnalyzers()
    return words
  }

  /// Throws about the value that the parser does not take even alone.
  private func blame(_ parse: Parse) throws {
    for entry in entries {
      for value in entry.values {
        do {
          try parse(try entry.words(for: value))
        } catch {
          throw entry.failure(value, reason(for: error, value, entry.option))
        }
      }
    }
  }

  /// The parser's own reason, if it has any, in the words of a file.
  private func reason(
    for error: any Error, _ value: ConfigurationEntry.Value, _ option: OptionList.Option
  ) -> String {
    let message = RootCommand.message(for: error)
    if let reason = message.split(separator: ">': ", maxSplits: 1).dropFirst().first {
      return "'\(value.text)': \(reason)"
    }
    // What a command checks itself is said in its own words.
    guard message.hasPrefix("The value ") else { return message }
    return "'\(value.text)' is not \(option.expectation)"
  }

  private func checkAnalyzers() throws(CommandFailure) {
    for entry in entries where entry.option.key == "analyzer" {
      for value in entry.values {
        do {
          _ = try AnalyzerSpecification(value.text, registry: registry)
        } catch {
          throw entry.failure(value, error.clause)
        }
      }
    }
  }
}

extension OptionList.Option {
  /// What its value should have been.
  fileprivate var expectation: String {
    if !choices.isEmpty { return "one of \(choices.joined(separator: ", "))" }
    return switch valueName {
    case "size": "a size such as 4096, 64K or 1G"
    case "n": "a number that is possible here"
    case "seconds": "a number of seconds"
    default: "possible here; expected \(placeholder)"
    }
  }
}
