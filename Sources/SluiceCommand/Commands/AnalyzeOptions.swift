import ArgumentParser

/// What is read, and how much of it.
struct InputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A capture, or a folder of them; repeatable; - for standard input.",
      valueName: "file"))
  var read: [String] = []

  @Flag(help: "Each file by itself, one after the other, and not as one time line.")
  var separate = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Capture from an interface.", valueName: "name"))
  var interface: [String] = []

  @Flag(help: "List the interfaces.")
  var listInterfaces = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Only packets that match (BPF); also as words.", valueName: "expr"))
  var filter: String?

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

/// How data waits for analyzers, and what is done when they fail.
struct WaitingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Buffers for data that waits, 1 to 254 (default: 40).", valueName: "n"))
  var buffers: Int = 40

  @Option(
    help: ArgumentHelp(
      "Bytes of a buffer, 1K to 64K; no chunk is larger (default: 64K).", valueName: "size"))
  var bufferSize: ByteCount?

  @Flag(help: "Show every chunk in a buffer, as another process would see it.")
  var throughPool = false

  @Option(
    help: ArgumentHelp("Bytes that an analyzer may peek at (default: 64K).", valueName: "size"))
  var peekLimit: ByteCount?

  @Option(
    help: ArgumentHelp(
      "Seconds to wait for an answer, fractions too (default: 60).", valueName: "seconds"))
  var deadline: Double = 60

  @Option(
    help: ArgumentHelp("When an analyzer crashes (default: allow).", valueName: "allow|drop"))
  var onCrash: PolicyChoice = .allow

  @Option(
    help: ArgumentHelp("When no answer comes (default: allow).", valueName: "allow|drop"))
  var onTimeout: PolicyChoice = .allow

  @Option(
    help: ArgumentHelp("When an edit is not possible (default: allow).", valueName: "allow|drop"))
  var onRefusedEdit: PolicyChoice = .allow

  @Flag(help: "Record verdicts and change nothing.")
  var dryRun = false

  func validate() throws {
    guard (1...254).contains(buffers) else {
      throw ValidationError("--buffers \(buffers): expected a number from 1 to 254")
    }
    if let bufferSize, !(1 << 10...1 << 16).contains(bufferSize.bytes) {
      throw ValidationError("--buffer-size: expected a size from 1K to 64K")
    }
    if let peekLimit, !(1...1 << 30).contains(peekLimit.bytes) {
      throw ValidationError("--peek-limit: expected a size from 1 to 1G")
    }
    guard deadline > 0, deadline <= 86_400 else {
      throw ValidationError("--deadline \(deadline): expected seconds, more than 0 and up to a day")
    }
    for (option, choice) in [
      ("--on-crash", onCrash), ("--on-timeout", onTimeout), ("--on-refused-edit", onRefusedEdit),
    ] where choice == .deny || choice == .reset {
      throw ValidationError(
        "\(option) \(choice.rawValue): streams cannot be changed yet; there are allow and drop")
    }
  }
}

/// What is done in place of a verdict.
enum PolicyChoice: String, ExpressibleByArgument, CaseIterable {
  case allow, deny, drop, reset
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
