import Foundation
import Testing

/// A page of a DocC catalog, as far as it can be compared with what there is.
struct Article: CustomTestStringConvertible {
  /// What stands between two fences.
  struct Block {
    var language: String
    /// The number of its first line, from 1.
    var line: Int
    var lines: [String] = []
    /// The Swift file that was named last before it, in backquotes.
    var source: String?
  }

  /// A line `$ command` of a `console` block, and what the article shows below it.
  struct Command {
    /// The number of its last line, from 1.
    var line: Int
    var text: String
    var output: [String] = []
  }

  /// Relative to the package.
  let path: String
  private(set) var blocks: [Block] = []
  private(set) var commands: [Command] = []

  var testDescription: String { path }

  /// The folder of the package.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The pages of all catalogs.
  static let all: [Article] = files(below: "Sources", ending: ".md")
    .filter { $0.contains(".docc/") }.map(Article.init)

  static let readme = Article("README.md")

  /// Paths of files, relative to the package.
  static func files(below folder: String, ending: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: root.path + "/" + folder)
    return (names?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(ending) }.map { folder + "/" + $0 }.sorted()
  }

  /// The lines of a file of the package; none when it cannot be read.
  static func lines(of path: String) -> [String] {
    let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    return text?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) ?? []
  }

  init(_ path: String) {
    self.path = path
    var source: String?
    var open: Block?
    for (index, line) in Self.lines(of: path).enumerated() {
      if line.hasPrefix("```") {
        open.map { blocks.append($0) }
        open = open == nil ? Block(language: String(line.dropFirst(3)), line: index + 2) : nil
        open?.source = source
      } else if open != nil {
        open?.lines.append(line)
      } else {
        source = line.matches(of: /`([^` ]+\.swift)`/).last.map { String($0.1) } ?? source
      }
    }
    // A block without an end.
    open.map { blocks.append($0) }
    commands = blocks.filter { $0.language == "console" }.flatMap(Self.commands)
  }

  private static func commands(of block: Block) -> [Command] {
    var commands: [Command] = []
    var isOpen = false
    for (index, line) in block.lines.enumerated() {
      if isOpen {
        commands[commands.count - 1].text += "\n" + line
        commands[commands.count - 1].line = block.line + index
      } else if line.hasPrefix("$ ") {
        commands.append(Command(line: block.line + index, text: String(line.dropFirst(2))))
      } else if !commands.isEmpty {
        commands[commands.count - 1].output.append(line)
        continue
      }
      isOpen = line.hasSuffix("\\")
    }
    return commands.map {
      var command = $0
      command.output = command.output.droppingLastEmpty
      return command
    }
  }

  /// Writes the article again with other outputs, one for each command.
  func record(_ outputs: [[String]]) throws {
    var lines = Self.lines(of: path)
    for (command, output) in zip(commands, outputs).reversed() {
      lines.replaceSubrange(command.line..<command.line + command.output.count, with: output)
    }
    try lines.joined(separator: "\n").write(
      to: Self.root.appendingPathComponent(path), atomically: true, encoding: .utf8)
  }
}

extension [String] {
  /// Without the empty lines at the end.
  var droppingLastEmpty: [String] {
    var lines = self
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// Lines of code without the indentation that all of them have.
  var withoutIndentation: [String] {
    let indentation = filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    return map { String($0.dropFirst(indentation)) }
  }

  /// Whether these are lines in a row of a source, be they indented otherwise.
  func isPart(of source: [String]) -> Bool {
    guard !isEmpty, source.count >= count else { return false }
    return (0...(source.count - count)).contains { start in
      // Most places differ in the first line.
      let first = source[start].drop { $0 == " " }
      guard first == self[0].drop(while: { $0 == " " }) else { return false }
      return Array(source[start..<start + count]).withoutIndentation == withoutIndentation
    }
  }
}
