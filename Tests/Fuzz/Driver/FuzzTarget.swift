/// One entry point that is fuzzed: what it does with an input, and inputs to begin with.
struct FuzzTarget: Sendable {
  var name: String
  /// Throws a `Finding` when an invariant does not hold; a trap is a finding, too.
  var run: @Sendable ([UInt8]) throws -> Void
  var seeds: @Sendable () -> [Seed] = { [] }

  struct Seed {
    var name: String
    var bytes: [UInt8]
  }

  static let all = [
    pcap, pcapng, gzip, frames, tcpOptions, reassembly, checking, defragmentation, run,
    analyzerOptions, json, editing, replace, inline,
  ]

  /// `planted` is not in the list: it proves that the fuzzer finds what there is to be found.
  static func named(_ name: String) -> FuzzTarget? {
    (all + [planted]).first { $0.name == name }
  }
}

/// Something that must never be.
struct Finding: Error, CustomStringConvertible {
  var description: String
}

/// Ends the run of a target with a finding unless the condition holds.
func require(_ condition: Bool, _ finding: @autoclosure () -> String) throws {
  if !condition { throw Finding(description: finding()) }
}
