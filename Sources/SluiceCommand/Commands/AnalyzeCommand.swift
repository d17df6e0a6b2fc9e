import ArgumentParser
import Capture

/// `sluice analyze`, which is also `sluice` alone. `HelpText` is its page.
struct AnalyzeCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Shows the streams of a capture to analyzers (the default command).")

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Analysis") var analysis: AnalysisOptions
  @OptionGroup(title: "Waiting") var waiting: WaitingOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Configuration") var configuration: ConfigurationOptions
  @OptionGroup(title: "Messages") var messages: MessageOptions

  @Argument(help: ArgumentHelp(visibility: .hidden))
  var words: [String] = []

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    if messages.version {
      StandardStream.output.write("sluice \(Sluice.version)\n")
      return .done
    }
    try refuseWords()
    let path = try inputPath()
    try refuseOutputs(for: path)
    let chain = try analysis.analyzers.map {
      try AnalyzerSpecification($0, registry: registry, logFolder: output.logDir)
    }
    try refuseMixedLog(of: chain)
    let run = AnalyzeRun(self, path: path, chain: chain)
    return try configuration.testConfig ? run.check() : run.perform()
  }

  /// Whoever types the name of a file means to read it, or has mistyped a command.
  private func refuseWords() throws(CommandFailure) {
    guard let word = words.first else { return }
    if FileIdentity(path: word) != nil {
      throw CommandFailure(.usage, "\(word): to read a capture: sluice -r \(word)")
    }
    if word.contains(where: { $0 == "." || $0 == "/" }) {
      throw CommandFailure(.usage, "\(word): no such file; to read a capture: sluice -r FILE")
    }
    let hint = NearestName.hint(for: word, among: RootCommand.subcommandNames)
    throw .usage("unexpected word '\(word)'\(hint)")
  }

  private func inputPath() throws(CommandFailure) -> String {
    guard let path = input.read.first else { throw .usage("nothing to read: sluice -r FILE") }
    guard input.read.count == 1 else { throw .usage("-r is given twice; one input at a time yet") }
    if path == "-" && StandardStream.input.isTerminal {
      throw .usage("-r -: standard input is a terminal, not a capture")
    }
    return path
  }
}
