import Testing

@testable import SluiceCommand

@Suite("Suggestions")
struct NearestNameTests {
  @Test(
    "Typing errors are counted",
    arguments: [
      ("", "", 0), ("flow", "flow", 0), ("flwo", "flow", 1), ("flo", "flow", 1),
      ("flows", "flow", 1), ("fl0w", "flow", 1), ("", "abc", 3), ("abc", "xyz", 3),
    ])
  func distances(left: String, right: String, expected: Int) {
    #expect(NearestName.distance(left, right) == expected)
    #expect(NearestName.distance(right, left) == expected)
  }

  @Test(
    "What is near is suggested, and nothing else",
    arguments: [
      ("flwo", "flow"), ("dig", "digest"), ("prnt", "print"), ("zzzzzz", nil), ("", nil),
    ] as [(String, String?)])
  func nearest(name: String, expected: String?) {
    #expect(NearestName.nearest(to: name, among: ["print", "flow", "digest"]) == expected)
  }

  @Test("A very long name is not worth the work")
  func long() {
    #expect(NearestName.nearest(to: String(repeating: "f", count: 100_000), among: ["f"]) == nil)
  }
}
