/// What is known of the changes of a stream when it was not heard of for long: how far they have moved
/// its end. Offsets are those of S, counted from the end of all that was seen of it.
package struct SettledStream: BitwiseCopyable, Sendable {
  /// The offset of the first change. Text in front of it was not moved.
  package var start: Int64 = 0
  /// The end of the last change: from there on the map is one addition.
  package var floor: Int64 = 0
  /// What is added there.
  package var delta: Int64 = 0
  /// Whether anything was changed, be it by as many bytes.
  package var hasChanges = false
  /// The furthest right edge of a window that its receiver announced, and where that is in R; `.min`
  /// where none was seen.
  package var edge = Int64.min
  package var mappedEdge = Int64.min

  /// A stream that was not changed.
  package init() {}

  init(start: Int64, floor: Int64, delta: Int64) {
    self.start = start
    self.floor = floor
    self.delta = delta
    hasChanges = true
  }
}
