import Analysis
import Analyzers
import Buffers
import Testing

@Suite("Time")
struct TimeTextTests {
  private func text(_ time: Timestamp, _ style: TimeStyle) -> String {
    var output = TextBuffer()
    output.append(time, as: style)
    return String(output)
  }

  @Test(
    "A moment is written in UTC with microseconds",
    arguments: [
      (Timestamp(nanoseconds: 0), "1970-01-01T00:00:00.000000+0000"),
      (.sample, "2026-11-23T08:43:45.123456+0000"),
      (Timestamp(nanoseconds: -1), "1969-12-31T23:59:59.999999+0000"),
      (Timestamp(seconds: 951_782_400), "2000-02-29T00:00:00.000000+0000"),
      (Timestamp(seconds: 4_107_542_399), "2100-02-28T23:59:59.000000+0000"),
      (Timestamp(nanoseconds: .max), "2262-04-11T23:47:16.854775+0000"),
      (Timestamp(nanoseconds: .min), "1677-09-21T00:12:43.145224+0000"),
    ])
  func eve(time: Timestamp, expected: String) {
    #expect(text(time, .eve) == expected)
    #expect(text(time, .eve) == time.description)
  }

  @Test("The form for people has a blank and no zone")
  func forPeople() { #expect(text(.sample, .text) == "2026-11-23 08:43:45.123456") }

  @Test("Any moment is written as its description", arguments: [UInt64(11), 12])
  func likeDescription(seed: UInt64) {
    var random = SplitMix(seed: seed)
    for _ in 0..<500 {
      let time = Timestamp(nanoseconds: Int64.random(in: .min ... .max, using: &random))
      #expect(text(time, .eve) == time.description, "seed \(seed)")
    }
  }
}
