import Analysis

/// The gaps of one direction, in stream order. Neighbours are joined, so that the list says what is
/// missing and not how it was found out.
struct GapList {
  /// How many are kept. When there are more, the rest is left out and `isTruncated` says so.
  static let limit = 10_000

  private var ranges: [(offset: UInt64, length: UInt64)] = []
  private(set) var isTruncated = false

  var isEmpty: Bool { ranges.isEmpty }
  var count: Int { ranges.count }

  mutating func add(offset: UInt64, length: UInt64) {
    guard length > 0, !isTruncated else { return }
    if let last = ranges.last, last.offset &+ last.length == offset {
      ranges[ranges.count - 1].length &+= length
    } else if ranges.count < Self.limit {
      ranges.append((offset, length))
    } else {
      isTruncated = true
    }
  }

  /// `[[offset,length],…]`
  var value: Record.Value {
    .array(ranges.map { .array([Record.Value($0.offset), Record.Value($0.length)]) })
  }
}
