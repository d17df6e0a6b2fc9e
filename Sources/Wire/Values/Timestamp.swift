/// A moment in packet time: nanoseconds since 1970-01-01T00:00:00Z, ±292 years.
///
/// Captures carry what they like here; arithmetic wraps and never traps.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var nanoseconds: Int64

  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  @inlinable
  public init(seconds: Int64, nanoseconds: Int64 = 0) {
    self.nanoseconds = seconds &* 1_000_000_000 &+ nanoseconds
  }

  @inlinable
  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

  /// `self` moved by a number of nanoseconds, later when positive.
  @inlinable
  public func advanced(by nanoseconds: Int64) -> Self {
    Self(nanoseconds: self.nanoseconds &+ nanoseconds)
  }

  /// Nanoseconds from `earlier` to `self`.
  @inlinable
  public func since(_ earlier: Self) -> Int64 { nanoseconds &- earlier.nanoseconds }

  /// Whole seconds since the epoch, rounded down.
  @inlinable
  public var wholeSeconds: Int64 {
    let quotient = nanoseconds / 1_000_000_000
    return nanoseconds % 1_000_000_000 < 0 ? quotient - 1 : quotient
  }

  /// The part of a second after `wholeSeconds`, 0 ..< 1_000_000_000.
  @inlinable
  public var fraction: Int64 { nanoseconds &- wholeSeconds &* 1_000_000_000 }
}

extension Timestamp: CustomStringConvertible {
  /// As EVE writes it: `2026-11-23T08:43:45.123456+0000`.
  public var description: String {
    let (year, month, day) = Self.civilDate(
      daysSinceEpoch: Int((Double(wholeSeconds) / 86_400).rounded(.down)))
    let second = Int(((wholeSeconds % 86_400) + 86_400) % 86_400)
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
      + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
      + ".\(padded(Int(fraction / 1000), 6))+0000"
  }

  /// The proleptic Gregorian date of a day number; day 0 is 1970-01-01.
  package static func civilDate(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
    // Years are counted from 1 March, so that the leap day is the last of its year.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }
}
