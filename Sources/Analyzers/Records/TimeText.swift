package import Analysis
import Wire

/// How a moment is written.
package enum TimeStyle {
  /// `2026-11-23T08:43:45.123456+0000`
  case eve
  /// `2026-11-23 08:43:45.123456`
  case text
}

extension [UInt8] {
  /// The moment in UTC; nanoseconds are cut to microseconds.
  package mutating func append(_ time: Timestamp, as style: TimeStyle) {
    let seconds = time.wholeSeconds
    let secondOfDay = (seconds % 86_400 + 86_400) % 86_400
    let date = Timestamp.civilDate(daysSinceEpoch: Int((seconds - secondOfDay) / 86_400))
    let start = count
    append(style == .eve ? "0000-00-00T00:00:00.000000+0000" : "0000-00-00 00:00:00.000000")
    putDigits(of: date.year, in: start..<start + 4)
    putDigits(of: date.month, in: start + 5..<start + 7)
    putDigits(of: date.day, in: start + 8..<start + 10)
    putDigits(of: Int(secondOfDay / 3600), in: start + 11..<start + 13)
    putDigits(of: Int(secondOfDay / 60 % 60), in: start + 14..<start + 16)
    putDigits(of: Int(secondOfDay % 60), in: start + 17..<start + 19)
    putDigits(of: Int(time.fraction / 1000), in: start + 20..<start + 26)
  }

  /// Writes the last decimal digits of a number that is not negative over zeros.
  mutating func putDigits(of value: Int, in range: Range<Int>) {
    var rest = value
    var index = range.upperBound - 1
    while rest > 0 && index >= range.lowerBound {
      self[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      index -= 1
    }
  }
}
