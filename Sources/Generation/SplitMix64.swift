/// SplitMix64 (Steele, Lea and Flood 2014): a counter through a finalizer of three multiplications
/// and shifts.
///
/// It is here so that captures do not depend on what a standard library does: the same seed gives
/// the same bytes for ever. For that reason the ranges below are our own too.
struct SplitMix64: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A generator of its own for each `stream` of one seed, whatever the order they are used in.
  init(seed: UInt64, stream: UInt64) {
    self.init(seed: seed)
    let base = next()
    state = base ^ stream &* 0xD6E8_FEB8_6659_FD93
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// A number in `range`; the bias of at most its size in 2⁶⁴ does not matter here.
  mutating func next(in range: ClosedRange<Int>) -> Int {
    let size = UInt64(range.upperBound - range.lowerBound) + 1
    return range.lowerBound + Int(next().multipliedFullWidth(by: size).high)
  }

  /// Whether something happens that happens `count` times in a thousand.
  mutating func happens(perMille count: Int) -> Bool { next(in: 0...999) < count }
}
