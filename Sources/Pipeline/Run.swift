package import Analysis
package import Buffers
package import Capture

/// One run from a source to its end: the only place that knows every stage.
package final class Run {
  /// What `progress` of `perform` is told, about ten times a second.
  package struct Progress: Sendable {
    package var packets: UInt64
    package var bytesRead: UInt64
    package var bytesTotal: UInt64?
  }

  package init(
    _ configuration: RunConfiguration, source: any PacketSource, sink: (any PacketSink)? = nil,
    log: any LogOutput, formatter: any RecordFormatter
  ) throws {
  }

  /// Reads to the end. `progress` is called between batches and ends the run early by `false`
  /// (on INT or TERM): what was read is finished as if the input ended there.
  package func perform(progress: (Progress) -> Bool = { _ in true }) throws -> RunSummary {
    RunSummary()
  }
}
