import ArgumentParser
import Checking
import Pipeline

/// `sluice check`
struct CheckCommand: SluiceSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Judges the packets of a capture as TCP.",
    usage: "sluice check FILE ... [--notes] [--format eve|text] [-k auto|all|none]",
    discussion: """
      A record for each thing that a valid and complete capture of TCP does not have: holes in streams, \
      acknowledgements of what was never sent, copies that contradict each other, and so on; of each \
      name on each connection the first, the tenth, the hundredth. sluice explain says what a name \
      means. With --notes also what is normal in life: loss, repetition, reordering.

      The exit status is 1 when there are errors, 0 when there are none but perhaps notes, 2 when no \
      input can be opened, 3 when it is damaged, 4 when it has neither TCP nor UDP.
      """)

  @Argument(
    help: "A capture, or a folder of them; several become one time line; - for standard input.",
    completion: .file())
  var files: [String]

  @Flag(help: "Also what is normal in life.")
  var notes = false

  @Option(help: ArgumentHelp("The shape of the records.", valueName: "eve|text"))
  var format: CheckFormat = .eve

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "auto: wrong ones are errors unless offload explains them; all; none: not looked at.",
      valueName: "auto|all|none"))
  var checksums: ChecksumChoice = .auto

  @Flag(
    help: """
      The capture has all packets in the order in which they were sent and received: what comes after \
      its acknowledgement is an error.
      """)
  var ordered = false

  @Option(help: ArgumentHelp("The budget of all stores together.", valueName: "size"))
  var memory = ByteCount(bytes: CheckOptions().memory)

  @Flag(name: .shortAndLong, help: "No summary.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Also what is normal in life, as --notes.")
  var verbose: Int

  func validate() throws {
    guard memory.bytes >= MemoryPlan.least else {
      throw ValidationError("--memory: expected a size from \(MemoryPlan.least >> 20)M on")
    }
    if files.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("- is given twice; there is one standard input")
    }
  }

  func run(_ registry: AnalyzerRegistry) throws -> ExitStatus {
    if files.contains("-") && StandardStream.input.isTerminal {
      throw CommandFailure.usage("-: standard input is a terminal, not a capture", help: "check ")
    }
    return try CheckRun(self).perform()
  }

  var options: CheckOptions {
    var options = CheckOptions()
    options.reportsNotes = notes || verbose > 0
    options.isInOrder = ordered
    options.checksums = checksums.mode
    options.memory = MemoryPlan(memory: memory.bytes).stores
    return options
  }
}

/// The shapes that a complaint may have.
enum CheckFormat: String, ExpressibleByArgument, CaseIterable {
  case eve, text

  var logFormat: LogFormat { self == .eve ? .eve : .text }
}
