import Yams

/// A YAML file that is small, of bounded depth and without aliases, so that nothing in it can be
/// larger than it looks.
struct YAMLDocument {
  /// No configuration is this long.
  static let limit = 1 << 20

  /// `nil` when there is nothing in it but comments.
  let root: Node?

  /// - Parameter name: what messages call the file.
  init(_ bytes: [UInt8], name: String) throws(CommandFailure) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.usage, "\(name): is not UTF-8")
    }
    do {
      if let alias = try Self.firstAlias(in: text) {
        throw CommandFailure(.usage, "\(name):\(alias.line): there are no aliases (*) here")
      }
      root = try compose(yaml: text)
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw Self.failure(error, name: name, text: text)
    }
  }

  init(path: String) throws(CommandFailure) {
    do {
      try self.init(BoundedFile.read(path, limit: Self.limit), name: path)
    } catch let error as BoundedFile.ReadError {
      throw CommandFailure(.usage, error.description)
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.usage, "\(path): \(error)")
    }
  }

  /// The composer puts what an alias stands for in its place, and a few lines become gigabytes. So
  /// the text is looked at first with a harmless sign instead of each star: the nodes are the same,
  /// and an alias is a plain one that begins where a star was.
  private static func firstAlias(in text: String) throws -> Mark? {
    guard text.utf8.contains(UInt8(ascii: "*")) else { return nil }
    guard let root = try compose(yaml: text.replacing("*", with: "_")) else { return nil }
    let lines = text.unicodeScalars.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" })
    return plainMarks(in: root).first { mark in
      lines.indices.contains(mark.line - 1)
        && lines[mark.line - 1].dropFirst(mark.column - 1).first == "*"
    }
  }

  /// Where the scalars without quotes begin.
  private static func plainMarks(in node: Node) -> [Mark] {
    switch node {
    case .scalar(let scalar): scalar.style == .plain ? [scalar.mark].compactMap(\.self) : []
    case .sequence(let sequence): sequence.flatMap(plainMarks)
    case .mapping(let mapping):
      mapping.flatMap { plainMarks(in: $0.key) + plainMarks(in: $0.value) }
    case .alias: []
    }
  }

  private static func failure(_ error: any Error, name: String, text: String) -> CommandFailure {
    func failure(_ line: Int?, _ reason: String) -> CommandFailure {
      CommandFailure(.usage, "\(name)\(line.map { ":\($0)" } ?? ""): \(reason)")
    }
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _):
      if problem.hasPrefix("Maximum nesting") { return failure(mark.line, "is nested too deeply") }
      // libyaml: "while scanning a simple key", "could not find expected ':'"
      return failure(
        mark.line, ([problem] + [context?.text].compactMap(\.self)).joined(separator: " "))
    case .composer(let context, let problem, let mark, _):
      return failure(
        mark.line, ([context?.text].compactMap(\.self) + [problem]).joined(separator: ", "))
    case .duplicatedKeysInMapping(let keys, let context):
      return failure(context.mark.line, "'\(keys.first ?? "")' is given twice")
    case .reader(let problem, let offset, _, _):
      let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
      return failure(line, problem)
    default:
      return failure(nil, "is not YAML")
    }
  }
}
