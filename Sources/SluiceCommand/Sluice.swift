public import Analysis
import ArgumentParser
import Glibc

/// The command line as a library: a program of one's own analyzers is one call.
///
///     Sluice.main(analyzers: [MyAnalyzer.self])
public enum Sluice {
  public static let version = "0.1.0"
  /// Of this version, for the manual.
  static let date = "November 24, 2026"

  /// A whole `sluice`: the built-in analyzers and one's own, which take the place of built-in ones
  /// of the same name. Reads the arguments of the process and ends it with the exit status.
  public static func main(analyzers: [any Analyzer.Type] = []) -> Never {
    StandardStream.reserve()
    // Output to a pipe whose reader has gone is an error of that write, not the end of everything.
    signal(SIGPIPE, SIG_IGN)
    // A file that has become as large as may be (ulimit -f) is an error of the write.
    signal(SIGXFSZ, SIG_IGN)
    exit(run(Array(CommandLine.arguments.dropFirst()), analyzers: analyzers).code)
  }

  package static func run(_ words: [String], analyzers: [any Analyzer.Type]) -> ExitStatus {
    let isCompletion = CompletionCommand.isAsked(by: words)
    let words = normalized(words)
    do {
      if isCompletion { return try CompletionCommand.print(Array(words.dropFirst())) }
      let registry = try AnalyzerRegistry(builtIn: Parts.analyzers, own: analyzers)
      return try run(words, registry)
    } catch let failure as CommandFailure {
      failure.report()
      return failure.status
    } catch {
      return report(parserError: error, command: words[0])
    }
  }

  private static func run(_ words: [String], _ registry: AnalyzerRegistry) throws -> ExitStatus {
    let command = try parse(words)
    guard let command = command as? any ConfigurableCommand else {
      return try command.run(registry)
    }
    return try run(command, words, registry)
  }

  /// With the words of its configuration in front of those of the command line.
  private static func run<Command: ConfigurableCommand>(
    _ command: Command, _ words: [String], _ registry: AnalyzerRegistry
  ) throws -> ExitStatus {
    let source = command.configuration
    guard source.isUsed else { return try command.run(registry) }
    let options = OptionList(Command.self)
    let file = try source.config.map {
      try ConfigurationFile(path: $0, keys: ConfigurationKeys(options), registry: registry)
    }
    let configuration = try Configuration(
      file: file, set: source.set, words: Array(words.dropFirst()), options: options,
      registry: registry)
    let settled = try configuration.words { _ = try parse([words[0]] + $0) }
    if source.dumpConfig {
      StandardStream.output.write(ConfigurationText(settled, options: options).text)
      return .done
    }
    return try parse([words[0]] + settled).run(registry)
  }

  /// `sluice` alone is `sluice analyze`. The first word of the result is a command.
  private static func normalized(_ words: [String]) -> [String] {
    if words == ["help"] || words == ["help", "analyze"] { return ["analyze", "--help"] }
    return RootCommand.isSubcommand(words.first) ? words : ["analyze"] + words
  }

  private static func parse(_ words: [String]) throws -> any SluiceSubcommand {
    // By itself: that spares the parser a look at all other commands.
    if words[0] == AnalyzeCommand._commandName {
      return try AnalyzeCommand.parse(Array(words.dropFirst()))
    }
    var command = try RootCommand.parseAsRoot(words)
    if let command = command as? any SluiceSubcommand { return command }
    try command.run()  // the parser's own `help`: it ends by throwing the text
    throw CleanExit.helpRequest(RootCommand.self)
  }

  /// What the parser throws is either help, which is data, or a usage error.
  private static func report(parserError error: any Error, command: String) -> ExitStatus {
    let isAnalyze = command == AnalyzeCommand._commandName
    if RootCommand.exitCode(for: error) == .success {
      let page = isAnalyze ? HelpText.analyze : RootCommand.fullMessage(for: error, columns: 100)
      StandardStream.output.write(page + (page.hasSuffix("\n") ? "" : "\n"))
      return .done
    }
    let failure = CommandFailure.usage(
      RootCommand.message(for: error), help: isAnalyze ? "" : command + " ")
    failure.report()
    return failure.status
  }
}
