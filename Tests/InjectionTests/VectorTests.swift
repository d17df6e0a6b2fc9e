import Foundation
import Support
import Testing

@Suite struct VectorTests {
  @Test("The map is what vectors of the sender's view say") func senderView() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Vectors/sender-view.json")
    let facts = try FactsFile(path: file.path)
    let results = facts.results()
    #expect(results.count > 30 && facts.untried == 0)
    for result in results {
      #expect(result.got == result.expected, "\(result.id)")
    }
  }
}
