import Capture
import Checking
import Support
import Testing

@Suite("Real captures as TCP", .enabled(if: Corpus.isThere, "\(Corpus.absence)"))
struct CheckTests {
  /// Most errors are of packets that the captures lack, and of checksums that are wrong since
  /// addresses were replaced.
  @Test("Most have no errors")
  func errors() async throws {
    let entries = Corpus.entries.filter(\.isCapture)
    let results = try await inParallel(entries) { entry in
      try names(of: entry)
    }
    let faulty = results.filter { !$0.isEmpty }
    #expect(Double(faulty.count) < 0.25 * Double(entries.count))
    let rare: Set<Complaint.Name> = [
      .sackMalformed, .sackBelowAck, .sackUnseen, .sackNotNegotiated, .mssExceeded, .synInside,
      .resetBeyond, .dataAfterReset, .finMoved, .sequenceBack, .sequenceBeforeStart, .paws,
    ]
    #expect(results.count { !$0.isDisjoint(with: rare) } < entries.count / 40)
  }

  /// The names of errors.
  private func names(of entry: Corpus.Entry) throws -> Set<Complaint.Name> {
    let judgement = judge(try openCapture(path: entry.path), CheckOptions())
    return Set(judgement.names.keys.filter { $0.severity == .error })
  }
}
