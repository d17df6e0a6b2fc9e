import Analysis
import Yams

/// An analyzer as YAML says it, `{replace: {find: foo, with: bar}}`, as the text that `-a` takes.
/// Its values are what YAML says they are; no backslash has a meaning of its own.
struct AnalyzerMapping {
  typealias Failure = (Node?, String) -> CommandFailure

  let text: String

  /// - Parameter failure: makes the message about a node, or about the whole.
  init(
    _ mapping: Node.Mapping, registry: AnalyzerRegistry, failure: Failure
  ) throws(CommandFailure) {
    guard mapping.count == 1, let (name, settings) = mapping.first,
      case .scalar(let word) = name
    else { throw failure(nil, "analyzer: expected NAME or NAME: {key: value, ...}") }
    switch settings {
    case .scalar(let scalar) where scalar.isNull:
      text = word.string
    case .mapping(let pairs):
      let known = registry.all.first { $0.name == word.string }?.settings ?? []
      var pieces: [String] = []
      for (key, value) in pairs { pieces.append(try Self.piece(key, value, known, failure)) }
      text = pieces.isEmpty ? word.string : word.string + ":" + pieces.joined(separator: ",")
    default:
      throw failure(settings, "analyzer: \(word.string): expected {key: value, ...}")
    }
  }

  private static func piece(
    _ key: Node, _ value: Node, _ settings: [Setting], _ failure: Failure
  ) throws(CommandFailure) -> String {
    guard case .scalar(let name) = key, !name.string.contains(where: { "=,:".contains($0) }) else {
      throw failure(key, "analyzer: a key is a word")
    }
    guard case .scalar(let scalar) = value else {
      throw failure(value, "analyzer: \(name.string): expected a value")
    }
    let setting = settings.first { $0.key == name.string }
    return "\(name.string)=\(escaped(scalar.string, isLiteral: setting?.kind == .literal))"
  }

  /// A comma may not separate, and in a literal a backslash would begin an escape.
  private static func escaped(_ value: String, isLiteral: Bool) -> String {
    let text = isLiteral ? value.replacing("\\", with: "\\\\") : value
    return text.replacing(",", with: "\\,")
  }
}
