import Analysis

/// The gaps of one direction, in stream order. Neighbours are joined, so that the list says what is
/// missing and not how it was found out.
struct GapList {
  /// How many are kept of one direction. When there are more, or when the budget of the shard is
  /// spent, the rest is left out and `isTruncated` says so.
  static let limit = 10_000

  private var ranges: [(offset: UInt64, length: UInt64)] = []
  private(set) var isTruncated = false

  var isEmpty: Bool { ranges.isEmpty && !isTruncated }
  var count: Int { ranges.count }

  mutating func add(offset: UInt64, length: UInt64, within budget: GapBudget) {
    guard length > 0, !isTruncated else { return }
    if let last = ranges.last, last.offset &+ last.length == offset {
      ranges[ranges.count - 1].length &+= length
    } else if ranges.count < Self.limit, budget.take() {
      ranges.append((offset, length))
    } else {
      isTruncated = true
    }
  }

  /// Gives back what it holds of the budget, at the end of its life.
  func release(to budget: GapBudget) { budget.giveBack(ranges.count) }

  /// `[[offset,length],…]`
  var value: Record.Value {
    .array(ranges.map { .array([Record.Value($0.offset), Record.Value($0.length)]) })
  }
}

/// How many gaps the sockets of one shard may remember together: 16 bytes each.
final class GapBudget {
  private var left: Int

  init(_ count: Int = 32_768) { left = count }

  /// Whether there was room for one more.
  func take() -> Bool {
    guard left > 0 else { return false }
    left -= 1
    return true
  }

  func giveBack(_ count: Int) { left += count }
}
