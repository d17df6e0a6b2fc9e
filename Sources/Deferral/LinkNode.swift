package import Analysis
import Sockets
import Wire

/// What brings a call to an analyzer about: a packet, and the socket as it stood with it.
///
/// What a socket's packets bring about is in the order of `packet` and `step`.
struct Cause {
  var packet: PacketInfo
  var step: UInt64
  /// The packet that the first of the bytes came with, where it was an earlier one.
  var start: PacketInfo?
  /// `nil` while the packet is at hand.
  var socket: SocketInfo?

  func isBehind(_ other: Self) -> Bool {
    (packet.ordinal, step) > (other.packet.ordinal, other.step)
  }
}

/// Bytes that one link asked to see more of before it decides (`allowPrefix`).
struct Peek {
  var bytes: [UInt8]
  var stretch: Stretch
  /// How many bytes it wants to see.
  var target: Int
  /// Counts the peeks of a worker: the oldest has the smallest.
  var number: UInt64
  /// The packet that its first byte came with.
  var start: PacketInfo
  /// As it stood with the last packet.
  var socket: SocketInfo
}

/// An analyzer that a link has attached to a socket.
package struct AttachedLink {
  package var number: Int
  package var analyzer: (any SocketAnalyzer)?
  package var interest: Interest

  package init(number: Int, analyzer: (any SocketAnalyzer)?, interest: Interest) {
    self.number = number
    self.analyzer = analyzer
    self.interest = interest
  }
}

/// One link of the chain as a deferred socket has it. Not copyable, so that nothing is copied to look at
/// it.
struct LinkNode: ~Copyable {
  let number: Int
  /// `nil` when it wants nothing of the socket, or nothing any more.
  var analyzer: (any SocketAnalyzer)?
  var interest: Interest
  /// What waits at this link, in order.
  private(set) var queue = ItemQueue()
  /// What waits behind an item that is being carried out, whose remains come to `queue`.
  private var behind = ItemQueue()
  /// By `Direction.index`; and whether there is one, as looking at it is not for nothing.
  /// Empty before the first one: most links of most sockets never peek.
  private var peeks: [Peek?] = []
  private var isPeeking: [2 of Bool] = [false, false]
  /// By how much its edits have made each direction longer, modulo 2⁶⁴.
  var growth: [2 of UInt64] = [0, 0]

  init(_ link: AttachedLink) {
    number = link.number
    analyzer = link.analyzer
    interest = link.interest
  }

  /// Whether nothing waits at it.
  var isIdle: Bool { queue.isEmpty && behind.isEmpty && !isPeeking[0] && !isPeeking[1] }

  var isObserving: Bool { interest.contains(.observing) }

  func wants(_ direction: Direction) -> Bool {
    analyzer != nil && interest.contains(direction == .out ? .dataOut : .dataIn)
  }

  var wantsEvents: Bool { analyzer != nil && interest.contains(.events) }

  /// Whether data may be shown although what stands before it is not decided: events keep their place
  /// among the data, and a peek wants to see what follows it in one piece.
  func mayShowAhead(_ direction: Direction) -> Bool {
    wants(direction) && !isPeeking(direction) && !queue.isEmpty && !queue.hasUnshown
  }

  func isPeeking(_ direction: Direction) -> Bool { isPeeking[direction.index] }

  func peek(_ direction: Direction) -> Peek? {
    peeks.isEmpty ? nil : peeks[direction.index]
  }

  func peekNumber(_ direction: Direction) -> UInt64? {
    peeks.isEmpty ? nil : peeks[direction.index]?.number
  }

  func peekedCount(_ direction: Direction) -> Int {
    peeks.isEmpty ? 0 : peeks[direction.index]?.bytes.count ?? 0
  }

  func hasPeekedEnough(_ direction: Direction) -> Bool {
    guard isPeeking(direction) else { return false }
    return peeks[direction.index].map { $0.bytes.count >= $0.target } ?? false
  }

  /// Whether a peek began at or before a time.
  func isPeekOver(_ direction: Direction, at latest: Timestamp?) -> Bool {
    guard let latest, isPeeking(direction), let start = peeks[direction.index]?.start else {
      return false
    }
    return start.timestamp <= latest
  }

  /// Adds what follows to a peek.
  mutating func extendPeek(by bytes: Span<UInt8>, _ stretch: Stretch) {
    guard isPeeking(stretch.direction) else { return }
    let index = stretch.direction.index
    let count = peekedCount(stretch.direction)
    peeks[index]?.stretch.append(stretch, count, bytes.count)
    peeks[index]?.bytes.append(copying: bytes)
  }

  mutating func setPeekSocket(_ socket: SocketInfo, _ direction: Direction) {
    guard isPeeking(direction) else { return }
    peeks[direction.index]?.socket = socket
  }

  mutating func setPeek(_ peek: Peek?, _ direction: Direction) {
    if peeks.isEmpty { peeks = [nil, nil] }
    peeks[direction.index] = peek
    isPeeking[direction.index] = peek != nil
  }

  mutating func append(_ item: QueuedItem) { queue.append(item) }

  /// The first item, for as long as it is carried out.
  mutating func takeFirst() -> QueuedItem? {
    let first = queue.removeFirst()
    swap(&queue, &behind)
    return first
  }

  /// It was carried out.
  mutating func putBack() {
    // The remains are few, so that they are moved and not what waits behind them.
    swap(&queue, &behind)
    while let item = behind.removeLast() { queue.prepend(item) }
  }

  var firstOpenTicket: Ticket? { queue.firstOpenTicket ?? behind.firstOpenTicket }

  /// Calls `body` with each ticket whose answer is still to come.
  func forEachOpenTicket(_ body: (Ticket) -> Void) {
    queue.forEachOpenTicket(body)
    behind.forEachOpenTicket(body)
  }

  /// Takes the bytes out of the pool that nobody looks at any more.
  mutating func leavePool() {
    queue.leavePool()
    behind.leavePool()
  }

  /// Chunks that were held and not carried out: whether they are answered shows in nothing.
  var ticketCount: Int { queue.ticketCount + behind.ticketCount }

  /// Bytes of a direction that wait here.
  func heldBytes(_ direction: Direction) -> Int {
    peekedCount(direction) + queue.heldBytes[direction.index]
      + behind.heldBytes[direction.index]
  }

  /// The offset of the stream of the first byte of a direction that waits here; `nil` where none does.
  func firstWaiting(_ direction: Direction) -> UInt64? {
    let queued = queue.firstSource(direction) ?? behind.firstSource(direction)
    guard let peek = peek(direction) else { return queued }
    return min(queued ?? .max, peek.stretch.source)
  }

  mutating func remove() {
    analyzer = nil
    interest = []
  }
}
