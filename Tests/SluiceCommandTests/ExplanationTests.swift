import Analysis
import Reassembly
import Testing

@testable import SluiceCommand

@Suite("Explanations")
struct ExplanationTests {
  @Test("Every weird and every reason has one, which is a sentence")
  func all() throws {
    for weird in Weird.allCases { _ = try Explanations.find(weird.rawValue) }
    let names = Set(Explanations.all.map(\.name))
    for name in ["fin", "spool_full", "crash", "no_client", "superseded", "end_of_input"] {
      #expect(names.contains(name))
    }
    for entry in Explanations.all {
      #expect(entry.text.hasSuffix(".") && !entry.text.contains("  "), "\(entry.name)")
    }
  }

  @Test("A wrong name gets the nearest one")
  func nearest() {
    #expect(throws: CommandFailure.self) { try Explanations.find("overlap_conflcit") }
    do throws(CommandFailure) {
      _ = try Explanations.find("overlap_conflcit")
    } catch {
      #expect(error.message.contains("did you mean 'overlap_conflict'"))
    }
  }
}
