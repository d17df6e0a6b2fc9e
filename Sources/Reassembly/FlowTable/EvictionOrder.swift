import Buffers

/// Who goes when the flow table is full, in constant time on average.
///
/// Every socket stands in one of two queues. In the first are those of which least is lost: half open,
/// ended, or with packets of one end alone, which is what scans and floods are made of. In the second
/// are connections of two ends. The first queue is asked first, each from its front, where those stand
/// that came first; but who has seen packets since it was put there goes to the end once more (a
/// second chance, as in the CLOCK algorithm). So a connection in progress stays, however many others
/// come and go, and every step back in a queue is paid for by a packet.
///
/// Nothing is done for a packet. Who has become a connection of two ends is found out when its turn
/// comes.
struct EvictionOrder: ~Copyable {
  /// By socket index + 2; the first two are the ends of the queues.
  private var links: ReservedArray<EvictionLink>
  /// Sockets in the first queue.
  private var weakCount = 0
  /// Without some room for handshakes, a table full of connections would never let in another one.
  private let reserve: Int
  /// Looks at who is in front, so far.
  private(set) var steps: UInt64 = 0

  enum Queue: Int {
    case weak, strong
  }

  init(capacity: Int) {
    links = ReservedArray(capacity: capacity + 2)
    reserve = capacity / 16
  }

  /// Puts a new socket at the end of the first queue. Its first packet is about to be counted.
  mutating func add(_ index: Int) {
    if links.count == 0 { appendEnds() }
    if index &+ 2 == links.count {
      links.append(EvictionLink(previous: 0, next: 0, packets: 1))
    }
    place(index, in: .weak, packets: 1)
  }

  private mutating func appendEnds() {
    for queue in 0..<2 {
      links.append(EvictionLink(previous: UInt32(queue), next: UInt32(queue), packets: 0))
    }
  }

  /// Takes a socket out that goes.
  mutating func remove(_ index: Int) {
    let link = links[index &+ 2]
    links[Int(link.previous)].next = link.next
    links[Int(link.next)].previous = link.previous
    if !link.isStrong { weakCount &-= 1 }
  }

  /// A socket has ended: there is little left to lose.
  @inline(__always)
  mutating func noteEnd(of index: Int, packets: UInt32) {
    // Before the table was ever full nobody is there, and no cache line is to be waited for.
    if !isStrongEmpty { putBack(index, packets: packets) }
  }

  @inline(never)
  private mutating func putBack(_ index: Int, packets: UInt32) {
    guard links[index &+ 2].isStrong else { return }
    remove(index)
    place(index, in: .weak, packets: packets)
  }

  /// The socket that is to go. There must be one.
  mutating func victim(of sockets: borrowing ReservedArray<SocketObject>) -> Int {
    while true {
      steps &+= 1
      let queue: Queue = weakCount > reserve || isStrongEmpty ? .weak : .strong
      let index = Int(links[queue.rawValue].next) &- 2
      let packets = sockets[index].packets[0] &+ sockets[index].packets[1]
      let belongs: Queue = sockets[index].isTwoSided ? .strong : .weak
      if queue == belongs, packets == links[index &+ 2].packets { return index }
      remove(index)
      place(index, in: belongs, packets: packets)
    }
  }

  /// Who stands behind `count` others in the queue that is asked next; `nil` where there is nobody.
  func candidate(behind count: Int) -> Int? {
    let queue: Queue = weakCount > reserve || isStrongEmpty ? .weak : .strong
    var place = links[queue.rawValue].next
    for _ in 0..<count where place > 1 { place = links[Int(place)].next }
    return place > 1 ? Int(place) &- 2 : nil
  }

  private var isStrongEmpty: Bool {
    links[Queue.strong.rawValue].next == UInt32(Queue.strong.rawValue)
  }

  private mutating func place(_ index: Int, in queue: Queue, packets: UInt32) {
    let end = queue.rawValue
    let last = links[end].previous
    let place = index &+ 2
    links[place] = EvictionLink(
      previous: last, next: UInt32(end), packets: packets, isStrong: queue == .strong)
    links[Int(last)].next = UInt32(truncatingIfNeeded: place)
    links[end].previous = UInt32(truncatingIfNeeded: place)
    if queue == .weak { weakCount &+= 1 }
  }
}

/// The place of a socket in one of the queues.
struct EvictionLink: BitwiseCopyable {
  var previous: UInt32
  var next: UInt32
  /// The packets of the socket when it was put here.
  var packets: UInt32
  var isStrong = false
}

extension SocketObject {
  /// Whether both ends were heard of, and have not ended their conversation.
  fileprivate var isTwoSided: Bool {
    flags.contains(.connected) && !flags.contains(.ended) && packets[0] > 0 && packets[1] > 0
  }
}
