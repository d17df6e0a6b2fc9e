import ArgumentParser

/// `sluice generate-manual`, for whoever packs the program.
struct GenerateManualCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "generate-manual",
    abstract: "Prints sluice(1), the page for man.",
    shouldDisplay: false)

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    StandardStream.output.write(Manual(registry).text)
    return .done
  }
}
