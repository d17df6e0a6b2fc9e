package import Analysis
import Sockets

/// What brings a call to an analyzer about: a packet, and the socket as it stood with it.
struct Cause {
  var packet: PacketInfo
  var step: UInt64
  /// `nil` while the packet is at hand.
  var socket: SocketInfo?
}

/// Bytes that one link asked to see more of before it decides (`allowPrefix`).
struct Peek {
  var bytes: [UInt8]
  /// Where the first byte stands in its direction's stream.
  var offset: UInt64
  /// How many bytes it wants to see.
  var target: Int
  /// Counts the peeks of a worker: the oldest has the smallest.
  var number: UInt64
  /// The packet that its first byte came with.
  var start: PacketInfo
  /// As it stood with the last packet.
  var socket: SocketInfo
}

/// Something that stands in the queue of a link, because what came before it is not decided.
struct QueuedItem {
  enum Content {
    case event(SocketEvent)
    case data(Direction, offset: UInt64, bytes: HeldBytes)
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

  /// The ticket whose answer is still to come.
  var openTicket: Ticket? {
    if case .ticket(let ticket) = answer, ticket.isOpen { ticket } else { nil }
  }

  /// Whether it was shown as data, whatever the answer.
  var isShownData: Bool {
    if case .notShown = answer { false } else { true }
  }
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

/// One link of the chain as a deferred socket has it.
struct LinkNode {
  let number: Int
  /// `nil` when it wants nothing of the socket, or nothing any more.
  var analyzer: (any SocketAnalyzer)?
  var interest: Interest
  /// What waits at this link, in order.
  var queue: [QueuedItem] = []
  /// By `Direction.index`.
  var peeks: [Peek?] = [nil, nil]

  var isObserving: Bool { interest.contains(.observing) }

  func wants(_ direction: Direction) -> Bool {
    analyzer != nil && interest.contains(direction == .out ? .dataOut : .dataIn)
  }

  var wantsEvents: Bool { analyzer != nil && interest.contains(.events) }

  /// Whether data may be shown although what stands before it is not decided: events keep their place
  /// among the data, and a peek wants to see what follows it in one piece.
  func mayShowAhead(_ direction: Direction) -> Bool {
    wants(direction) && peeks[direction.index] == nil && queue.allSatisfy(\.isShownData)
  }

  /// Bytes of a direction that wait here.
  func heldBytes(_ direction: Direction) -> Int {
    var sum = peeks[direction.index]?.bytes.count ?? 0
    for item in queue {
      if case .data(direction, _, let bytes) = item.content { sum += bytes.count }
    }
    return sum
  }

  mutating func remove() {
    analyzer = nil
    interest = []
  }
}
