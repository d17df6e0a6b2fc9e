import Pipeline

/// How far a run has come, in one line of the terminal that is written over and over.
struct ProgressBar {
  private let start = ContinuousClock.now
  private var isShown = false

  mutating func show(_ progress: Run.Progress) {
    let elapsed = ContinuousClock.now - start
    let text = Self.line(
      read: progress.bytesRead, total: progress.bytesTotal, packets: progress.packets,
      seconds: elapsed / .seconds(1))
    StandardStream.error.write("\r" + text + "\u{1B}[K")
    isShown = true
  }

  /// Takes the line away, so that messages stand in its place.
  mutating func clear() {
    if isShown { StandardStream.error.write("\r\u{1B}[K") }
    isShown = false
  }

  /// `[######--------------]  30%  600.0 MiB of 1.9 GiB  850.0 MiB/s  2 s left`
  static func line(read: UInt64, total: UInt64?, packets: UInt64, seconds: Double) -> String {
    let rate = seconds > 0 ? Double(read) / seconds : 0
    let speed = Amounts.size(UInt64(clamping: Int64(min(rate, 1e18)))) + "/s"
    guard let total, total > 0 else {
      return "\(Amounts.size(read))  \(Amounts.count(packets, "packet"))  \(speed)"
    }
    let share = min(1, Double(read) / Double(total))
    let filled = Int(share * 20)
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled)
    let percent = String(Int(share * 100))
    let padding = String(repeating: " ", count: 3 - percent.utf8.count)
    let text = "[\(bar)] \(padding)\(percent)%  \(Amounts.size(read)) of \(Amounts.size(total))"
    // In the first moments a rate is a guess.
    guard seconds >= 1, rate >= 1 else { return text }
    let left = UInt64(min(Double(total - min(read, total)) / rate, 1e9))
    return "\(text)  \(speed)  \(Amounts.duration(seconds: left)) left"
  }
}
