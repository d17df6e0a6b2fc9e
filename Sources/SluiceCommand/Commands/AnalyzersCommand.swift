import Analysis
import ArgumentParser

/// `sluice analyzers`
struct AnalyzersCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "analyzers",
    abstract: "Lists the analyzers with their settings.",
    usage: "sluice analyzers [NAME ...]")

  @Argument(help: "Only these.")
  var names: [String] = []

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    let types = names.isEmpty ? registry.all : try names.map { try registry.find($0) }
    var blocks = types.map { ["\($0.name): \($0.summary)"] + Self.table($0.settings) }
    blocks.append(["settings of all analyzers:"] + Self.table(CommonSettings.all))
    let text = blocks.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    StandardStream.output.write(text)
    return .done
  }

  static func table(_ settings: [Setting]) -> [String] {
    let heads = settings.map { "\($0.key)=\(value(of: $0.kind))" }
    let width = min(28, heads.map(\.count).max() ?? 0)
    return zip(heads, settings).map { head, setting in
      let padding = String(repeating: " ", count: max(0, width - head.count))
      let standard = setting.defaultValue.map { " [\($0.isEmpty ? "empty" : $0)]" } ?? ""
      return "  \(head)\(padding)  \(setting.summary)\(standard)"
    }
  }

  private static func value(of kind: Setting.Kind) -> String {
    switch kind {
    case .literal: "BYTES"
    case .text: "TEXT"
    case .number: "N"
    case .size: "SIZE"
    case .flag: "yes|no"
    case .choice(let words): words.joined(separator: "|")
    }
  }
}
