import Analysis
import DequeModule
import Sockets

/// Something that stands in the queue of a link, because what came before it is not decided.
struct QueuedItem {
  enum Content {
    case event(SocketEvent)
    case data(Stretch, HeldBytes)
  }

  enum Answer {
    /// The link has not been shown it.
    case notShown
    case verdict(Verdict)
    case ticket(Ticket)
    case failure(any Error)
  }

  var cause: Cause
  var content: Content
  var answer = Answer.notShown
  /// The link injected these when it was shown the data ahead of its turn. They go into the stream in front
  /// of the data when its turn comes.
  var injections: [Context.Injection] = []
  /// The reason why no more data follows; `nil` where more may follow.
  var final: FinalReason?

  /// The ticket whose answer is still to come.
  var openTicket: Ticket? {
    if case .ticket(let ticket) = answer, ticket.isOpen { ticket } else { nil }
  }

  mutating func leavePool() {
    guard openTicket?.isReleased ?? true, case .data(let stretch, let bytes) = content
    else { return }
    content = .data(stretch, bytes.copied)
  }

  /// The direction of data and its offset in the stream; `nil` for an event.
  var place: (direction: Direction, source: UInt64)? {
    if case .data(let stretch, _) = content { (stretch.direction, stretch.source) } else { nil }
  }
}

/// The items that wait at a link, in order. The queue keeps counts of them, as every event asks for those.
struct ItemQueue {
  private var items = Deque<QueuedItem>()
  /// By `Direction.index`: where the data that waits begins in its stream, in order.
  private var sources: [2 of Deque<UInt64>] = [[], []]
  /// By `Direction.index`: how many bytes wait.
  private(set) var heldBytes: [2 of Int] = [0, 0]
  /// How many items have a ticket.
  private(set) var ticketCount = 0
  private var unshownCount = 0

  var isEmpty: Bool { items.isEmpty }

  /// Whether the link has not been shown everything as data.
  var hasUnshown: Bool { unshownCount > 0 }

  var firstCause: Cause? { items.first?.cause }

  /// Whether the answer to the first item is still to come.
  var isFirstOpen: Bool { items.first?.openTicket != nil }

  func firstSource(_ direction: Direction) -> UInt64? { sources[direction.index].first }

  mutating func append(_ item: QueuedItem) {
    if let (direction, source) = item.place { sources[direction.index].append(source) }
    count(item, by: 1)
    items.append(item)
  }

  mutating func prepend(_ item: QueuedItem) {
    if let (direction, source) = item.place { sources[direction.index].prepend(source) }
    count(item, by: 1)
    items.prepend(item)
  }

  mutating func removeFirst() -> QueuedItem? {
    guard let item = items.popFirst() else { return nil }
    if let (direction, _) = item.place { sources[direction.index].removeFirst() }
    count(item, by: -1)
    return item
  }

  mutating func removeLast() -> QueuedItem? {
    guard let item = items.popLast() else { return nil }
    if let (direction, _) = item.place { sources[direction.index].removeLast() }
    count(item, by: -1)
    return item
  }

  private mutating func count(_ item: QueuedItem, by sign: Int) {
    if case .data(let stretch, let bytes) = item.content {
      heldBytes[stretch.direction.index] += sign * bytes.count
    }
    switch item.answer {
    case .notShown: unshownCount += sign
    case .ticket: ticketCount += sign
    case .verdict, .failure: break
    }
  }

  /// The first ticket whose answer is still to come.
  var firstOpenTicket: Ticket? {
    if ticketCount == 0 { return nil }
    // Each is asked once, as it may be answered on another thread meanwhile.
    for item in items {
      if let ticket = item.openTicket { return ticket }
    }
    return nil
  }

  func forEachOpenTicket(_ body: (Ticket) -> Void) {
    if ticketCount == 0 { return }
    for item in items { item.openTicket.map(body) }
  }

  mutating func leavePool() {
    if items.isEmpty { return }
    for index in items.indices { items[index].leavePool() }
  }
}
