import Sockets
import Wire

/// What a sender has sent past the window while nothing was captured of its receiver.
struct UnheardReceiver: BitwiseCopyable {
  /// Segments past the last window that was seen, since the receiver was last heard.
  var segments: UInt32 = 0
  /// The capture was said to lack acknowledgements.
  var isTold = false
}

// A sender goes on past the window because its receiver has opened it. Where the capture does not show
// that, it lacks acknowledgements: a filter on payload leaves them out, a probe loses them. So text that
// follows in order past the window waits, and is stream data when nothing is captured of the receiver. A
// receiver that is heard tells itself what it takes.
extension Shard {
  /// So much text past the window is not waited with: a receiver would have answered.
  private static var patience: UInt32 { 1 << 16 }
  private static var leastSegments: UInt32 { 8 }

  /// Whether a sender goes on in order beyond a window that its receiver has left open. Only numbers
  /// behind what was sent in order count, and those behind text that waits for this very reason.
  mutating func goesOnPastWindow(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    let position = socket.element.positions[direction.index]
    let edge = socket.element.edges[direction.index]
    guard socket.element.checks.contains(.edge(direction)), isStarted(socket, direction),
      edge.isAfter(position.acknowledged),
      !socket.element.histories[direction.index].state.contains(.finReported)
    else { return false }
    let ahead = segment.element.sequence.distance(from: position.next)
    let length = segment.element.length &+ (segment.element.flags.contains(.fin) ? 1 : 0)
    let end = Int(truncatingIfNeeded: sureEnd(socket, direction) &- position.offset)
    return ahead <= end && ahead &+ length > end
  }

  /// The offset up to which text was sent in order, or waits in a hole, or past the window.
  mutating func sureEnd(_ socket: SocketReference, _ direction: Direction) -> UInt64 {
    var end = socket.element.positions[direction.index].offset
    let list = socket.element.histories[direction.index].queue
    if !list.isEmpty { end = max(end, queue.segment(list.tail).end) }
    if let details = socket.element.details {
      let likely = details.element.doubts[direction, .likely].list
      if !likely.isEmpty { end = max(end, queue.segment(likely.tail).end) }
    }
    return end
  }

  /// Keeps text that goes on past the window, without its first bytes.
  mutating func receivePastWindow(
    _ segment: DissectionReference, _ frame: RawSpan, droppingFirst inside: Int,
    _ socket: SocketReference, _ direction: Direction
  ) {
    guard let details = details(of: socket) else { return }
    reportUntaken(.unlessAcknowledged, .outOfWindow, of: socket)
    let text = frame.extracting(segment.element.text)
    let sequence = segment.element.sequence + inside
    keepDoubtful(
      text.extracting(droppingFirst: min(inside, text.byteCount)),
      sequence.distance(from: socket.element.positions[direction.index].next),
      hasFIN: segment.element.flags.contains(.fin), .likely, socket, direction)
    details.element.unheard[direction.index].segments &+= 1
    if details.element.unheard[direction.index].segments >= Self.leastSegments,
      details.element.doubts[direction, .likely].weight >= Self.patience
    {
      takeUnheard(socket, direction)
    }
  }

  /// The capture lacks acknowledgements: what went on past the window is stream data, and how far the
  /// window reaches is unknown until the receiver is heard again.
  private mutating func takeUnheard(_ socket: SocketReference, _ stream: Direction) {
    noteUnheard(socket, stream)
    takeDoubts(before: .max, .likely, socket, stream)
    confirmFIN(before: .max, .likely, socket, stream)
    socket.element.checks.remove(.edge(stream))
    openUnknownWindow(socket, stream)
  }

  /// Said once for each stream.
  private mutating func noteUnheard(_ socket: SocketReference, _ stream: Direction) {
    guard let details = socket.element.details else { return }
    details.element.unheard[stream.index].segments = 0
    if details.element.unheard[stream.index].isTold { return }
    details.element.unheard[stream.index].isTold = true
    let offset = socket.element.positions[stream.index].offset
    note(WeirdNote(.acknowledgmentsNotCaptured, stream, offset: offset), of: socket)
  }

  /// Whether text waits because its receiver was not heard.
  @inline(__always)
  mutating func isUnheard(_ socket: SocketReference, _ stream: Direction) -> Bool {
    guard let details = socket.element.details else { return false }
    return details.element.unheard[stream.index].segments > 0
  }

  /// The receiver is heard. If it has acknowledged text past its last window, which is taken already, the
  /// capture lacks the packet that opened that; then what lies in the window now is stream data as well.
  /// The rest it did not take.
  mutating func hear(_ socket: SocketReference, _ stream: Direction, since offset: UInt64) {
    let position = socket.element.positions[stream.index]
    if position.offset > offset {
      noteUnheard(socket, stream)
      let reach = socket.element.edges[stream.index].distance(from: position.next)
      let end = position.offset &+ UInt64(max(reach, 0))
      takeDoubts(before: end, .likely, socket, stream)
      confirmFIN(before: end, .likely, socket, stream)
      details(of: socket)?.element.unheard[stream.index].segments = 1
    }
    refuseUnheard(socket, stream)
  }

  /// At the end of a connection: one segment past the window is not yet a sender that goes on.
  mutating func settleUnheard(_ socket: SocketReference, _ stream: Direction) {
    guard let details = socket.element.details else { return }
    switch details.element.unheard[stream.index].segments {
    case 0: break
    case 1: refuseUnheard(socket, stream)
    default: takeUnheard(socket, stream)
    }
  }

  /// What is left of the text past the window was not taken, and is said to lie there.
  private mutating func refuseUnheard(_ socket: SocketReference, _ stream: Direction) {
    guard let details = socket.element.details else { return }
    let list = details.element.doubts[stream, .likely].list
    guard !list.isEmpty else {
      details.element.unheard[stream.index].segments = 0
      return
    }
    demoteDoubts(socket, stream)
  }

  /// Says of text that was past the window, and that a receiver did not take, that it was.
  mutating func noteRefusedPastWindow(_ socket: SocketReference, _ stream: Direction) {
    guard let details = socket.element.details,
      details.element.unheard[stream.index].segments > 0
    else { return }
    details.element.unheard[stream.index].segments = 0
    let list = details.element.doubts[stream, .likely].list
    guard !list.isEmpty else { return }
    let start = queue.segment(list.head).offset
    let length = queue.segment(list.tail).end &- start
    note(WeirdNote(.outOfWindow, stream, offset: start, length: length), of: socket)
  }
}
