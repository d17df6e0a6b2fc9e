import Buffers
import Deferral
package import Pipeline

/// What was analyzed and what was not, for people. Only lines that say something.
package struct SummaryReport {
  private let summary: RunSummary
  private let isVerbose: Bool

  package init(_ summary: RunSummary, verbose: Bool) {
    self.summary = summary
    isVerbose = verbose
  }

  /// The first line is about the whole, the others are indented below it.
  package func lines(file: String, seconds: Double) -> [String] {
    let indented = losses + notDecoded + oddities + waiting + analyzers + timing(seconds)
    let streams = Amounts.count(summary.streamBytes, "stream byte")
    return ["\(file): \(headline), \(streams)"] + indented.map { "  " + $0 }
  }

  /// While it runs: bytes of streams are counted when they end, so they are left out.
  package func lineSoFar(file: String) -> String { "\(file): so far: \(headline)" }

  private var headline: String {
    var sockets: [String] = []
    if summary.tcpSockets > 0 { sockets.append(Amounts.count(summary.tcpSockets, "TCP socket")) }
    if summary.udpSockets > 0 { sockets.append(Amounts.count(summary.udpSockets, "UDP socket")) }
    if sockets.isEmpty { sockets.append("no sockets") }
    return "\(Amounts.count(summary.packets, "packet")), \(Amounts.count(summary.bytes, "byte")); "
      + sockets.joined(separator: ", ")
  }

  private var losses: [String] {
    var lines: [String] = []
    let omissions = summary.omissions
    if omissions.filteredOut > 0 { lines.append("filtered out: \(packets(omissions.filteredOut))") }
    if omissions.droppedByKernel > 0 {
      lines.append("dropped as they came too fast: \(packets(omissions.droppedByKernel))")
    }
    if omissions.droppedByInterface > 0 {
      lines.append("dropped by the interface: \(packets(omissions.droppedByInterface))")
    }
    if summary.gaps > 0 {
      lines.append("gaps: \(Amounts.number(summary.gaps)), \(bytes(summary.gapBytes)) missing")
    }
    if summary.refusedBytes > summary.streamBytes {
      lines.append(
        "no host would take \(bytes(summary.refusedBytes)), more than was taken; "
          + "--validity any takes all that is there")
    }
    if summary.badChecksums > 0 {
      lines.append("bad checksums: \(packets(summary.badChecksums)), not used")
    }
    if summary.offloadedChecksums > 0 {
      let count = packets(summary.offloadedChecksums)
      lines.append("checksum offload recognised: \(count), used")
    }
    if summary.truncatedPackets > 0 {
      lines.append("truncated by the capture: \(packets(summary.truncatedPackets))")
    }
    let unkept = Unkept.Kind.allCases.compactMap { kind in
      summary.unkept.counts[kind].map { "\(Amounts.number($0)) \(kind.text($0))" }
    }
    if !unkept.isEmpty {
      lines.append("not kept in the written capture: " + unkept.joined(separator: ", "))
    }
    return lines
  }

  private var notDecoded: [String] {
    var lines: [String] = []
    for (name, count) in summary.unsupportedLinkTypes.sorted(by: { $0.key < $1.key }) {
      lines.append("link type \(name) is not supported: \(packets(count))")
    }
    if summary.otherPackets > 0 {
      lines.append("neither IPv4 nor IPv6: \(packets(summary.otherPackets))")
    }
    if summary.otherProtocols > 0 {
      lines.append("neither TCP nor UDP: \(packets(summary.otherProtocols))")
    }
    if summary.malformedPackets > 0 {
      lines.append("malformed: \(packets(summary.malformedPackets))")
    }
    if isVerbose && summary.fragments > 0 {
      lines.append("fragments: \(packets(summary.fragments))")
    }
    return lines
  }

  /// The most frequent ones; all of them with `-v`.
  private var oddities: [String] {
    if summary.weirds.isEmpty { return [] }
    let sorted = summary.weirds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = isVerbose ? sorted[...] : sorted.prefix(5)
    var text = shown.map { "\($0.key) \(Amounts.number($0.value))" }.joined(separator: ", ")
    if sorted.count > shown.count { text += ", and \(sorted.count - shown.count) more kinds (-v)" }
    return ["weird: " + text]
  }

  /// What waited for answers, and what was dropped.
  private var waiting: [String] {
    var lines: [String] = []
    let counts = summary.deferral
    if counts.droppedFlows > 0 {
      let left =
        summary.isDryRun ? "" : "; \(written("\(packets(summary.packetsLeftOut)) left out"))"
      lines.append(
        "\(summary.isDryRun ? "would be dropped" : "dropped"): "
          + "\(Amounts.count(counts.droppedFlows, "flow")), \(bytes(counts.droppedBytes))\(left)")
    }
    if counts.edits > 0 {
      let rewritten = summary.packetsRewritten
      let hasRewritten = rewritten > 0 || !summary.writesPackets
      let written = hasRewritten ? "; \(written("\(packets(rewritten)) rewritten"))" : ""
      let left = summary.packetsLeftOut
      let leftOut = left > 0 && counts.droppedFlows == 0 ? ", \(Amounts.number(left)) left out" : ""
      lines.append("edited: \(Amounts.count(counts.edits, "place"))\(written)\(leftOut)")
    }
    if counts.wouldEdits > 0 {
      lines.append("would be edited: \(Amounts.count(counts.wouldEdits, "place"))")
    }
    if counts.lengthChanges > 0 {
      lines.append(
        "\(Amounts.count(counts.lengthChanges, "edit")) changed the length of an HTTP message that "
          + "announces one")
    }
    if counts.packetsBeyondWindow > 0 {
      lines.append(
        "edits have put text beyond the largest window that the receiver can announce: "
          + packets(counts.packetsBeyondWindow))
    }
    if counts.held > 0 && (isVerbose || counts.lateAnswers > 0) {
      var text = "waited: \(Amounts.count(counts.held, "chunk")), \(bytes(counts.heldBytes))"
      if counts.bufferWaits > 0 { text += "; buffers ran short \(times(counts.bufferWaits))" }
      if counts.lateAnswers > 0 {
        text += "; answers too late: \(Amounts.number(counts.lateAnswers))"
      }
      lines.append(text)
    }
    if counts.peeks > 0 && isVerbose {
      lines.append(
        "peeks: \(Amounts.number(counts.peeks)), \(Amounts.number(counts.finalPeeks)) of them ended early"
      )
    }
    let cutShort = [
      ("at --peek-limit", counts.peeksAtLimit), ("for want of memory", counts.peeksForRoom),
      ("after --peek-timeout", counts.peeksTimedOut),
    ].filter { $0.1 > 0 }.map { "\(Amounts.number($0.1)) \($0.0)" }
    if !cutShort.isEmpty {
      lines.append("peeks ended before all was there: " + cutShort.joined(separator: ", "))
    }
    if !summary.unseen.isEmpty {
      let all = summary.unseen.all
      let reasons = all.map { "\(Amounts.number($0.packets)) \($0.reason.name)" }
      let sum = all.reduce(0) { $0 + $1.packets }
      let fate = summary.dropsUnseen ? "left out" : "written"
      lines.append(
        "\(fate) though no analyzer saw the payload: \(packets(sum)) (\(reasons.joined(separator: ", ")))"
      )
    }
    if counts.spoolReached > 0 {
      lines.append(
        "decided early, as too much waited to be written: \(times(counts.spoolReached))")
    }
    if counts.packetsGivenUp > 0 {
      lines.append("written undecided: \(packets(counts.packetsGivenUp))")
    }
    return lines
  }

  /// What was done to the packets that are written.
  private func written(_ text: String) -> String {
    summary.writesPackets ? text : "nothing was written (no -w)"
  }

  private func times(_ count: UInt64) -> String { Amounts.count(count, "time") }

  private var analyzers: [String] {
    summary.analyzers.flatMap { analyzer in
      var lines: [String] = []
      let statements = analyzer.statements + carriedOut(analyzer)
      if !statements.isEmpty {
        lines.append("\(analyzer.name): \(statements.joined(separator: "; "))")
      }
      for (verdict, count) in analyzer.refused.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "\(analyzer.name): \(verdict) refused \(times(count)), not possible; allowed")
      }
      if !analyzer.obstacles.isEmpty {
        let names = analyzer.obstacles.sorted { $0.key < $1.key }
          .map { "\(Amounts.number($0.value)) \($0.key)" }.joined(separator: ", ")
        let outcome = outcome(of: summary.onRefusedEdit)
        lines.append("\(analyzer.name): not possible to edit: \(names); \(outcome)")
      }
      if analyzer.failures > 0 {
        let first = analyzer.firstFailure.map { ", first: \($0)" } ?? ""
        let outcome = outcome(of: summary.onCrash)
        lines.append("\(analyzer.name): crashed \(times(analyzer.failures)), \(outcome)\(first)")
      }
      if analyzer.socketsWithoutClient > 0 {
        let count = Amounts.count(analyzer.socketsWithoutClient, "socket")
        lines.append("\(analyzer.name): not looked into: \(count), no client")
      }
      if analyzer.timeouts > 0 {
        let count = Amounts.count(analyzer.timeouts, "chunk")
        lines.append("\(analyzer.name): no answer by the deadline for \(count)")
      }
      return lines
    }
  }

  /// How many of its edits were, where some were not.
  private func carriedOut(_ analyzer: RunSummary.Analyzer) -> [String] {
    if analyzer.refusedEdits == 0 { return [] }
    let all = Amounts.count(analyzer.edits + analyzer.refusedEdits, "edit")
    let were = summary.isDryRun ? "would be carried out" : "carried out"
    return ["\(Amounts.number(analyzer.edits)) of \(all) \(were)"]
  }

  /// What a policy comes to.
  private func outcome(of policy: DeferralConfiguration.Policy) -> String {
    switch policy {
    case _ where summary.isDryRun: "data allowed"
    case .allow: "data allowed"
    case .deny: "data taken out"
    case .drop: "flows dropped"
    case .reset: "flows reset"
    }
  }

  private func timing(_ seconds: Double) -> [String] {
    guard isVerbose, seconds > 0 else { return [] }
    let milliseconds = UInt64(min(seconds * 1000, 1e15))
    let rate = UInt64(min(Double(summary.bytes) / seconds, 1e18))
    return ["time: \(Amounts.number(milliseconds)) ms, \(Amounts.size(rate))/s"]
  }

  private func packets(_ count: UInt64) -> String { Amounts.count(count, "packet") }
  private func bytes(_ count: UInt64) -> String { Amounts.count(count, "byte") }
}
