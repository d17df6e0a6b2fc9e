import Capture
import Testing

@testable import Pipeline
@testable import SluiceCommand

@Suite("Exit status and messages of a run")
struct RunOutcomeTests {
  private func outcome(
    signal: Int32? = nil, isAbandoned: Bool = false, flow: Bool = false,
    _ change: (inout RunSummary) -> Void = { _ in }
  ) -> RunOutcome {
    var summary = RunSummary()
    summary.packets = 10
    summary.tcpSockets = 1
    change(&summary)
    return RunOutcome(
      summary, file: "x.pcap", signal: signal, isAbandoned: isAbandoned, flow: flow)
  }

  private let damage = CaptureDamage(
    file: "x.pcap", byteOffset: 81_920, reason: "record claims 4294967295 bytes")

  @Test("A run that did its work says nothing")
  func done() {
    #expect(outcome().status == .done)
    #expect(outcome().messages.isEmpty)
  }

  @Test("Damage is named with its place")
  func damaged() {
    let outcome = outcome { $0.damages = [damage] }
    #expect(outcome.status == .damaged)
    #expect(outcome.messages == ["x.pcap: byte 81920: record claims 4294967295 bytes"])
  }

  @Test("Nothing to analyze says why")
  func nothing() {
    let empty = outcome {
      $0.tcpSockets = 0
      $0.packets = 0
    }
    #expect(empty.status == .nothing)
    #expect(empty.messages == ["x.pcap: nothing to analyze: no packets"])
    let other = outcome { $0.tcpSockets = 0 }
    #expect(other.status == .nothing)
    #expect(other.messages[0].hasSuffix("no TCP or UDP that can be used in 10 packets"))
    let absent = outcome(flow: true) { $0.tcpSockets = 0 }
    #expect(absent.messages[0].hasSuffix("no such conversation"))
    let datagrams = outcome {
      $0.tcpSockets = 0
      $0.udpSockets = 1
    }
    #expect(datagrams.status == .done)
  }

  @Test("An analyzer that threw is 5, before damage and emptiness")
  func analyzerFailed() {
    let outcome = outcome {
      var analyzer = RunSummary.Analyzer(name: "sample")
      analyzer.failures = 1
      $0.analyzers = [analyzer]
      $0.damages = [damage]
      $0.tcpSockets = 0
    }
    #expect(outcome.status == .analyzerFailed)
  }

  @Test("A signal is 128+n when it cut the run short, and nothing when it came too late")
  func signals() {
    let cut = outcome(signal: 15) {
      $0.wasInterrupted = true
      $0.tcpSockets = 0
    }
    #expect(cut.status.code == 143)
    #expect(cut.messages == ["x.pcap: ended by TERM before its end"])
    #expect(outcome(signal: 2).status == .done)
  }

  @Test("A signal ends an interface, and that is no failure even if nothing came")
  func signalOnInterface() {
    var summary = RunSummary()
    #expect(RunOutcome(summary, isLive: true, signal: 2).status == .done)
    #expect(RunOutcome(summary, isLive: true, signal: nil).status == .nothing)
    summary.omissions.filteredOut = 3
    summary.omissions.unfiltered = [.raw: "no ether"]
    let outcome = RunOutcome(summary, isLive: false, signal: nil)
    #expect(
      outcome.messages == [
        "x: nothing of link type RAW matches, it has no such filter: no ether",
        "x: nothing to analyze: no packet matches the filter",
      ])
  }

  @Test("A reader of the log that has gone is no failure")
  func abandoned() {
    let outcome = outcome(isAbandoned: true) {
      $0.wasInterrupted = true
      $0.tcpSockets = 0
    }
    #expect(outcome.status == .done)
    #expect(outcome.isAbandoned)
    #expect(outcome.messages.isEmpty)
  }

  @Test("Of several statuses the first of 2, 1, a signal, 5, 3, 4 is reported")
  func order() {
    let ordered: [SluiceCommand.ExitStatus] = [
      .usage, .failed, .signal(15), .analyzerFailed, .damaged, .nothing, .done,
    ]
    for index in ordered.indices {
      #expect(SluiceCommand.ExitStatus.first(of: ordered[index...].reversed()) == ordered[index])
    }
    #expect(SluiceCommand.ExitStatus.first(of: []) == .done)
  }
}

extension RunOutcome {
  fileprivate init(_ summary: RunSummary, isLive: Bool, signal: Int32?) {
    self.init(summary, file: "x", signal: signal, isAbandoned: false, flow: false, isLive: isLive)
  }
}
