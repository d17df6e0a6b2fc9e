import Support
import Testing

@testable import Injection

@Suite struct SentRangesTests {
  @Test func whatIsSaidToHaveBeenSentWasSent() {
    for seed in 1...UInt64(300) {
      var random = SeededGenerator(seed: seed)
      var ranges = SentRanges()
      var sent: Set<Int64> = []
      let span = Int64([60, 400].randomElement(using: &random)!)
      for step in 0..<60 {
        let start = Int64.random(in: 0..<span, using: &random)
        let range = start..<start + Int64.random(in: 0...12, using: &random)
        let isSent = range.allSatisfy(sent.contains)
        if ranges.contains(range) { #expect(isSent, "seed \(seed), step \(step)") }
        ranges.insert(range)
        sent.formUnion(range)
        if span == 60, !range.isEmpty {
          #expect(ranges.contains(range), "seed \(seed), step \(step)")
        }
      }
      // So few bytes have no more holes than are kept.
      if span == 60 {
        for start in 0..<span where sent.contains(start) {
          #expect(ranges.contains(start..<start + 1), "seed \(seed): \(start)")
        }
      }
    }
  }
}
