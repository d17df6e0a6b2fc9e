import Analysis
import ArgumentParser

/// `sluice analyzers`
struct AnalyzersCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "analyzers",
    abstract: "Lists the analyzers with their settings.",
    usage: "sluice analyzers [--names] [NAME ...]")

  @Flag(name: .customLong("names"), help: "Print their names and nothing else.")
  var printsNames = false

  @Argument(help: "Only these.")
  var names: [String] = []

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    let types = names.isEmpty ? registry.all : try names.map { try registry.find($0) }
    if printsNames {
      StandardStream.output.write(types.map { $0.name + "\n" }.joined())
      return .done
    }
    var blocks = types.map { ["\($0.name): \($0.summary)"] + Self.table($0.settings) }
    blocks.append(["settings of all analyzers:"] + Self.table(CommonSettings.all))
    let text = blocks.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    StandardStream.output.write(text)
    return .done
  }

  static func table(_ settings: [Setting]) -> [String] {
    let heads = settings.map { "\($0.key)=\($0.kind.placeholder)" }
    let width = min(28, heads.map(\.count).max() ?? 0)
    return zip(heads, settings).map { head, setting in
      let padding = String(repeating: " ", count: max(0, width - head.count))
      let standard = setting.defaultValue.map { " [\($0.isEmpty ? "empty" : $0)]" } ?? ""
      return "  \(head)\(padding)  \(setting.summary)\(standard)"
    }
  }
}

extension Setting.Kind {
  /// What stands for a value.
  var placeholder: String {
    switch self {
    case .literal: "BYTES"
    case .text: "TEXT"
    case .number: "N"
    case .size: "SIZE"
    case .duration: "TIME"
    case .flag: "yes|no"
    case .choice(let words): words.joined(separator: "|")
    }
  }
}
