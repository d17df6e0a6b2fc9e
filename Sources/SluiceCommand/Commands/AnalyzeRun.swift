import Buffers
import Capture
import Deferral
import Glibc
import Pipeline
import Reassembly

/// The run of `sluice analyze`, or with `--separate` its runs, from opening the files to the
/// summary.
struct AnalyzeRun {
  let command: AnalyzeCommand
  let input: AnalyzeInput
  private let chain: [AnalyzerSpecification]

  private let tcpPolicy: PolicyMap<TCPPolicy>
  private let fragmentPolicy: PolicyMap<FragmentPolicy>

  init(
    _ command: AnalyzeCommand, input: AnalyzeInput, chain: [AnalyzerSpecification],
    tcpPolicy: PolicyMap<TCPPolicy>, fragmentPolicy: PolicyMap<FragmentPolicy>
  ) {
    self.command = command
    self.input = input
    self.chain = chain
    self.tcpPolicy = tcpPolicy
    self.fragmentPolicy = fragmentPolicy
  }

  /// The input comes first: when it cannot be opened, no output has been emptied.
  func perform() throws(CommandFailure) -> ExitStatus {
    Requests.install()
    let source = try openSource(input.runs[0].origin, input.runs[0].name)
    try makeLogFolder()
    let configuration = try self.configuration
    let log = shaped(try openLog())
    let outputs = Outputs(log: log, sink: try createSink(), areShared: input.runs.count > 1)
    Interruption.install()
    return input.runs.count == 1
      ? try perform(source, configuration, outputs, input.runs[0].name)
      : try performAll(first: source, configuration, outputs)
  }

  func makeRun(
    _ configuration: RunConfiguration, source: any PacketSource, sink: (any PacketSink)?,
    log: any LogOutput
  ) throws(CommandFailure) -> Run {
    do {
      return try Run(
        configuration, source: source, sink: sink, log: log,
        formatter: Parts.formatter(command.output.format))
    } catch {
      throw .usage("\(error)")
    }
  }

  private func perform(
    _ source: any PacketSource, _ configuration: RunConfiguration, _ outputs: Outputs,
    _ name: String
  ) throws(CommandFailure) -> ExitStatus {
    let run = try makeRun(
      configuration, source: source, sink: outputs.runSink, log: outputs.runLog)
    let live = source as? LiveSource
    let monitor = RunMonitor(
      file: name, log: outputs.log, showsProgress: showsProgress,
      isWriting: outputs.sink != nil, live: live)
    let start = ContinuousClock.now
    do {
      var summary = try run.perform { monitor.check($0, on: run) }
      if input.runs.count == 1 { summary.damages = input.refused + summary.damages }
      try outputs.runLog.finish()
      monitor.end()
      let outcome = RunOutcome(
        summary, file: name, signal: Interruption.signal, isAbandoned: outputs.log.isAbandoned,
        flow: command.input.flow != nil, isLive: live != nil)
      report(outcome, summary, name, seconds: (ContinuousClock.now - start) / .seconds(1))
      guard let refusal = outputs.log.refusal else { return outcome.status }
      Message.show(refusal.description)
      return .first(of: [outcome.status, .failed])
    } catch {
      monitor.end()
      let isAboutInput =
        (error as? CaptureError)?.isAboutInput ?? (error as? LogError)?.isAboutInput ?? false
      throw CommandFailure(isAboutInput ? .usage : .failed, "\(error)")
    }
  }

  private func report(
    _ outcome: RunOutcome, _ summary: RunSummary, _ name: String, seconds: Double
  ) {
    outcome.messages.forEach(Message.show)
    if command.messages.quiet || outcome.isAbandoned { return }
    let report = SummaryReport(summary, verbose: command.messages.verbose > 0)
    let lines = report.lines(file: name, seconds: seconds).map(Message.printable)
    StandardStream.error.write(lines.joined(separator: "\n") + "\n")
  }

  /// With the analyzers, which may have reasons to refuse.
  var configuration: RunConfiguration {
    get throws(CommandFailure) {
      var configuration = RunConfiguration()
      for specification in chain { configuration.chain.append(try specification.makeLink()) }
      describe(&configuration)
      return configuration
    }
  }

  private func describe(_ configuration: inout RunConfiguration) {
    let takesAll = command.analysis.validity == .any
    let checksums = command.analysis.checksums
    configuration.checksums = takesAll && checksums == .auto ? .none : checksums.mode
    configuration.midstream = command.analysis.midstream == .yes
    configuration.tcpPolicy = tcpPolicy
    configuration.urgent = command.analysis.urgent.mode
    configuration.validity = takesAll ? .any : .host
    configuration.fragmentPolicy = fragmentPolicy
    configuration.workers = command.analysis.jobs
    configuration.packetLimit = command.input.count
    configuration.memory = command.analysis.memory.bytes
    configuration.deferral = command.waiting.configuration
    if let flow = command.input.flow { configuration.isSelected = { flow.matches($0) } }
  }

  private var showsProgress: Bool {
    !command.messages.quiet && StandardStream.error.isTerminal && !StandardStream.output.isTerminal
  }
}

extension WaitingOptions {
  fileprivate var configuration: DeferralConfiguration {
    var configuration = DeferralConfiguration()
    configuration.buffers = buffers
    configuration.bufferSize = bufferSize.bytes
    configuration.isThroughPool = throughPool
    configuration.peekLimit = peekLimit.bytes
    configuration.peekTimeout = peekTimeout.map { .seconds($0) }
    configuration.deadline = .seconds(deadline)
    configuration.onCrash = onCrash.policy
    configuration.onTimeout = onTimeout.policy
    configuration.onRefusedEdit = onRefusedEdit.policy
    configuration.onNoClient = onNoClient.policy
    configuration.onUnseen = onUnseen == .drop ? .drop : .allow
    configuration.isDryRun = dryRun
    return configuration
  }
}

extension PolicyChoice {
  fileprivate var policy: DeferralConfiguration.Policy {
    switch self {
    case .allow: .allow
    case .deny: .deny
    case .drop: .drop
    case .reset: .reset
    }
  }
}

extension ClientPolicyChoice {
  fileprivate var policy: DeferralConfiguration.ClientPolicy {
    switch self {
    case .pass: .pass
    case .hold: .hold
    case .refuse: .refuse
    }
  }
}

/// `--separate`
extension AnalyzeRun {
  /// Each file by itself, until a signal or until nobody reads any more.
  private func performAll(
    first source: any PacketSource, _ configuration: RunConfiguration, _ outputs: Outputs
  ) throws(CommandFailure) -> ExitStatus {
    var statuses = [try perform(source, configuration, outputs, input.runs[0].name)]
    for (origin, name) in input.runs.dropFirst() where outputs.areWanted {
      statuses.append(try performNext(origin, name, outputs))
    }
    for damage in input.refused {
      Message.show("\(damage)")
      statuses.append(.damaged)
    }
    try outputs.finish()
    return .first(of: statuses)
  }

  /// A file that has gone since it was found does not end the others.
  private func performNext(
    _ origin: AnalyzeInput.Origin, _ name: String, _ outputs: Outputs
  ) throws(CommandFailure) -> ExitStatus {
    let source: any PacketSource
    do {
      source = try openSource(origin, name)
    } catch {
      error.report()
      return error.status
    }
    return try perform(source, try self.configuration, outputs, name)
  }
}

/// The files of a run.
extension AnalyzeRun {
  func openSource(
    _ origin: AnalyzeInput.Origin, _ name: String
  ) throws(CommandFailure) -> any PacketSource {
    do {
      switch origin {
      case .files(let files):
        return try Parts.openSource(
          files, name: name, filter: input.filter,
          mapped: MemoryPlan(memory: command.analysis.memory.bytes).mapped)
      case .interface(let name): return try Parts.openInterface(name, filter: input.filter)
      }
    } catch {
      if case .interface = origin { throw InterfaceList.failure(error) }
      throw CommandFailure(.usage, error.description)
    }
  }

  private func createSink() throws(CommandFailure) -> (any PacketSink)? {
    guard let path = command.output.write else { return nil }
    do {
      return try Parts.createSink(path, rotation: command.output.rotation)
    } catch {
      throw CommandFailure(error.isAboutInput ? .usage : .failed, error.description)
    }
  }

  private func makeLogFolder() throws(CommandFailure) {
    guard let folder = command.output.logDir else { return }
    if unsafe mkdir(folder, 0o777) != 0 && FileIdentity(path: folder)?.kind != .directory {
      throw CommandFailure(.failed, "\(folder): \(SystemError.last)")
    }
  }

  /// In the shape of its format.
  private func shaped(_ log: FileLogOutput) -> any EventLog {
    let format = command.output.format
    guard format.isZeek else { return log }
    let isLive = isLive
    let others = command.output.logDir.map { folder in
      ZeekLogOutput.Others(
        openWeird: { try FileLogOutput(path: folder + "/weird.log", isLive: isLive) },
        openRest: { try FileLogOutput(path: folder + "/eve.json", isLive: false) })
    }
    return ZeekLogOutput(log, hasColumns: format == .zeek, others: others)
  }

  private func openLog() throws(CommandFailure) -> FileLogOutput {
    guard let file = command.logPath else { return FileLogOutput(isLive: isLive) }
    do {
      return try FileLogOutput(path: file, isLive: isLive)
    } catch {
      throw CommandFailure(error.isAboutInput ? .usage : .failed, error.description)
    }
  }

  /// Whoever feeds a pipe, or watches an interface, may be watching the log.
  private var isLive: Bool {
    !command.input.interface.isEmpty
      || command.input.read.contains {
        FileIdentity.named($0, standard: .input)?.kind == .other
      }
  }
}
