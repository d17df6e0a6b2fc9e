import Buffers
import Support
import Testing
import Wire

@testable import Capture

@Suite("Units of time")
struct UnitClockTests {
  private func clock(_ resolution: UInt8, offset: Int64 = 0) -> UnitClock {
    UnitClock(
      CaptureInterface(
        linkType: .ethernet, resolution: TimeResolution(rawValue: resolution), timeOffset: offset))
  }

  @Test(
    "Units of every size become nanoseconds",
    arguments: [
      (0, 3, 0, 3_000_000_000), (3, 1_500, 0, 1_500_000_000), (6, 1, 0, 1000), (9, 7, 0, 7),
      (9, 7, -1, -999_999_993), (12, 1_999, 0, 1), (12, 2_000, 1, 1_000_000_002),
      (0x80, 2, 0, 2_000_000_000), (0x8a, 512, 0, 500_000_000), (0xa0, 1 << 31, 0, 500_000_000),
      (0xbf, 1 << 62, 0, 500_000_000), (28, UInt64.max, 0, 1), (29, UInt64.max, 5, 5_000_000_000),
      (0xff, UInt64.max, 0, 0), (0xdd, UInt64.max, 0, 1), (0x7f, UInt64.max, 0, 0),
    ] as [(UInt8, UInt64, Int64, Int64)])
  func conversions(resolution: UInt8, units: UInt64, offset: Int64, expected: Int64) {
    let clock = clock(resolution, offset: offset)
    #expect(clock.timestamp(of: units).nanoseconds == expected)
  }

  @Test("Times beyond 64 bits are clamped")
  func clamped() {
    #expect(clock(0).timestamp(of: .max).nanoseconds == .max)
    #expect(clock(6).timestamp(of: .max).nanoseconds == .max)
    #expect(clock(9, offset: .min).timestamp(of: 0).nanoseconds == .min)
    #expect(clock(0, offset: .max).timestamp(of: .max).nanoseconds == .max)
    #expect(clock(0x80, offset: .max).timestamp(of: .max).nanoseconds == .max)
  }

  @Test("Every resolution takes any count, and gives back the time that it said")
  func everyResolution() {
    var random = SeededGenerator(seed: 20)
    for resolution in UInt8.min...UInt8.max {
      for offset in [0, -1, 3600, .min, .max] as [Int64] {
        let clock = clock(resolution, offset: offset)
        for _ in 0..<50 {
          let units = random.next() >> UInt64.random(in: 0..<64, using: &random)
          let timestamp = clock.timestamp(of: units)
          guard timestamp.nanoseconds != .min, timestamp.nanoseconds != .max,
            let again = clock.units(at: timestamp)
          else { continue }
          #expect(
            clock.timestamp(of: again) == timestamp,
            "resolution \(resolution), offset \(offset), units \(units)")
        }
      }
    }
  }

  @Test("A time before the interface's zero has no units")
  func beforeZero() {
    #expect(clock(6).units(at: Timestamp(nanoseconds: -1)) == nil)
    #expect(clock(6, offset: -10).units(at: Timestamp(nanoseconds: -1)) == 9_999_999)
    #expect(clock(19).units(at: Timestamp(nanoseconds: .max)) == nil)
    #expect(clock(0xc0).units(at: Timestamp(nanoseconds: .max)) == nil)
  }
}
