import ArgumentParser
import Capture
import Deferral
import Pipeline
import Reassembly

/// What is read, and how much of it.
struct InputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A capture, or a folder of them; repeatable; - for standard input.", valueName: "file"),
    completion: .file())
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
      "An analyzer; repeatable, in the order of the chain.", valueName: "name[:key=value,...]"),
    completion: .shellCommand("sluice analyzers --names"))
  var analyzers = ["flow"]

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "auto: wrong ones count unless offload or --validity any explains them; all; none: not looked at.",
      valueName: "auto|all|none"))
  var checksums: ChecksumChoice = .auto

  @Option(
    help: ArgumentHelp("Connections whose start was not seen.", valueName: "yes|no"))
  var midstream: YesNo = .yes

  @Option(
    help: ArgumentHelp(
      "What receivers do with TCP segments that overlap: a policy, or a file by network.",
      valueName: "NAME|@FILE"))
  var tcpPolicy: String?

  @Option(
    help: ArgumentHelp(
      "What receivers do with IP fragments that overlap: a policy, or a file by network.",
      valueName: "NAME|@FILE"))
  var fragPolicy: String?

  @Option(
    help: ArgumentHelp(
      "host: what a host would refuse is no stream data; any: all that is there is.",
      valueName: "host|any"))
  var validity: ValidityChoice = .host

  @Option(
    help: ArgumentHelp(
      "inline: urgent bytes stay in the stream; oob: they are taken out of it.",
      valueName: "inline|oob"))
  var urgent: UrgentChoice = .inline

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "How many share the work, 1 to 64; the results are the same for all.", valueName: "n"))
  var jobs: Int = 1

  @Option(
    help: ArgumentHelp("The budget of all stores together.", valueName: "size"))
  var memory = ByteCount(bytes: RunConfiguration().memory)

  func validate() throws {
    guard (1...64).contains(jobs) else {
      throw ValidationError("-j \(jobs): expected a number from 1 to 64")
    }
    guard memory.bytes >= MemoryPlan.least else {
      throw ValidationError("--memory: expected a size from \(MemoryPlan.least >> 20)M on")
    }
    if let tcpPolicy, let mistake = Self.tcpPolicies.mistake(in: tcpPolicy) {
      throw ValidationError(mistake)
    }
    if let fragPolicy, let mistake = Self.fragmentPolicies.mistake(in: fragPolicy) {
      throw ValidationError(mistake)
    }
  }
}

extension AnalysisOptions {
  static let tcpPolicies = PolicyMapReader(
    option: "--tcp-policy", standard: ReassemblyConfiguration().tcpPolicy)
  static let fragmentPolicies = PolicyMapReader(
    option: "--frag-policy", standard: ReassemblyConfiguration.standardFragmentPolicy)
}

/// How data waits for analyzers, and what is done when they fail.
struct WaitingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Buffers for data that waits, 1 to 254.", valueName: "n"))
  var buffers: Int = 40

  @Option(
    help: ArgumentHelp(
      "Bytes of a buffer, 1K to 64K; no chunk is larger.", valueName: "size"))
  var bufferSize = ByteCount(bytes: DeferralConfiguration().bufferSize)

  @Flag(help: "Show every chunk in a buffer, as another process would see it.")
  var throughPool = false

  @Option(
    help: ArgumentHelp("Bytes that an analyzer may peek at.", valueName: "size"))
  var peekLimit = ByteCount(bytes: DeferralConfiguration().peekLimit)

  @Option(
    help: ArgumentHelp(
      "Seconds of packet time that a peek may last, fractions too.", valueName: "seconds"))
  var peekTimeout: Double?

  @Option(
    help: ArgumentHelp(
      "Seconds to wait for an answer, fractions too.", valueName: "seconds"))
  var deadline: Double = 60

  @Option(
    help: ArgumentHelp("When an analyzer crashes.", valueName: "allow|deny|drop|reset"))
  var onCrash: PolicyChoice = .allow

  @Option(
    help: ArgumentHelp("When no answer comes.", valueName: "allow|deny|drop|reset"))
  var onTimeout: PolicyChoice = .allow

  @Option(
    help: ArgumentHelp("When an edit is not possible.", valueName: "allow|drop|reset"))
  var onRefusedEdit: PolicyChoice = .allow

  @Option(
    help: ArgumentHelp(
      "What becomes of payload in -w that no analyzer saw.", valueName: "allow|drop"))
  var onUnseen: UnseenChoice = .allow

  @Option(
    help: ArgumentHelp(
      "When an analyzer has no client to look at a socket.", valueName: "pass|hold|refuse"))
  var onNoClient: ClientPolicyChoice = .hold

  @Flag(help: "Record verdicts and change nothing.")
  var dryRun = false

  func validate() throws {
    guard (1...254).contains(buffers) else {
      throw ValidationError("--buffers \(buffers): expected a number from 1 to 254")
    }
    if !(1 << 10...1 << 16).contains(bufferSize.bytes) {
      throw ValidationError("--buffer-size: expected a size from 1K to 64K")
    }
    if !(1...1 << 30).contains(peekLimit.bytes) {
      throw ValidationError("--peek-limit: expected a size from 1 to 1G")
    }
    guard deadline > 0, deadline <= 86_400 else {
      throw ValidationError("--deadline \(deadline): expected seconds, more than 0 and up to a day")
    }
    if let peekTimeout, !(peekTimeout > 0 && peekTimeout <= 86_400) {
      throw ValidationError(
        "--peek-timeout \(peekTimeout): expected seconds, more than 0 and up to a day")
    }
    if onRefusedEdit == .deny {
      throw ValidationError(
        "--on-refused-edit deny: would be an edit itself; there are allow, drop and reset")
    }
  }
}

/// Which text is stream data.
enum ValidityChoice: String, ExpressibleByArgument, CaseIterable {
  case host, any
}

/// What is done in place of a verdict.
enum PolicyChoice: String, ExpressibleByArgument, CaseIterable {
  case allow, deny, drop, reset
}

/// What becomes of payload that no analyzer saw.
enum UnseenChoice: String, ExpressibleByArgument, CaseIterable {
  case allow, drop
}

/// What is done about a socket that no client looks at.
enum ClientPolicyChoice: String, ExpressibleByArgument, CaseIterable {
  case pass, hold, refuse
}

/// Where results go.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Packets: pcap, or pcapng by its ending; -w - needs -o.", valueName: "file"),
    completion: .file())
  var write: String?

  @Option(
    help: ArgumentHelp(
      "Go on in another file before -w's becomes larger: out.pcap, out-00001.pcap, ...",
      valueName: "size"))
  var rotateSize: ByteCount?

  @Option(
    help: ArgumentHelp(
      "Go on in another file after so much packet time; -w may have the escapes of strftime.",
      valueName: "seconds"))
  var rotateTime: UInt32?

  @Option(
    help: ArgumentHelp("Keep this many files, the newest ones.", valueName: "n"))
  var rotateCount: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The event log (default: standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A folder for logs: eve.json, or conn.log and weird.log, and files of analyzers.",
      valueName: "dir"),
    completion: .directory)
  var logDir: String?

  @Option(
    help: ArgumentHelp(
      "JSON Lines, as a person reads it, or Zeek's conn.log in columns or as JSON Lines.",
      valueName: "eve|text|zeek|zeek-json"))
  var format: LogFormat = .eve

  func validate() throws {
    for (name, value) in [
      ("size", rotateSize?.bytes), ("time", rotateTime.map { Int($0) }), ("count", rotateCount),
    ] {
      if let value, value < 1 { throw ValidationError("--rotate-\(name) \(value): too small") }
    }
  }

  var rotation: Rotation? {
    guard rotateSize != nil || rotateTime != nil else { return nil }
    return Rotation(
      size: rotateSize.map { UInt64($0.bytes) }, seconds: rotateTime, count: rotateCount)
  }
}

/// What is in force, and where it comes from.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Options from a file in YAML, by their long names; options given here go before it.",
      valueName: "file"),
    completion: .file())
  var config: String?

  @Option(
    help: ArgumentHelp(
      "One option as in the file; goes before it, and behind the option itself.",
      valueName: "key=value"))
  var set: [String] = []

  @Flag(
    name: [.customShort("T"), .long],
    help: "Check configuration, analyzers, filters and inputs; run nothing, write nothing.")
  var testConfig = false

  @Flag(help: "Print what is in force as YAML, which -c reads.")
  var dumpConfig = false

  var isUsed: Bool { config != nil || !set.isEmpty || dumpConfig }
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
