import Wire

/// Packet time in whole seconds: it never goes back, whatever the timestamps do.
struct PacketClock {
  /// The first nanosecond at which something is due.
  private var next: Int64 = .min
  private(set) var second: Int64 = .min
  /// Where the last packet would have taken the clock that was not believed.
  private var doubted: Int64?

  /// A jump of more than this is believed when the next packet confirms it: one damaged timestamp
  /// must not end every connection.
  private static let believable: Int64 = 3600

  @inline(__always)
  func isDue(_ time: Timestamp) -> Bool { time.nanoseconds >= next || doubted != nil }

  /// A time, but no later than the second that the clock has come to.
  func believed(_ time: Timestamp) -> Timestamp { min(time, Timestamp(nanoseconds: next)) }

  /// The second that time has come to, or `nil` when it stands still.
  mutating func advance(to time: Timestamp) -> Int64? {
    let target = time.wholeSeconds
    guard target > second else {
      doubted = nil
      return nil
    }
    if second != .min, target &- second > Self.believable {
      guard let earlier = doubted, target >= earlier &- 1 else {
        doubted = target
        return nil
      }
    }
    doubted = nil
    second = target
    let (start, overflow) = (target &+ 1).multipliedReportingOverflow(by: 1_000_000_000)
    next = overflow ? .max : start
    return target
  }
}
