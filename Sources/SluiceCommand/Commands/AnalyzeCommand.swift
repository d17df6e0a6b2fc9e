import ArgumentParser
import Capture

/// `sluice analyze`, which is also `sluice` alone.
struct AnalyzeCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Turns the packets of a capture into TCP streams and shows them to analyzers.",
    usage: """
      sluice -r FILE [-a NAME[:key=value,...] ...] [-w FILE] [options]
      sluice analyzers
      sluice generate bulk|http|adverse|many -w FILE [options]
      """,
    discussion: """
      sluice -r in.pcap                              a record for each conversation
      sluice -r in.pcap --format text -a print       what was said, as a person reads it
      sluice -r in.pcap -a print:port=80+8080,direction=in
      sluice -r in.pcap -a digest -w out.pcapng      and write the packets

      Exit status: 0 done, 1 failed, 2 usage or no input, 3 input damaged, 4 nothing to analyze,
      5 an analyzer failed, 128+n ended by a signal.
      """)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Analysis") var analysis: AnalysisOptions
  @OptionGroup(title: "Output") var output: OutputOptions
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
    let chain = try (analysis.analyzers.isEmpty ? ["flow"] : analysis.analyzers).map {
      try AnalyzerSpecification($0, registry: registry, logFolder: output.logDir)
    }
    return try AnalyzeRun(self, path: path, chain: chain).perform()
  }

  /// Whoever types the name of a file means to read it, or has mistyped a command.
  private func refuseWords() throws(CommandFailure) {
    guard let word = words.first else { return }
    if FileIdentity(path: word) != nil {
      throw CommandFailure(.usage, "\(word): to read a capture: sluice -r \(word)")
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
