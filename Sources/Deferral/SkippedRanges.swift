/// Ranges of a stream that were not shown to analyzers, in ascending order. Of very many the oldest are
/// forgotten.
struct SkippedRanges {
  private var ranges: [Range<Int64>] = []

  private static var mostRanges: Int { 1024 }
  /// Those that are kept for what comes late.
  private static var keptRanges: Int { 64 }

  var isEmpty: Bool { ranges.isEmpty }

  mutating func add(_ range: Range<Int64>) {
    if range.isEmpty { return }
    if ranges.count == Self.mostRanges { ranges.removeFirst(Self.mostRanges / 2) }
    ranges.append(range)
  }

  /// Nothing waits any more: only what comes late may have text in them.
  mutating func shorten() {
    if ranges.count > Self.keptRanges { ranges = Array(ranges.suffix(Self.keptRanges)) }
  }

  /// The part of `range` that was shown. With a gap in the middle it is the part in front of the gap.
  func cutting(_ range: Range<Int64>) -> Range<Int64> {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    guard low < ranges.count, ranges[low].overlaps(range) else { return range }
    let gap = ranges[low]
    if gap.lowerBound > range.lowerBound { return range.lowerBound..<gap.lowerBound }
    return min(gap.upperBound, range.upperBound)..<range.upperBound
  }
}
