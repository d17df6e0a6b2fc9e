package import Analysis
package import Buffers
package import Capture
import Deferral
import Reassembly

/// One run from a source to its end: the only place that knows every stage.
package final class Run {
  /// What `progress` of `perform` is told between batches.
  package struct Progress: Sendable {
    package var packets: UInt64
    package var bytesRead: UInt64
    package var bytesTotal: UInt64?
  }

  let configuration: RunConfiguration
  private let source: any PacketSource
  private let output: PacketOutput?
  private let log: any LogOutput
  private let decapsulator: Decapsulator
  let workers: [Worker]
  private let absence: ClientAbsence
  private var findings = DecapsulationFindings()
  private(set) var summary = RunSummary()
  /// What is to be written to the log.
  private var lane = OutputLane()
  private var lastOrdinal: UInt64 = 0

  /// Throws `FilterError` when a filter of the chain is no BPF expression.
  package init(
    _ configuration: RunConfiguration, source: any PacketSource, sink: (any PacketSink)? = nil,
    log: any LogOutput, formatter: any RecordFormatter
  ) throws {
    self.source = source
    var configuration = configuration
    configuration.deferral.writesPackets = sink != nil
    configuration.deferral.memory = MemoryPlan(memory: configuration.memory).stores
    output = sink.map {
      PacketOutput(
        $0, framesStay: source.framesStay, countsLeftOut: configuration.isSelected == nil)
    }
    self.log = log
    self.configuration = configuration
    let count = min(max(configuration.workers, 1), ReassemblyConfiguration.shardCount)
    decapsulator = Decapsulator(configuration.reassembly, workers: count)
    let absence = ClientAbsence()
    self.absence = absence
    workers = try (0..<count).map {
      try Worker(
        configuration, number: $0, of: count, formatter: formatter, absence: absence)
    }
  }

  /// Reads to the end. `progress` is called between batches and ends the run early by `false`
  /// (on INT or TERM): what was read is finished as if the input ended there.
  package func perform(progress: (Progress) -> Bool = { _ in true }) throws -> RunSummary {
    let line = WorkLine(source, decapsulator, workers, configuration)
    defer { line.stop() }
    while let batch = line.next() {
      if let link = absence.link {
        summary.absentClient = configuration.chain[link].name
        line.cancel()
        break
      }
      try takeOut(batch)
      let (read, total) = batch.element.progress
      let state = Progress(packets: summary.packets, bytesRead: read, bytesTotal: total)
      if progress(state) { continue }
      summary.wasInterrupted = true
      line.cancel()
      while let batch = line.nextOfCancelled() { try takeOut(batch) }
      break
    }
    line.stop()
    noteEnd()
    try finish()
    return summary
  }

  /// What is wrong behind a limit, or a signal, is nobody's concern; nor what was filtered out
  /// there, which depends on how far was read ahead.
  private func noteEnd() {
    summary.omissions = source.omissions
    if !isLimitReached && !summary.wasInterrupted && summary.absentClient == nil {
      summary.damages = source.damages
    } else {
      let before = lastOrdinal - min(lastOrdinal, summary.packets)
      summary.omissions.filteredOut = min(summary.omissions.filteredOut, before)
    }
  }

  private var isLimitReached: Bool {
    configuration.packetLimit.map { summary.packets >= $0 } ?? false
  }

  /// Writes what has come of a batch, in its order.
  private func takeOut(_ batch: ElementReference<Batch>) throws {
    let count = batch.element.packets.frames.count
    if count > 0 { lastOrdinal = batch.element.packets.frames[count - 1].ordinal }
    summary.packets += UInt64(count)
    summary.bytes += batch.element.packets.frames.capturedBytes
    findings += batch.element.packets.findings
    if let output { try take(batch, to: output) }
    for worker in workers where !batch.element.lanes[worker.number].isEmpty {
      lane.append(batch.element.lanes[worker.number])
      batch.element.lanes[worker.number].removeAll()
    }
    // What waits will write something that belongs in front.
    if !batch.element.isWaiting { try lane.flush(to: log) }
  }

  /// Every packet as it came, in its order; with `--flow` those of the selected sockets, and none that
  /// an analyzer has dropped.
  private func take(_ batch: ElementReference<Batch>, to output: PacketOutput) throws {
    for worker in workers { output.settle(batch.element.laterFates[worker.number]) }
    try output.take(batch)
  }

  private func finish() throws {
    findings += decapsulator.finish()
    for worker in workers { worker.runner.emitter.ends = 1 }
    try Reassembler.finish(workers.map(\.reassembler)) { try flush() }
    try flush()
    let first = workers[0].runner
    first.emitter.ends = 2
    first.finish()
    try flush()
    try log.finish()
    for worker in workers { output?.settle(worker.runner.takeLaterFates()) }
    try output?.finish()
    summarize()
  }

  private func flush() throws {
    for worker in workers {
      lane.append(worker.runner.emitter.lane)
      worker.runner.emitter.lane.removeAll()
    }
    try lane.flush(to: log)
  }

  private func summarize() {
    var counts = findings.counts
    var selectedCounts = ReassemblyCounts()
    var weirds = findings.weirds
    for worker in workers {
      counts += worker.reassembler.counts
      selectedCounts += worker.runner.selectedCounts
      weirds.merge(worker.runner.weirds, uniquingKeysWith: +)
      if !configuration.chain.isEmpty { summary.deferral += worker.runner.deferral.counts }
    }
    let sockets = configuration.isSelected == nil ? counts : selectedCounts
    summary.tcpSockets = sockets.tcpSockets
    summary.udpSockets = sockets.udpSockets
    summary.streamBytes = sockets.streamBytes
    summary.gaps = sockets.gaps
    summary.gapBytes = sockets.gapBytes
    summary.badChecksums = counts.badChecksums
    summary.offloadedChecksums = counts.offloadedChecksums
    summary.truncatedPackets = counts.truncatedPackets
    summary.malformedPackets = counts.malformedPackets
    summary.fragments = counts.fragments
    summary.otherPackets = counts.otherPackets
    summary.otherProtocols = counts.otherProtocols
    for (type, packets) in findings.unsupportedLinkTypes {
      summary.unsupportedLinkTypes[type.description, default: 0] += packets
    }
    for (weird, times) in weirds { summary.weirds[weird.rawValue] = times }
    summary.dropsOnCrash = configuration.deferral.onCrash == .drop
    summary.isDryRun = configuration.deferral.isDryRun
    summary.dropsOnRefusedEdit = configuration.deferral.onRefusedEdit == .drop
    summary.packetsLeftOut = output?.packetsLeftOut ?? 0
    summary.analyzers = configuration.chain.indices.map { link in
      RunSummary.Analyzer(summing: workers.map { $0.runner.reports[link] })
    }
  }
}
