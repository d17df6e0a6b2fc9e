import Testing

@testable import Wire

@Suite struct TimestampTests {
  @Test(
    "text is the UTC date and time to the microsecond",
    arguments: [
      (0, 0, "1970-01-01T00:00:00.000000+0000"),
      (0, 999, "1970-01-01T00:00:00.000000+0000"),
      (0, 1000, "1970-01-01T00:00:00.000001+0000"),
      (-1, 0, "1969-12-31T23:59:59.000000+0000"),
      (0, -1, "1969-12-31T23:59:59.999999+0000"),
      (951_782_400, 0, "2000-02-29T00:00:00.000000+0000"),
      (951_868_799, 999_999_999, "2000-02-29T23:59:59.999999+0000"),
      (951_868_800, 0, "2000-03-01T00:00:00.000000+0000"),
      (1_709_251_199, 0, "2024-02-29T23:59:59.000000+0000"),
      (4_107_542_400, 0, "2100-03-01T00:00:00.000000+0000"),
      (4_107_542_399, 0, "2100-02-28T23:59:59.000000+0000"),
      (-2_203_891_200, 0, "1900-03-01T00:00:00.000000+0000"),
      (4_294_967_295, 999_999_000, "2106-02-07T06:28:15.999999+0000"),
      (1_767_225_599, 123_456_789, "2025-12-31T23:59:59.123456+0000"),
    ] as [(Int64, Int64, String)])
  func text(seconds: Int64, nanoseconds: Int64, expected: String) {
    #expect(Timestamp(seconds: seconds, nanoseconds: nanoseconds).description == expected)
  }

  @Test("the ends of the range have a text")
  func ends() {
    #expect(Timestamp(nanoseconds: .min).description == "1677-09-21T00:12:43.145224+0000")
    #expect(Timestamp(nanoseconds: .max).description == "2262-04-11T23:47:16.854775+0000")
  }

  @Test("arithmetic wraps instead of trapping")
  func wrapping() {
    let last = Timestamp(nanoseconds: .max)
    #expect(last.advanced(by: 1) == Timestamp(nanoseconds: .min))
    #expect(Timestamp(nanoseconds: .min).since(last) == 1)
    _ = Timestamp(seconds: .max, nanoseconds: .max)
  }

  @Test("whole seconds and fraction add up, before and after the epoch")
  func parts() {
    var random = SeededGenerator(seed: 3)
    let edges: [Int64] = [.min, -1_000_000_001, -1_000_000_000, -1, 0, 1, 999_999_999, .max]
    for nanoseconds in edges + (0..<10_000).map({ _ in .random(in: .min ... .max, using: &random) })
    {
      let moment = Timestamp(nanoseconds: nanoseconds)
      #expect((0..<1_000_000_000).contains(moment.fraction))
      #expect(Timestamp(seconds: moment.wholeSeconds, nanoseconds: moment.fraction) == moment)
    }
  }

  @Test("every day follows the day before it, over 700 years")
  func calendar() {
    var (year, month, day) = Timestamp.civilDate(daysSinceEpoch: -130_000)
    for days in -129_999...130_000 {
      let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      day += 1
      if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
      #expect(Timestamp.civilDate(daysSinceEpoch: days) == (year, month, day))
    }
  }
}
