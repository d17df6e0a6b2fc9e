import Testing

@testable import Pipeline
@testable import SluiceCommand

@Suite("The summary")
struct SummaryReportTests {
  private func lines(verbose: Bool = false, _ change: (inout RunSummary) -> Void) -> [String] {
    var summary = RunSummary()
    summary.packets = 1234
    summary.bytes = 1_000_000
    change(&summary)
    return SummaryReport(summary, verbose: verbose).lines(file: "x.pcap", seconds: 0.5)
  }

  @Test("A run without losses is one line")
  func oneLine() {
    let lines = lines {
      $0.tcpSockets = 1
      $0.udpSockets = 2
      $0.streamBytes = 1
    }
    #expect(
      lines == [
        "x.pcap: 1,234 packets, 1,000,000 bytes; 1 TCP socket, 2 UDP sockets, 1 stream byte"
      ])
  }

  @Test("No sockets is said")
  func noSockets() {
    #expect(lines { _ in }[0].contains("no sockets"))
  }

  @Test("Every loss has its line")
  func losses() {
    let lines = lines {
      $0.omissions.filteredOut = 8
      $0.omissions.droppedByKernel = 9
      $0.omissions.droppedByInterface = 10
      $0.gaps = 2
      $0.gapBytes = 2896
      $0.badChecksums = 1
      $0.offloadedChecksums = 20
      $0.truncatedPackets = 3
      $0.unsupportedLinkTypes = ["USB_LINUX": 5, "DOCSIS": 1]
      $0.otherPackets = 4
      $0.otherProtocols = 6
      $0.malformedPackets = 7
    }
    #expect(
      lines.dropFirst() == [
        "  filtered out: 8 packets",
        "  dropped as they came too fast: 9 packets",
        "  dropped by the interface: 10 packets",
        "  gaps: 2, 2,896 bytes missing",
        "  bad checksums: 1 packet, not used",
        "  checksum offload recognised: 20 packets, used",
        "  truncated by the capture: 3 packets",
        "  link type DOCSIS is not supported: 1 packet",
        "  link type USB_LINUX is not supported: 5 packets",
        "  neither IPv4 nor IPv6: 4 packets",
        "  neither TCP nor UDP: 6 packets",
        "  malformed: 7 packets",
      ])
  }

  @Test("Weirds come by their number, the first five, and all of them with -v")
  func weirds() {
    func change(_ summary: inout RunSummary) {
      summary.weirds = ["a": 1, "b": 1, "c": 9, "d": 2, "e": 3, "f": 4]
      summary.fragments = 8
    }
    #expect(lines(change)[1] == "  weird: c 9, f 4, e 3, d 2, a 1, and 1 more kinds (-v)")
    let verbose = lines(verbose: true, change)
    #expect(verbose.contains("  weird: c 9, f 4, e 3, d 2, a 1, b 1"))
    #expect(verbose.contains("  fragments: 8 packets"))
    #expect(verbose.contains("  time: 500 ms, 1.9 MiB/s"))
  }

  @Test("Analyzers say what they did, what was refused and what went wrong")
  func analyzers() {
    let lines = lines {
      var analyzer = RunSummary.Analyzer(name: "replace")
      analyzer.statements = ["3 matches in 12 streams", "not looked into: 1 midstream"]
      analyzer.refused = ["allow_prefix": 3]
      analyzer.obstacles = ["tcp_md5": 2, "mptcp": 1]
      analyzer.failures = 2
      analyzer.firstFailure = "no room"
      $0.analyzers = [analyzer, RunSummary.Analyzer(name: "quiet")]
    }
    #expect(
      lines.dropFirst() == [
        "  replace: 3 matches in 12 streams; not looked into: 1 midstream",
        "  replace: allow_prefix refused 3 times, not possible; allowed",
        "  replace: not possible to edit: 1 mptcp, 2 tcp_md5; data allowed",
        "  replace: crashed 2 times, data allowed, first: no room",
      ])
  }

  @Test("Edits that were not carried out are told from those that were")
  func refusedEdits() {
    func change(_ summary: inout RunSummary) {
      var analyzer = RunSummary.Analyzer(name: "replace")
      analyzer.statements = ["1,500 matches in 12 streams"]
      analyzer.obstacles = ["tcp_md5": 2]
      (analyzer.edits, analyzer.refusedEdits) = (1497, 3)
      var other = RunSummary.Analyzer(name: "insert")
      other.edits = 1
      summary.analyzers = [analyzer, other]
    }
    #expect(
      lines(change).dropFirst() == [
        "  replace: 1,500 matches in 12 streams; 1,497 of 1,500 edits carried out",
        "  replace: not possible to edit: 2 tcp_md5; data allowed",
      ])
    let dry = lines {
      change(&$0)
      $0.isDryRun = true
    }
    #expect(
      dry[1] == "  replace: 1,500 matches in 12 streams; 1,497 of 1,500 edits would be carried out")
  }

  @Test(
    "What was edited or dropped shows only where packets are written", arguments: [false, true])
  func written(_ isWritten: Bool) {
    let lines = lines {
      $0.deferral.droppedFlows = 1
      $0.deferral.droppedBytes = 10
      $0.deferral.edits = 2
      $0.deferral.lengthChanges = isWritten ? 1 : 0
      $0.packetsRewritten = isWritten ? 5 : 0
      $0.packetsLeftOut = isWritten ? 3 : 0
      $0.writesPackets = isWritten
    }
    #expect(
      lines.dropFirst()
        == (isWritten
          ? [
            "  dropped: 1 flow, 10 bytes; 3 packets left out",
            "  edited: 2 places; 5 packets rewritten",
            "  1 edit changed the length of an HTTP message that announces one",
          ]
          : [
            "  dropped: 1 flow, 10 bytes; nothing was written (no -w)",
            "  edited: 2 places; nothing was written (no -w)",
          ]))
  }

  @Test("With --dry-run the summary says what would be edited")
  func dryRun() {
    let lines = lines {
      $0.deferral.wouldEdits = 2
      $0.isDryRun = true
    }
    #expect(lines.dropFirst() == ["  would be edited: 2 places"])
  }
}
