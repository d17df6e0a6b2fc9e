import ArgumentParser

/// The commands as a shell completes them: the options of `analyze` belong to `sluice`, too.
struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice", subcommands: RootCommand.configuration.subcommands)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Analysis") var analysis: AnalysisOptions
  @OptionGroup(title: "Waiting") var waiting: WaitingOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Configuration") var configuration: ConfigurationOptions
  @OptionGroup(title: "Messages") var messages: MessageOptions

  /// `--generate-completion-script [SHELL]` and nothing else.
  static func isAsked(by words: [String]) -> Bool {
    words.first.map { $0.hasPrefix("--generate-completion-script") } ?? false
  }

  /// The script, which the parser throws.
  static func print(_ words: [String]) throws -> ExitStatus {
    do {
      _ = try parseAsRoot(words)
    } catch {
      guard exitCode(for: error) == .success else {
        throw CommandFailure.usage(message(for: error))
      }
      StandardStream.output.write(fullMessage(for: error) + "\n")
    }
    return .done
  }
}
