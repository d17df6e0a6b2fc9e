import ArgumentParser

/// What is read, and how much of it.
struct InputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The capture: pcap, pcapng, gzip; - for standard input.", valueName: "file"))
  var read: [String] = []

  @Option(help: ArgumentHelp("Only this conversation: Community ID or flow_id.", valueName: "id"))
  var flow: FlowSelector?

  @Option(help: ArgumentHelp("Stop after this many packets.", valueName: "n"))
  var count: UInt64?
}

/// What is looked at, and how.
struct AnalysisOptions: ParsableArguments {
  @Option(
    name: [.customShort("a"), .customLong("analyzer")],
    help: ArgumentHelp(
      "An analyzer; repeatable, in the order of the chain (default: flow).",
      valueName: "name[:key=value,...]"))
  var analyzers: [String] = []

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "auto: wrong ones count unless offload explains them; all; none: not looked at.",
      valueName: "auto|all|none"))
  var checksums: ChecksumChoice = .auto

  @Option(
    help: ArgumentHelp("Connections whose start was not seen.", valueName: "yes|no"))
  var midstream: YesNo = .yes

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "How many share the work, 1 to 64; the results are the same for all (default: 1).",
      valueName: "n"))
  var jobs: Int = 1

  @Option(
    help: ArgumentHelp("The budget of all stores together (default: 1G).", valueName: "size"))
  var memory: ByteCount?

  func validate() throws {
    guard (1...64).contains(jobs) else {
      throw ValidationError("-j \(jobs): expected a number from 1 to 64")
    }
  }
}

/// Where results go.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Packets: pcap, or pcapng by its ending; -w - needs -o.", valueName: "file"))
  var write: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The event log (default: standard output).", valueName: "file"))
  var output: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A folder for logs: eve.json, and files of analyzers.", valueName: "dir"))
  var logDir: String?

  @Option(
    help: ArgumentHelp("JSON Lines, or as a person reads it.", valueName: "eve|text"))
  var format: LogFormat = .eve
}

/// What is said on standard error.
struct MessageOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "No summary, no progress.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "More in the summary.")
  var verbose: Int

  @Flag(name: [.customShort("V"), .customLong("version")], help: "Print the version.")
  var version = false

  @Flag(
    name: [.customShort("n"), .customLong("numeric")],
    help: ArgumentHelp("Accepted, and means nothing.", visibility: .hidden))
  var numeric = false
}
