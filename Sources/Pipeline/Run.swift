package import Analysis
package import Buffers
package import Capture
import Reassembly

/// One run from a source to its end: the only place that knows every stage.
package final class Run {
  /// What `progress` of `perform` is told between batches.
  package struct Progress: Sendable {
    package var packets: UInt64
    package var bytesRead: UInt64
    package var bytesTotal: UInt64?
  }

  private let configuration: RunConfiguration
  private let source: any PacketSource
  private let sink: (any PacketSink)?
  private let log: any LogOutput
  private let reassembler: Reassembler
  private let runner: ChainRunner
  private var filters: LinkFilters
  private var summary = RunSummary()

  /// Throws `CaptureError` when a filter of the chain is no BPF expression.
  package init(
    _ configuration: RunConfiguration, source: any PacketSource, sink: (any PacketSink)? = nil,
    log: any LogOutput, formatter: any RecordFormatter
  ) throws {
    self.configuration = configuration
    self.source = source
    self.sink = sink
    self.log = log
    var reassembly = ReassemblyConfiguration()
    reassembly.checksums = configuration.checksums
    reassembly.midstream = configuration.midstream
    reassembly.memory = configuration.memory
    filters = try LinkFilters(configuration.chain)
    let emitter = RecordEmitter(formatter: formatter, captureName: source.name)
    runner = ChainRunner(
      configuration, socketsPerShard: reassembly.socketsPerShard, emitter: emitter)
    reassembler = Reassembler(reassembly, to: runner)
  }

  /// Reads to the end. `progress` is called between batches and ends the run early by `false`
  /// (on INT or TERM): what was read is finished as if the input ended there.
  package func perform(progress: (Progress) -> Bool = { _ in true }) throws -> RunSummary {
    let dispatcher = Dispatcher(source, reassembler.dissector, configuration.dispatch)
    defer { dispatcher.stop() }
    while !isLimitReached {
      guard let batch = dispatcher.next() else {
        // What is wrong behind a limit is nobody's concern.
        dispatcher.stop()
        summary.damage = source.damage
        break
      }
      if let limit = configuration.packetLimit {
        let room = Int(clamping: limit - summary.packets)
        batch.element.packets.frames.truncate(to: room)
      }
      try process(batch)
      let (read, total) = batch.element.progress
      let state = Progress(packets: summary.packets, bytesRead: read, bytesTotal: total)
      guard progress(state) else {
        summary.wasInterrupted = true
        break
      }
    }
    try finish()
    return summary
  }

  private var isLimitReached: Bool {
    configuration.packetLimit.map { summary.packets >= $0 } ?? false
  }

  private func process(_ batch: ElementReference<Dispatcher.Batch>) throws {
    if !filters.isEmpty {
      filters.evaluate(batch.element.packets.frames)
      runner.filterMatches = { [filters] in filters.matches($0, $1) }
    }
    reassembler.process(batch.element.packets)
    summary.packets += UInt64(batch.element.packets.frames.count)
    summary.bytes += batch.element.packets.frames.capturedBytes
    if let sink {
      try write(batch.element.packets.frames, interfaces: batch.element.interfaces, to: sink)
    }
    runner.selectedPackets.removeAll(keepingCapacity: true)
    try runner.emitter.lane.flush(to: log)
  }

  /// Every packet as it came, in its order; with `--flow` those of the selected sockets.
  private func write(
    _ frames: borrowing FrameBatch, interfaces: [CaptureInterface], to sink: any PacketSink
  ) throws {
    for index in 0..<frames.count {
      let frame = frames[index]
      if configuration.isSelected == nil || runner.selectedPackets.contains(frame.ordinal) {
        try sink.write(frame, interfaces: interfaces)
      }
    }
  }

  private func finish() throws {
    runner.emitter.ends = 1
    try reassembler.finish { try runner.emitter.lane.flush(to: log) }
    runner.emitter.ends = 2
    runner.finish()
    try runner.emitter.lane.flush(to: log)
    try log.finish()
    try sink?.finish()
    summarize()
  }

  private func summarize() {
    let counts = reassembler.counts
    let sockets = configuration.isSelected == nil ? counts : runner.selectedCounts
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
    for (type, packets) in reassembler.unsupportedLinkTypes {
      summary.unsupportedLinkTypes[type.description, default: 0] += packets
    }
    for (weird, times) in runner.weirds { summary.weirds[weird.rawValue] = times }
    summary.analyzers = runner.reports
  }
}
