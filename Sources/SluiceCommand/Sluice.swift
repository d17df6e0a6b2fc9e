public import Analysis
import ArgumentParser
import Glibc

/// The command line as a library: a program of one's own analyzers is one call.
///
///     Sluice.main(analyzers: [MyAnalyzer.self])
public enum Sluice {
  public static let version = "0.1.0"

  /// A whole `sluice`: the built-in analyzers and one's own, which take the place of built-in ones
  /// of the same name. Reads the arguments of the process and ends it with the exit status.
  public static func main(analyzers: [any Analyzer.Type] = []) -> Never {
    // Output to a pipe whose reader has gone is an error of that write, not the end of everything.
    signal(SIGPIPE, SIG_IGN)
    exit(run(Array(CommandLine.arguments.dropFirst()), analyzers: analyzers).code)
  }

  package static func run(_ words: [String], analyzers: [any Analyzer.Type]) -> ExitStatus {
    let words = normalized(words)
    do {
      let command = try parse(words)
      return try command.run(AnalyzerRegistry(builtIn: Parts.analyzers, own: analyzers))
    } catch let failure as CommandFailure {
      failure.report()
      return failure.status
    } catch {
      return report(parserError: error, command: words[0])
    }
  }

  /// `sluice` alone is `sluice analyze`. The first word of the result is a command.
  private static func normalized(_ words: [String]) -> [String] {
    if words == ["help"] || words == ["help", "analyze"] { return ["analyze", "--help"] }
    return RootCommand.isSubcommand(words.first) ? words : ["analyze"] + words
  }

  private static func parse(_ words: [String]) throws -> any SluiceSubcommand {
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
