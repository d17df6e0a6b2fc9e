import ArgumentParser

/// The tree of commands for the parser.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice",
    abstract: "Turns packets into TCP streams and shows them to analyzers.",
    subcommands: [
      AnalyzeCommand.self, AnalyzersCommand.self, CheckCommand.self, ExplainCommand.self,
      GenerateCommand.self, GenerateManualCommand.self,
    ])

  static func isSubcommand(_ word: String?) -> Bool {
    word == "help" || configuration.subcommands.contains { $0._commandName == word }
  }

  static var shownCommands: [any ParsableCommand.Type] {
    configuration.subcommands.filter { $0.configuration.shouldDisplay }
  }

  static var subcommandNames: [String] { shownCommands.map { $0._commandName } }
}

/// A command that is given the analyzers there are, and answers with an exit status.
protocol SluiceSubcommand: ParsableCommand {
  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus
}

/// A command whose options may also stand in a configuration.
protocol ConfigurableCommand: SluiceSubcommand {
  var configuration: ConfigurationOptions { get }
}
