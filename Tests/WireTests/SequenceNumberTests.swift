import Testing
import Wire

@Suite struct SequenceNumberTests {
  @Test(
    "distance is the short way round the circle",
    arguments: [
      (0, 0, 0), (1, 0, 1), (0, 1, -1), (0, 0xFFFF_FFFF, 1), (0xFFFF_FFFF, 0, -1),
      (0x8000_0000, 0, -0x8000_0000), (0x7FFF_FFFF, 0, 0x7FFF_FFFF), (0x10, 0xFFFF_FFF0, 0x20),
      (0xFFFF_FFF0, 0x10, -0x20),
    ] as [(UInt32, UInt32, Int)])
  func distance(left: UInt32, right: UInt32, expected: Int) {
    let left = SequenceNumber(left)
    let right = SequenceNumber(right)
    #expect(left.distance(from: right) == expected)
    #expect(left.isAfter(right) == (expected > 0))
    #expect(left.isBefore(right) == (expected < 0))
  }

  @Test(
    "addition wraps in both directions",
    arguments: [
      (0xFFFF_FFFF, 1, 0), (0, -1, 0xFFFF_FFFF), (0xFFFF_FF00, 0x200, 0x100),
      (5, 1 << 32, 5), (5, Int.max, 4), (5, Int.min, 5),
    ] as [(UInt32, Int, UInt32)])
  func addition(start: UInt32, step: Int, expected: UInt32) {
    #expect((SequenceNumber(start) + step).rawValue == expected)
    var number = SequenceNumber(start)
    number += step
    #expect(number.rawValue == expected)
  }

  @Test("distance undoes addition below half the circle", arguments: [1, 2] as [UInt64])
  func roundTrip(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let start = SequenceNumber(.random(in: 0 ... .max, using: &random))
      let step = Int(Int32.random(in: .min ... .max, using: &random))
      #expect((start + step).distance(from: start) == step, "seed \(seed)")
    }
  }
}
