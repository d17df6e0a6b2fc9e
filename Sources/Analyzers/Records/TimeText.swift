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
    append(date.year, width: 4)
    append(UInt8(ascii: "-"))
    append(date.month, width: 2)
    append(UInt8(ascii: "-"))
    append(date.day, width: 2)
    append(style == .eve ? UInt8(ascii: "T") : UInt8(ascii: " "))
    append(Int(secondOfDay / 3600), width: 2)
    append(UInt8(ascii: ":"))
    append(Int(secondOfDay / 60 % 60), width: 2)
    append(UInt8(ascii: ":"))
    append(Int(secondOfDay % 60), width: 2)
    append(UInt8(ascii: "."))
    append(Int(time.fraction / 1000), width: 6)
    if style == .eve { append("+0000") }
  }

  /// The last `width` decimal digits of a number that is not negative.
  mutating func append(_ value: Int, width: Int) {
    let start = count
    append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
    var rest = value
    var index = count - 1
    while rest > 0 && index >= start {
      self[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      index -= 1
    }
  }
}
