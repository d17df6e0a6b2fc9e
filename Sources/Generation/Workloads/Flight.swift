internal import Sockets
internal import Wire

/// Segments of one direction that are under way together, and how far the receiver has them.
struct Flight {
  struct Segment {
    let offset: Int
    let length: Int
    /// Received, but not in the capture.
    let isLost: Bool
    var isCaptured = false

    var end: Int { offset + length }
  }

  let direction: Direction
  let start: Int
  /// How far the other stream has come; it rests meanwhile.
  let acknowledged: Int
  var segments: [Segment] = []
  /// Copies that come behind all segments.
  var later: [Step] = []
  /// Whether nothing of the flight has been captured yet.
  var isFirst = true
  /// The first segment that the receiver misses.
  private var edge = 0
  private var unanswered = 0

  init(direction: Direction, start: Int, acknowledged: Int) {
    self.direction = direction
    self.start = start
    self.acknowledged = acknowledged
  }

  var end: Int { segments.last?.end ?? start }

  var capturedBytes: Int { segments.reduce(0) { $0 + ($1.isLost ? 0 : $1.length) } }

  mutating func add(length: Int, isLost: Bool) {
    segments.append(Segment(offset: end, length: length, isLost: isLost))
  }

  /// All data of a flight carries one TSval: it left within one tick of the sender's clock.
  func data(_ index: Int) -> Step {
    let isLast = index == segments.count - 1
    return Step(
      direction: direction, flags: isLast ? [.psh, .ack] : .ack, offset: segments[index].offset,
      length: segments[index].length, acknowledged: acknowledged, repeatsTimestamp: !isFirst)
  }

  func acknowledgement(upTo offset: Int) -> Step {
    Step(
      direction: direction.reversed, flags: .ack, offset: acknowledged,
      acknowledged: offset)
  }

  /// What the receiver answers: at once, with SACK, to a segment out of order (RFC 5681 §4.2), and
  /// otherwise to every second one.
  mutating func answer(to index: Int) -> Step? {
    let before = edge
    while edge < segments.count && (segments[edge].isCaptured || segments[edge].isLost) {
      edge += 1
    }
    unanswered += 1
    let offset = edge < segments.count ? segments[edge].offset : end
    if edge == before {
      unanswered = 0
      var step = acknowledgement(upTo: offset)
      step.selected = segments[index].offset..<segments[index].end
      return step
    }
    // A filled hole is answered at once too.
    guard unanswered >= 2 || edge > index + 1 else { return nil }
    unanswered = 0
    return acknowledgement(upTo: offset)
  }
}
