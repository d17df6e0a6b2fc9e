import Analysis
import Testing

@testable import Analyzers

@Suite("Built-in analyzers")
struct BuiltInTests {
  /// Most need none.
  private static let needed: [String: [String: [UInt8]]] = [
    "replace": ["find": [97], "with": [98]], "insert": ["text": [97]], "deny-match": ["find": [97]],
  ]

  @Test(
    "Each has a name of its own, a summary of one line, and can be made with the settings it needs")
  func list() throws {
    #expect(
      BuiltIn.analyzers.map { $0.name } == [
        "print", "flow", "digest", "count", "record", "replace", "insert",
        "deny-match", "trial",
      ])
    for type in BuiltIn.analyzers {
      #expect(!type.summary.isEmpty && !type.summary.contains("\n"))
      let analyzer = try type.init(Options(Self.needed[type.name] ?? [:], settings: type.settings))
      #expect(analyzer.attach(to: .sample()) != nil)
    }
  }
}
