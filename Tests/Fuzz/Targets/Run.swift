import Analysis
import Analyzers
import Buffers
import Capture
import Generation
import Glibc
import Pipeline

extension FuzzTarget {
  /// A whole capture through a whole run: `digest`, `print`, `flow` and `count` in the chain, the
  /// packets written. The first byte holds options, the rest is the capture.
  static let run = FuzzTarget(
    name: "run",
    run: { input in
      guard let options = input.first else { return }
      let file = try MemoryFile(Array(input.dropFirst()))
      let source: any PacketSource
      do {
        source = try withExtendedLifetime(file) { try openCapture(path: file.path) }
      } catch is CaptureError { return }
      let sink = CountingSink()
      let log = CheckingLog(isJSON: options & 1 == 0)
      var configuration = RunConfiguration()
      configuration.checksums = options & 2 == 0 ? .none : .auto
      configuration.midstream = options & 4 == 0
      configuration.memory = options & 8 == 0 ? 1 << 26 : 1 << 20
      configuration.chain = try chain()
      let run = try Run(
        configuration, source: source, sink: sink, log: log,
        formatter: options & 1 == 0 ? EVEFormatter() : TextFormatter())
      let summary = try run.perform()
      try require(sink.packets == summary.packets, "\(sink.packets) of \(summary.packets) written")
      try require(sink.isFinished && log.isFinished, "outputs are not finished")
      for analyzer in summary.analyzers {
        try require(analyzer.failures == 0, "\(analyzer.name): \(analyzer.firstFailure as Any)")
      }
    },
    seeds: { RunSeeds.all() })

  private static func chain() throws -> [ChainLink] {
    try [
      DigestAnalyzer.self as any Analyzer.Type, PrintAnalyzer.self, FlowAnalyzer.self,
      CountAnalyzer.self,
    ].map { ChainLink(name: $0.name, analyzer: try $0.init(Options())) }
  }
}

private final class CountingSink: PacketSink {
  private(set) var packets: UInt64 = 0
  private(set) var isFinished = false

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    packets += 1
    let ordinal = frame.ordinal
    try require(ordinal == packets, "packet \(ordinal) is written as \(packets)")
    try require(interfaces.indices.contains(frame.interface), "an interface that is not there")
  }

  func finish() { isFinished = true }
}

/// Every record is JSON; the lines of `print` are not, and begin with a year.
private final class CheckingLog: LogOutput {
  private let isJSON: Bool
  private(set) var isFinished = false

  init(isJSON: Bool) { self.isJSON = isJSON }

  func write(_ lines: Span<UInt8>) throws {
    let bytes = lines.withUnsafeBufferPointer { Array($0) }
    try require(bytes.last == 10, "a line without an end")
    guard isJSON else { return }
    for line in bytes.split(separator: 10) where line.first == UInt8(ascii: "{") {
      _ = try JSONReader.read(line)
    }
  }

  func finish() { isFinished = true }
}

enum RunSeeds {
  static func all() -> [FuzzTarget.Seed] {
    [(Workload.http, 1), (.adverse, 1), (.adverse, 2), (.many, 4)].flatMap {
      workload, connections in
      ["pcap", "pcapng"].compactMap { format in
        capture(workload, connections, format).map {
          .init(name: "\(workload)-\(connections).\(format)", bytes: [0] + $0)
        }
      }
    }
  }

  private static func capture(
    _ workload: Workload, _ connections: Int, _ format: String
  ) -> [UInt8]? {
    let path = FuzzTarget.scratchPath() + (format == "pcap" ? ".pcap" : "")
    defer { unlink(path) }
    guard let sink = try? createCapture(path: path, interfaces: [.generated]) else { return nil }
    let options = GenerationOptions(
      bytes: 6000, connections: connections, ipv6: connections == 2,
      vlan: connections == 4 ? 5 : nil)
    guard (try? generate(workload, options: options, into: sink)) != nil,
      (try? sink.finish()) != nil
    else { return nil }
    return try? Corpus.read(path)
  }
}
