import Wire

extension InlineStream {
  /// Keeps a segment that lies beyond a hole. What came first stays.
  mutating func keep(_ new: Waiting) {
    newestWaiting = new.start
    var rest = new
    var index = firstWaiting(endingBehind: rest.start)
    while index < waiting.count, waiting[index].start < rest.end {
      let old = waiting[index]
      if old.start > rest.start {
        let (before, _) = rest.segment.split(at: Int(old.start &- rest.start))
        insert(Waiting(start: rest.start, segment: before), at: index)
        index += 1
      }
      let isMore = rest.endsStream && !old.endsStream && rest.end == old.end
      guard rest.end > old.end || isMore else { return }
      let (_, after) = rest.segment.split(at: Int(old.end &- rest.start))
      rest = Waiting(start: old.end, segment: after)
      index += 1
    }
    if !rest.segment.payload.isEmpty || rest.endsStream { insert(rest, at: index) }
  }

  private mutating func insert(_ new: Waiting, at index: Int) {
    waiting.insert(new, at: index)
    heldBytes += new.cost
  }

  /// The first of those held that ends behind an offset; their count where none does.
  private func firstWaiting(endingBehind offset: Int64) -> Int {
    // Most come at the end.
    guard let last = waiting.last, last.end > offset else { return waiting.count }
    var (low, high) = (0, waiting.count)
    while low < high {
      let middle = (low + high) / 2
      if waiting[middle].end <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What is held beyond the hole, the newest first (RFC 2018 §4).
  var waitingRanges: [Range<Int64>] {
    var ranges: [Range<Int64>] = []
    for entry in waiting {
      let end = entry.end &+ (entry.endsStream ? 1 : 0)
      if let last = ranges.last, last.upperBound == entry.start {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else {
        ranges.append(entry.start..<end)
      }
    }
    if let newest = ranges.firstIndex(where: { $0.contains(newestWaiting) }) {
      ranges.insert(ranges.remove(at: newest), at: 0)
    }
    return ranges.filter { !$0.isEmpty }
  }
}
