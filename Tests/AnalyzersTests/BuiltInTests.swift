import Analysis
import Testing

@testable import Analyzers

@Suite("Built-in analyzers")
struct BuiltInTests {
  @Test("Each has a name of its own, a summary of one line, and can be made without settings")
  func list() throws {
    #expect(
      BuiltIn.analyzers.map { $0.name } == [
        "print", "flow", "digest", "count", "record", "trial",
      ])
    for type in BuiltIn.analyzers {
      #expect(!type.summary.isEmpty && !type.summary.contains("\n"))
      let analyzer = try type.init(Options(settings: type.settings))
      #expect(analyzer.attach(to: .sample()) != nil)
    }
  }
}
