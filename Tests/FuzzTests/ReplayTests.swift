import Testing

@testable import fuzz

/// Without libFuzzer, what it is to begin with and what it once found.
@Suite("The fuzzers")
struct ReplayTests {
  @Test("hold on their corpus", arguments: FuzzTarget.all)
  func corpus(target: FuzzTarget) throws {
    let paths = Corpus.files(of: target)
    #expect(!paths.isEmpty, "no corpus of \(target.name)")
    for path in paths {
      #expect(throws: Never.self, "\(path)") { try target.run(Corpus.read(path)) }
    }
  }

  @Test("hold on the seeds, and on all that is a seed cut short", arguments: FuzzTarget.all)
  func cutSeeds(target: FuzzTarget) {
    for seed in target.seeds() {
      let step = max(1, seed.bytes.count / 40)
      for count in stride(from: seed.bytes.count, through: 0, by: -step) {
        #expect(throws: Never.self, "\(seed.name), \(count) bytes of it") {
          try target.run(Array(seed.bytes.prefix(count)))
        }
      }
    }
  }

  @Test("have a trap to find")
  func planted() async {
    await #expect(processExitsWith: .failure) {
      try FuzzTarget.named("planted")?.run([0x53, 0x4C, 0x55, 0x49, 0x5A, 0])
    }
  }
}

extension FuzzTarget: CustomTestStringConvertible {
  public var testDescription: String { name }
}
