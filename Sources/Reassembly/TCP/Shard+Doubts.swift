import Sockets
import Wire

/// Text of a stream that its receiver should not have taken, as far as the capture tells.
struct Doubts: BitwiseCopyable {
  /// How likely it is that the receiver took it nevertheless.
  enum Kind: Int, CaseIterable {
    /// Only its own word makes stream data of it.
    case unlikely
    /// More likely the capture lacks a packet: at the end it counts where nothing else came.
    case likely

    /// How much may wait: what nobody is likely to take is not worth much room.
    var limit: UInt32 { self == .unlikely ? 1 << 15 : 1 << 20 }
  }

  /// In the order of the offsets.
  var list = SegmentList()
  /// Its weight, as in `StreamHistory.queuedBytes`.
  var weight: UInt32 = 0
  /// The stream offset behind a FIN that is in doubt as well; 0 for none.
  var finEnd: UInt64 = 0

  var isEmpty: Bool { list.isEmpty && finEnd == 0 }
}

/// The doubts of both streams of a socket.
struct SocketDoubts: BitwiseCopyable {
  private var all: [4 of Doubts] = InlineArray(repeating: Doubts())

  subscript(stream: Direction, kind: Doubts.Kind) -> Doubts {
    get { all[stream.index &* 2 &+ kind.rawValue] }
    set { all[stream.index &* 2 &+ kind.rawValue] = newValue }
  }

  func isEmpty(_ stream: Direction) -> Bool {
    self[stream, .unlikely].isEmpty && self[stream, .likely].isEmpty
  }
}

// Text in doubt waits for the word of its receiver: what it acknowledges it has, whatever this capture
// may lack. Until then the same bytes in a segment that is in order take its place.
extension Shard {
  /// Keeps text that begins `ahead` bytes beyond what is next in order, and a FIN behind it.
  mutating func keepDoubtful(
    _ text: RawSpan, _ ahead: Int, hasFIN: Bool, _ kind: Doubts.Kind, _ socket: SocketReference,
    _ direction: Direction
  ) {
    guard isStarted(socket, direction),
      !socket.element.histories[direction.index].state.contains(.finReported),
      let details = details(of: socket)
    else { return }
    let offset = socket.element.positions[direction.index].offset
    let end = ahead &+ text.byteCount
    if hasFIN, end >= 0 {
      details.element.doubts[direction, kind].finEnd = offset &+ UInt64(end &+ 1)
    }
    guard end > 0 else { return }
    let new = text.extracting(droppingFirst: max(-ahead, 0))
    let start = offset &+ UInt64(max(ahead, 0))
    var doubts = details.element.doubts[direction, kind]
    let limit = limit(of: kind, at: start, socket, direction)
    guard doubts.weight < limit else {
      noteDoubtsBudget(start, new.byteCount, socket, direction)
      if kind == .likely { takeDoubts(before: .max, kind, socket, direction) }
      return
    }
    let weight = queue.weight
    let isKept = queue.insert(new, at: start, &doubts.list) != nil
    doubts.weight &+= UInt32(truncatingIfNeeded: queue.weight &- weight)
    details.element.doubts[direction, kind] = doubts
    if !isKept { noteDoubtsBudget(start, new.byteCount, socket, direction) }
  }

  /// How much may wait in doubt: more where it is likely to be acknowledged.
  private mutating func limit(
    of kind: Doubts.Kind, at offset: UInt64, _ socket: SocketReference, _ direction: Direction
  ) -> UInt32 {
    let most = Doubts.Kind.likely.limit
    if isNearWindow(offset, socket, direction) { return most }
    guard mayLeap(socket, direction) else { return kind.limit }
    // No sender goes further without an answer.
    return min(max(kind.limit, UInt32(clamping: largestWindow(socket, direction) &* 2)), most)
  }

  /// A capture may lack the packet that opened a window by as much.
  static var nearWindow: Int { 1 << 20 }

  /// Whether text stands so near to the window of a receiver that was seen to answer that it is likely
  /// to be acknowledged: a capture may lack the packet that opened the window.
  private mutating func isNearWindow(
    _ offset: UInt64, _ socket: SocketReference, _ direction: Direction
  ) -> Bool {
    guard socket.element.checks.contains(.edge(direction)),
      socket.element.packets[direction.reversed.index] > 0
    else { return false }
    let position = socket.element.positions[direction.index]
    let ahead = Int(clamping: offset &- position.offset)
    return ahead &- socket.element.edges[direction.index].distance(from: position.next)
      < Self.nearWindow
  }

  private mutating func noteDoubtsBudget(
    _ offset: UInt64, _ length: Int, _ socket: SocketReference, _ direction: Direction
  ) {
    counts.refusedBytes &+= UInt64(length)
    note(
      WeirdNote(.doubtsBudgetReached, direction, offset: offset, length: UInt64(length)),
      of: socket)
  }

  /// Whether something is in doubt: then no segment may take the fast path.
  mutating func hasDoubts(_ socket: SocketReference) -> Bool {
    guard let details = socket.element.details else { return false }
    return !details.element.doubts.isEmpty(.out) || !details.element.doubts.isEmpty(.in)
  }

  /// After an acknowledgement, or when a hole is to be given up: what its receiver has after all is
  /// stream data.
  mutating func confirmDoubts(_ socket: SocketReference, _ stream: Direction) {
    guard let details = socket.element.details,
      !details.element.doubts.isEmpty(stream)
    else { return }
    let position = socket.element.positions[stream.index]
    let reach = position.acknowledged.distance(from: position.next)
    let edge = position.offset &+ UInt64(max(reach, 0))
    var hasConfirmed = false
    for kind in Doubts.Kind.allCases {
      if takeDoubts(before: edge, kind, socket, stream) { hasConfirmed = true }
      confirmFIN(before: edge, kind, socket, stream)
    }
    if hasConfirmed, !socket.element.checks.isDisjoint(with: .anyReset) { reopen(socket, stream) }
  }

  /// Makes stream data of what is in doubt before an offset, and forgets what has come otherwise;
  /// `true` when there was any.
  @discardableResult
  mutating func takeDoubts(
    before edge: UInt64, _ kind: Doubts.Kind, isWhole: Bool = false, _ socket: SocketReference,
    _ stream: Direction
  ) -> Bool {
    guard let details = socket.element.details else { return false }
    var hasTaken = false
    while true {
      var doubts = details.element.doubts[stream, kind]
      guard !doubts.list.isEmpty else { return hasTaken }
      let head = queue.segment(doubts.list.head)
      let offset = socket.element.positions[stream.index].offset
      guard head.end <= offset || head.offset < edge, let piece = queue.popFirst(&doubts.list)
      else {
        return hasTaken
      }
      let end = isWhole ? piece.end : min(piece.end, max(edge, piece.offset))
      if end < piece.end, piece.end > offset {
        let rest = piece.piece.bytes.extracting(droppingFirst: Int(end &- piece.offset))
        _ = queue.insert(rest, at: end, &doubts.list)
      }
      if doubts.list.isEmpty { doubts.weight = 0 }
      details.element.doubts[stream, kind] = doubts
      if end > offset {
        hasTaken = true
        let text = piece.piece.bytes.extracting(0..<Int(end &- piece.offset))
        take(text, at: piece.offset, socket, stream)
      }
      queue.release(piece)
    }
  }

  mutating func confirmFIN(
    before edge: UInt64, _ kind: Doubts.Kind, _ socket: SocketReference, _ stream: Direction
  ) {
    guard let details = socket.element.details else { return }
    let finEnd = details.element.doubts[stream, kind].finEnd
    guard finEnd != 0, finEnd <= edge else { return }
    details.element.doubts[stream, kind].finEnd = 0
    let offset = socket.element.positions[stream.index].offset
    guard finEnd > offset else { return }
    noteFIN(Int(finEnd &- 1 &- offset), socket, stream)
    reportFIN(socket, stream)
  }

  /// The last acknowledgement again is how a host answers what it does not take (RFC 9293 §3.10.7.4):
  /// then it was not the capture that made the text look wrong.
  mutating func demoteDoubts(_ socket: SocketReference, _ stream: Direction) {
    guard let details = socket.element.details,
      !details.element.doubts[stream, .likely].isEmpty
    else { return }
    noteRefusedPastWindow(socket, stream)
    var likely = details.element.doubts[stream, .likely]
    details.element.doubts[stream, .likely] = Doubts()
    var unlikely = details.element.doubts[stream, .unlikely]
    unlikely.finEnd = max(unlikely.finEnd, likely.finEnd)
    while let segment = queue.popFirst(&likely.list) {
      let weight = queue.weight
      _ = queue.insert(segment.piece.bytes, at: segment.offset, &unlikely.list)
      unlikely.weight &+= UInt32(truncatingIfNeeded: queue.weight &- weight)
      queue.release(segment)
    }
    details.element.doubts[stream, .unlikely] = unlikely
  }

  /// At the end of a connection: what the capture only makes look wrong is data, the rest is let go.
  mutating func settleDoubts(_ socket: SocketReference) {
    settleLeaps(socket)
    guard hasDoubts(socket) else { return }
    for stream in Direction.allCases {
      settleUnheard(socket, stream)
      takeDoubts(before: .max, .likely, socket, stream)
      confirmFIN(before: .max, .likely, socket, stream)
      discardDoubts(socket, stream)
    }
  }

  /// Lets go of what is in doubt.
  mutating func discardDoubts(_ socket: SocketReference, _ stream: Direction) {
    guard let details = socket.element.details else { return }
    for kind in Doubts.Kind.allCases {
      var list = details.element.doubts[stream, kind].list
      counts.refusedBytes &+= UInt64(queue.byteCount(of: list))
      queue.discard(&list)
      details.element.doubts[stream, kind] = Doubts()
    }
  }
}
