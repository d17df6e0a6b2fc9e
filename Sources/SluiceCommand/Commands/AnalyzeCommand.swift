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
    if input.listInterfaces { return try InterfaceList.show() }
    try refuseWords()
    try refuseInputs()
    try refuseOutputs(for: input.read)
    let filter = try filterExpression()
    let chain = try analysis.analyzers.map {
      try AnalyzerSpecification($0, registry: registry, logFolder: output.logDir)
    }
    try refuseMixedLog(of: chain)
    let tcpPolicy = try AnalysisOptions.tcpPolicies.map(analysis.tcpPolicy)
    let fragmentPolicy = try AnalysisOptions.fragmentPolicies.map(analysis.fragPolicy)
    let run = AnalyzeRun(
      self, input: try analyzeInput(filter: filter), chain: chain, tcpPolicy: tcpPolicy,
      fragmentPolicy: fragmentPolicy)
    return try configuration.testConfig ? run.check() : run.perform()
  }
}
