import Yams

/// `-c FILE`: a mapping of keys to values.
struct ConfigurationFile {
  /// More values are a mistake, and the parser's work grows faster than their number.
  static let valueLimit = 1024

  private let name: String
  private let keys: ConfigurationKeys
  private let registry: AnalyzerRegistry
  private(set) var entries: [ConfigurationEntry] = []

  init(
    path: String, keys: ConfigurationKeys, registry: AnalyzerRegistry
  ) throws(CommandFailure) {
    try self.init(YAMLDocument(path: path), name: path, keys: keys, registry: registry)
  }

  init(
    _ document: YAMLDocument, name: String, keys: ConfigurationKeys, registry: AnalyzerRegistry
  ) throws(CommandFailure) {
    self.name = name
    self.keys = keys
    self.registry = registry
    guard let root = document.root else { return }
    guard case .mapping(let pairs) = root else {
      throw failure(root, "expected lines of 'key: value'")
    }
    for (key, value) in pairs { entries.append(try entry(key, value)) }
    guard entries.reduce(0, { $0 + $1.values.count }) <= Self.valueLimit else {
      throw CommandFailure(.usage, "\(name): more than \(Self.valueLimit) values")
    }
  }

  private func entry(_ key: Node, _ value: Node) throws(CommandFailure) -> ConfigurationEntry {
    guard case .scalar(let word) = key else { throw failure(key, "a key is a word") }
    let option = try keys.find(word.string, at: place(of: key))
    var entry = ConfigurationEntry(option: option, values: [])
    if case .sequence(let items) = value {
      guard option.isRepeatable && !option.isFlag else {
        throw failure(value, "\(option.key): takes one value, not a list")
      }
      for item in items { entry.values += try self.value(item, for: option) }
    } else {
      entry.values = try self.value(value, for: option)
    }
    return entry
  }

  /// One value; none for `null`, which leaves an option as if it were not given.
  private func value(
    _ node: Node, for option: OptionList.Option
  ) throws(CommandFailure) -> [ConfigurationEntry.Value] {
    let text: String
    switch node {
    case .scalar(let scalar) where scalar.isNull:
      return []
    case .scalar(let scalar):
      text = scalar.string
    case .mapping(let mapping) where option.key == "analyzer":
      text = try AnalyzerMapping(mapping, registry: registry) { failure($0 ?? node, $1) }.text
    default:
      throw failure(node, "\(option.key): expected a value")
    }
    // It would end the name of a file for the system.
    if text.utf8.contains(0) { throw failure(node, "\(option.key): holds a NUL byte") }
    return [ConfigurationEntry.Value(text: text, place: place(of: node))]
  }

  private func place(of node: Node) -> ConfigurationEntry.Place {
    .file(name, line: node.mark?.line ?? 1)
  }

  private func failure(_ node: Node, _ reason: String) -> CommandFailure {
    CommandFailure(.usage, "\(place(of: node)): \(reason)")
  }
}

extension Node.Scalar {
  /// What YAML calls null: no value. In quotes it is a word.
  var isNull: Bool {
    style == .plain && ["", "~", "null", "Null", "NULL"].contains(string)
  }
}
