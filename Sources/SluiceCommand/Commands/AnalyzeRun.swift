import Buffers
import Capture
import Deferral
import Glibc
import Pipeline
import Reassembly

/// One run of `sluice analyze`, from opening the files to the summary.
struct AnalyzeRun {
  let command: AnalyzeCommand
  let path: String
  private let chain: [AnalyzerSpecification]

  init(_ command: AnalyzeCommand, path: String, chain: [AnalyzerSpecification]) {
    self.command = command
    self.path = path
    self.chain = chain
  }

  /// The input comes first: when it cannot be opened, no output has been emptied.
  func perform() throws(CommandFailure) -> ExitStatus {
    Requests.install()
    let source = try openSource()
    try makeLogFolder()
    let configuration = try self.configuration
    let log = try openLog()
    let sink = try createSink()
    let run = try makeRun(configuration, source: source, sink: sink, log: shaped(log))
    return try perform(run, log: log, isWriting: sink != nil)
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
    _ run: Run, log: FileLogOutput, isWriting: Bool
  ) throws(CommandFailure) -> ExitStatus {
    Interruption.install()
    let monitor = RunMonitor(
      file: path, log: log, showsProgress: showsProgress, isWriting: isWriting)
    let start = ContinuousClock.now
    do {
      let summary = try run.perform { monitor.check($0, on: run) }
      try log.finish()
      monitor.end()
      let outcome = RunOutcome(
        summary, file: path, signal: Interruption.signal, isAbandoned: log.isAbandoned,
        flow: command.input.flow != nil)
      report(outcome, summary, seconds: (ContinuousClock.now - start) / .seconds(1))
      return outcome.status
    } catch {
      monitor.end()
      throw CommandFailure(.failed, "\(error)")
    }
  }

  private func report(_ outcome: RunOutcome, _ summary: RunSummary, seconds: Double) {
    outcome.messages.forEach(Message.show)
    if command.messages.quiet || outcome.isAbandoned { return }
    let report = SummaryReport(summary, verbose: command.messages.verbose > 0)
    let lines = report.lines(file: path, seconds: seconds).map(Message.printable)
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
    configuration.checksums = command.analysis.checksums.mode
    configuration.midstream = command.analysis.midstream == .yes
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
    configuration.deadline = .seconds(deadline)
    configuration.onCrash = onCrash.policy
    configuration.onTimeout = onTimeout.policy
    configuration.onRefusedEdit = onRefusedEdit.policy
    configuration.isDryRun = dryRun
    return configuration
  }
}

extension PolicyChoice {
  /// Others are refused when the options are checked.
  fileprivate var policy: DeferralConfiguration.Policy { self == .drop ? .drop : .allow }
}

/// The files of a run.
extension AnalyzeRun {
  func openSource() throws(CommandFailure) -> any PacketSource {
    do {
      return try Parts.openSource(path)
    } catch {
      throw CommandFailure(.usage, error.description)
    }
  }

  private func createSink() throws(CommandFailure) -> (any PacketSink)? {
    guard let path = command.output.write else { return nil }
    do {
      return try Parts.createSink(path, rotation: command.output.rotation)
    } catch {
      throw CommandFailure(.failed, error.description)
    }
  }

  private func makeLogFolder() throws(CommandFailure) {
    guard let folder = command.output.logDir else { return }
    if unsafe mkdir(folder, 0o777) != 0 && FileIdentity(path: folder)?.kind != .directory {
      throw CommandFailure(.failed, "\(folder): \(SystemError.last)")
    }
  }

  private func shaped(_ log: FileLogOutput) -> any LogOutput {
    let format = command.output.format
    guard format.isZeek else { return log }
    let path = (command.output.logDir ?? ".") + "/eve.json"
    return ZeekLogOutput(log, hasColumns: format == .zeek) {
      try FileLogOutput(path: path, isLive: false)
    }
  }

  private func openLog() throws(CommandFailure) -> FileLogOutput {
    // Whoever feeds a pipe may be watching the log.
    let isLive = FileIdentity.named(path, standard: .input)?.kind == .other
    guard let file = command.logPath else { return FileLogOutput(isLive: isLive) }
    do {
      return try FileLogOutput(path: file, isLive: isLive)
    } catch {
      throw CommandFailure(.failed, error.description)
    }
  }
}
