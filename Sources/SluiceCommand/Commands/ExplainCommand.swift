import ArgumentParser

/// `sluice explain`
struct ExplainCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Says what a weird, a reason or a complaint means.",
    usage: "sluice explain [NAME ...]")

  @Argument(help: "As in a record or a message; all of them without one.")
  var names: [String] = []

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    var entries = Explanations.all
    if !names.isEmpty {
      entries = []
      for name in names { entries += try Explanations.find(name) }
    }
    let blocks = entries.map { entry in
      "\(entry.name) (\(entry.kind))\n" + Self.wrapped(entry.text).map { "  \($0)\n" }.joined()
    }
    StandardStream.output.write(blocks.joined(separator: "\n"))
    return .done
  }

  /// Lines of at most 90 letters.
  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + word.count < 90 {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
