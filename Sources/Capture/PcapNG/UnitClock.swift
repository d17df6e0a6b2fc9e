import Buffers
import Wire

/// Turns the 64-bit unit counts of a pcapng interface into nanoseconds and back
/// (draft-ietf-opsawg-pcapng, section 4.2: `if_tsresol`, `if_tsoffset`).
///
/// Files may claim any resolution, offset and count. What does not fit is clamped to the ends of
/// `Timestamp`; nothing traps.
struct UnitClock: Hashable {
  private enum Unit: Hashable {
    /// 10 to the -9 or longer: this many nanoseconds.
    case long(UInt64)
    /// Shorter: this many to a nanosecond.
    case short(UInt64)
    /// 2 to the minus this.
    case binary(Int)
    /// So short that 2^64 of them are no nanosecond.
    case vanishing
  }

  private static let second: Int128 = 1_000_000_000

  private let unit: Unit
  /// Nanoseconds to be added.
  private let offset: Int128

  init(_ interface: CaptureInterface) {
    let exponent = Int(interface.resolution.rawValue & 0x7f)
    if interface.resolution.rawValue & 0x80 != 0 {
      unit = exponent < 94 ? .binary(exponent) : .vanishing
    } else if exponent <= 9 {
      unit = .long(Self.powerOfTen(9 - exponent))
    } else {
      unit = exponent - 9 < 20 ? .short(Self.powerOfTen(exponent - 9)) : .vanishing
    }
    offset = Int128(interface.timeOffset) * Self.second
  }

  private static func powerOfTen(_ exponent: Int) -> UInt64 {
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  func timestamp(of units: UInt64) -> Timestamp {
    if case .long(let length) = unit, offset == 0 {
      let (product, overflow) = units.multipliedReportingOverflow(by: length)
      if !overflow && product <= UInt64(Int64.max) {
        return Timestamp(nanoseconds: Int64(product))
      }
    }
    return Timestamp(nanoseconds: Int64(clamping: sinceEpoch(units)))
  }

  /// At most 2^94 for the units and 2^94 for the offset: far from the ends of 128 bits.
  private func sinceEpoch(_ units: UInt64) -> Int128 {
    switch unit {
    case .long(let length): Int128(units) * Int128(length) + offset
    case .short(let count): Int128(units / count) + offset
    case .binary(let exponent): (Int128(units) * Self.second) >> exponent + offset
    case .vanishing: offset
    }
  }

  /// The count that stands for a time, `nil` where there is none: before the interface's zero, or
  /// beyond 64 bits. It is the last one that `timestamp(of:)` turns into this time or an earlier
  /// one, or the first that it turns into this time where several do.
  func units(at timestamp: Timestamp) -> UInt64? {
    let elapsed = Int128(timestamp.nanoseconds) - offset
    guard elapsed >= 0 else { return nil }
    switch unit {
    case .long(let length): return UInt64(exactly: elapsed / Int128(length))
    case .short(let count):
      let (product, overflow) = elapsed.multipliedReportingOverflow(by: Int128(count))
      return overflow ? nil : UInt64(exactly: product)
    case .binary(let exponent):
      // With bits to spare for the rounding; a larger result is far beyond 64 bits.
      guard elapsed.leadingZeroBitCount > exponent + 2 else { return nil }
      // 2^30 units are the first to be more than the nanoseconds of a second.
      let isShort = exponent >= 30
      let units =
        isShort ? (elapsed << exponent) + Self.second - 1 : ((elapsed + 1) << exponent) - 1
      return UInt64(exactly: units / Self.second)
    case .vanishing: return elapsed == 0 ? 0 : nil
    }
  }
}
