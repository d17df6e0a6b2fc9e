import Analysis
import Analyzers
import Capture
import Foundation
import Pipeline
import Support
import Testing

@Suite("The corpus", .enabled(if: Corpus.isThere, "\(Corpus.absence)"))
struct DigestTests {
  /// What one file gave: the directions that were found, and those that were not.
  struct Comparison: Sendable {
    var file: String
    var agreeing = 0
    var disagreements: [String] = []
  }

  @Test("98 % of the trusted directions have the right bytes")
  func directions() async throws {
    let truth = try Corpus.trustedDirections()
    #expect(truth.values.reduce(0) { $0 + $1.count } > 4000)
    let results = try await inParallel(truth.keys.sorted()) { file in
      try compare(file, truth[file]!)
    }
    let agreeing = results.reduce(0) { $0 + $1.agreeing }
    let disagreements = results.flatMap(\.disagreements)
    for line in disagreements { print(line) }
    let share = Double(agreeing) / Double(agreeing + disagreements.count)
    print("\(agreeing) of \(agreeing + disagreements.count) trusted directions agree")
    #expect(share >= 0.98)
  }
}

/// The digests of a file against what is known of it.
private func compare(
  _ file: String, _ truth: [Corpus.Direction]
) throws -> DigestTests.Comparison {
  var found: [Corpus.Direction: Int] = [:]
  for direction in try digests(Corpus.folder + "/" + file) { found[direction, default: 0] += 1 }
  var comparison = DigestTests.Comparison(file: file)
  for direction in truth {
    if found[direction, default: 0] > 0 {
      found[direction]! -= 1
      comparison.agreeing += 1
    } else {
      comparison.disagreements.append(
        "\(file): \(direction.sender):\(direction.senderPort) > "
          + "\(direction.receiver):\(direction.receiverPort): \(direction.bytes) bytes")
    }
  }
  return comparison
}

/// Both directions of every socket, as `-a digest -k none` reports them.
private func digests(_ path: String) throws -> [Corpus.Direction] {
  var configuration = RunConfiguration()
  configuration.checksums = .none
  configuration.chain = [ChainLink(name: "digest", analyzer: try DigestAnalyzer(Options()))]
  let log = MemoryLog()
  let run = try Run(
    configuration, source: try openCapture(path: path), log: log, formatter: EVEFormatter())
  _ = try run.perform()
  return log.records.flatMap { record -> [Corpus.Direction] in
    guard record["event_type"] as? String == "digest", record["proto"] as? String == "TCP" else {
      return []
    }
    let digest = record["digest"] as! [String: Any]
    let out = digest["originator"] as! [String: Any]
    let `in` = digest["responder"] as! [String: Any]
    let ends = [
      (Corpus.normal(record["src_ip"] as! String), record["src_port"] as! Int),
      (Corpus.normal(record["dest_ip"] as! String), record["dest_port"] as! Int),
    ]
    return [(out, ends[0], ends[1]), (`in`, ends[1], ends[0])].map { stream, from, to in
      Corpus.Direction(
        sender: from.0, senderPort: from.1, receiver: to.0, receiverPort: to.1,
        bytes: stream["bytes"] as! Int, sha256: stream["sha256"] as! String)
    }
  }
}
