/// Which parts of a stream have been sent, as far as few ranges tell: where there would be more of them,
/// the oldest is forgotten.
struct SentRanges {
  /// Ascending, and apart from each other.
  private var ranges: [Range<Int64>] = []

  private static var limit: Int { 16 }

  mutating func insert(_ range: Range<Int64>) {
    if range.isEmpty { return }
    if let last = ranges.last,
      last.contains(range.lowerBound) || last.upperBound == range.lowerBound
    {
      if range.upperBound > last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      }
      return
    }
    let first = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
    let end = ranges.firstIndex { $0.lowerBound > range.upperBound } ?? ranges.count
    let touched = ranges[first..<max(first, end)]
    let lower = min(range.lowerBound, touched.first?.lowerBound ?? range.lowerBound)
    let upper = max(range.upperBound, touched.last?.upperBound ?? range.upperBound)
    ranges.replaceSubrange(first..<max(first, end), with: [lower..<upper])
    if ranges.count > Self.limit { ranges.removeFirst() }
  }

  /// Whether all of a range is known to have been sent.
  func contains(_ range: Range<Int64>) -> Bool {
    ranges.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
  }
}
