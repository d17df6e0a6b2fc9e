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
  private let division: ShardDivision
  private let decapsulator: Decapsulator
  let workers: [Worker]
  private let absence: ClientAbsence
  private var findings = DecapsulationFindings()
  private(set) var summary = RunSummary()
  /// What is to be written to the log.
  private var lane = OutputLane()
  private var strays: StrayLog
  private var last = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
  private var lastCaptureName: String?

  /// Throws `FilterError` when a filter of the chain is no BPF expression.
  package init(
    _ configuration: RunConfiguration, source: any PacketSource, sink: (any PacketSink)? = nil,
    log: any LogOutput, formatter: any RecordFormatter
  ) throws {
    self.source = source
    var configuration = configuration
    configuration.deferral.writesPackets = sink != nil
    configuration.deferral.memory = MemoryPlan(memory: configuration.memory).stores
    configuration.framesStay = source.framesStay
    if source.framesStay {
      // Each may bring 64 KiB: a quarter of what may be in memory.
      let looks = max(MemoryPlan(memory: configuration.memory).mapped / 4 / 65_536, 8)
      configuration.lateLooks = LateLooks(every: looks) { MappedCaptures.giveBackPassed() }
    }
    output = sink.map {
      PacketOutput(
        $0, framesStay: source.framesStay, countsLeftOut: configuration.isSelected == nil,
        dropsUnseen: configuration.deferral.dropsUnseen, configuration.reassembly)
    }
    let isPart = configuration.isSelected != nil || configuration.packetLimit != nil
    let mayChange = !configuration.chain.isEmpty && !configuration.deferral.isDryRun
    sink?.begin(
      source.interfaces,
      isPart || !source.isWhole ? .different : mayChange ? .open : .identical)
    self.log = log
    strays = StrayLog(formatter: formatter)
    self.configuration = configuration
    let division = WorkLine.division(source, configuration)
    self.division = division
    decapsulator = Decapsulator(configuration.reassembly, division)
    let absence = ClientAbsence()
    self.absence = absence
    workers = try (0..<division.workers).map {
      try Worker(
        configuration, number: $0, of: division, formatter: formatter, absence: absence)
    }
  }

  /// Reads to the end. `progress` is called between batches and ends the run early by `false`
  /// (on INT or TERM): what was read is finished as if the input ended there.
  package func perform(progress: (Progress) -> Bool = { _ in true }) throws -> RunSummary {
    let line = WorkLine(source, decapsulator, division, workers, configuration)
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
      let before = last.ordinal - min(last.ordinal, summary.packets)
      summary.omissions.filteredOut = min(summary.omissions.filteredOut, before)
    }
  }

  private var isLimitReached: Bool {
    configuration.packetLimit.map { summary.packets >= $0 } ?? false
  }

  /// Writes what has come of a batch, in its order.
  private func takeOut(_ batch: ElementReference<Batch>) throws {
    let count = batch.element.packets.frames.count
    if let packet = batch.element.packets.lastPacket { last = packet }
    summary.packets += UInt64(count)
    summary.bytes += batch.element.packets.frames.capturedBytes
    findings += batch.element.packets.findings
    if let output { try take(batch, to: output) }
    takeStrays(of: batch)
    for worker in workers where !batch.element.lanes[worker.number].isEmpty {
      lane.append(batch.element.lanes[worker.number])
      batch.element.lanes[worker.number].removeAll()
    }
    // What waits will write something that belongs in front.
    if !batch.element.isWaiting { try lane.flush(to: log) }
  }

  /// With `--flow` what belongs to no socket is not of the selected ones.
  private func takeStrays(of batch: ElementReference<Batch>) {
    lastCaptureName = batch.element.captureName(ofPacket: last.ordinal) ?? lastCaptureName
    if configuration.isSelected != nil { return }
    if batch.element.hasNoStrays { return }
    let notes = workers.map { batch.element.strays[$0.number] }
    strays.take(batch.element.packets.strays, notes, to: &lane) {
      batch.element.ends(ofPacket: $0)
    } captureName: {
      batch.element.captureName(ofPacket: $0)
    }
  }

  /// What was found when the last packet had gone: it stands for them.
  private func takeLastStrays(_ found: [StrayWeird], _ notes: [[StrayNote]] = []) {
    if configuration.isSelected != nil { return }
    strays.take(found, notes, ends: 1, to: &lane) { _ in
      nil
    } captureName: { [lastCaptureName] _ in
      lastCaptureName
    }
  }

  /// Every packet as it came, in its order; with `--flow` those of the selected sockets, and none that
  /// an analyzer has dropped.
  private func take(_ batch: ElementReference<Batch>, to output: PacketOutput) throws {
    for worker in workers { output.settle(batch.element.laterFates[worker.number]) }
    try output.take(batch)
  }

  private func finish() throws {
    let lastFindings = decapsulator.finish()
    findings += lastFindings
    takeLastStrays(lastFindings.weirds.all.map { StrayWeird($0, of: last, times: $1) })
    for worker in workers { worker.runner.settleBehindLast() }
    for worker in workers { worker.runner.emitter.ends = 1 }
    try LastRounds(workers).perform { try flush() }
    takeLastStrays([], workers.map { $0.runner.takeStrays() })
    try flush()
    let first = workers[0].runner
    first.emitter.ends = 2
    first.finish()
    try flush()
    try log.finish()
    for worker in workers { output?.settle(worker.runner.takeLaterFates()) }
    // A section is not as long as it says where the input ended early.
    if summary.wasInterrupted || !summary.damages.isEmpty { output?.noteDifference() }
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

  /// Payload that no analyzer was shown matters where packets are written and analyzers decide.
  private func countUnseen() {
    guard let output else { return }
    summary.dropsUnseen = configuration.deferral.dropsUnseen
    let mayHaveDecided = workers.contains { $0.runner.mayHaveDecided }
    guard mayHaveDecided || summary.dropsUnseen else { return }
    summary.unseen = summary.deferral.unseen
    summary.unseen += output.unseen
    for worker in workers { summary.unseen += worker.runner.strayUnseen }
  }

  private func summarize() {
    var counts = findings.counts
    var selectedCounts = ReassemblyCounts()
    var weirds = findings.weirds
    for worker in workers {
      counts += worker.reassembler.counts
      selectedCounts += worker.runner.selectedCounts
      weirds += worker.runner.weirds
      if !configuration.chain.isEmpty { summary.deferral += worker.runner.deferral.counts }
    }
    let sockets = configuration.isSelected == nil ? counts : selectedCounts
    summary.tcpSockets = sockets.tcpSockets
    summary.udpSockets = sockets.udpSockets
    summary.streamBytes = sockets.streamBytes
    summary.refusedBytes = counts.refusedBytes
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
    for (weird, times) in weirds.all { summary.weirds[weird.rawValue] = times }
    countUnseen()
    summary.onCrash = configuration.deferral.onCrash
    summary.onRefusedEdit = configuration.deferral.onRefusedEdit
    summary.isDryRun = configuration.deferral.isDryRun
    summary.writesPackets = configuration.deferral.writesPackets
    summary.packetsRewritten = output?.packetsRewritten ?? 0
    summary.packetsLeftOut = output?.packetsLeftOut ?? 0
    summary.unkept = output?.unkept ?? Unkept()
    summary.analyzers = configuration.chain.indices.map { link in
      RunSummary.Analyzer(summing: workers.map { $0.runner.reports[link] })
    }
  }
}
