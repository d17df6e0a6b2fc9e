package import Analysis
package import Buffers
import Wire

/// How a moment is written.
package enum TimeStyle {
  /// `2026-11-23T08:43:45.123456+0000`
  case eve
  /// `2026-11-23 08:43:45.123456`
  case text
}

extension TextBuffer {
  /// The moment in UTC; nanoseconds are cut to microseconds.
  package mutating func append(_ time: Timestamp, as style: TimeStyle) {
    appendDate(time)
    append(style == .eve ? UInt8(ascii: "T") : UInt8(ascii: " "))
    appendTimeOfDay(time, separator: UInt8(ascii: ":"))
    append(UInt8(ascii: "."))
    append(digits: UInt64(time.fraction / 1000), count: 6)
    if style == .eve { append("+0000") }
  }

  /// `2026-11-23`
  mutating func appendDate(_ time: Timestamp) {
    let days = (time.wholeSeconds - time.secondOfDay) / 86_400
    let date = Timestamp.civilDate(daysSinceEpoch: Int(days))
    append(digits: UInt64(date.year), count: 4)
    append(UInt8(ascii: "-"))
    append(digits: UInt64(date.month), count: 2)
    append(UInt8(ascii: "-"))
    append(digits: UInt64(date.day), count: 2)
  }

  /// `08:43:45`
  mutating func appendTimeOfDay(_ time: Timestamp, separator: UInt8) {
    let second = UInt64(time.secondOfDay)
    append(digits: second / 3600, count: 2)
    append(separator)
    append(digits: second / 60 % 60, count: 2)
    append(separator)
    append(digits: second % 60, count: 2)
  }
}

extension Timestamp {
  /// Of the day in UTC.
  fileprivate var secondOfDay: Int64 { (wholeSeconds % 86_400 + 86_400) % 86_400 }
}
