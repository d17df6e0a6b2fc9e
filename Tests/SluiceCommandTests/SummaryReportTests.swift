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
}
