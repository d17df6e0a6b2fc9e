import Buffers
import Sockets

/// What is known of the sockets of a shard that few of them have, beside the sockets. Memory is used
/// only for as many as there were at a time.
struct DetailStore: ~Copyable {
  private var slots: ReservedArray<SocketDetails>
  private var firstFree: Reference?

  typealias Reference = ElementReference<SocketDetails>

  init(capacity: Int) { slots = ReservedArray(capacity: capacity) }

  /// `nil` when there is no room.
  mutating func make() -> Reference? {
    if let slot = firstFree {
      firstFree = slot.element.nextFree
      slot.element = SocketDetails()
      return slot
    }
    guard !slots.isFull else { return nil }
    slots.append(SocketDetails())
    return slots.reference(to: slots.count - 1)
  }

  mutating func release(_ slot: Reference) {
    slot.element.nextFree = firstFree
    firstFree = slot
  }
}

/// The parts of a socket that most do without. In front stands what every segment off the fast path is
/// held against.
struct SocketDetails: BitwiseCopyable {
  /// What waits for its receiver to say whether it took it.
  var doubts = SocketDoubts()
  /// Receivers that were not heard while their senders went on past the window.
  var unheard: [2 of UnheardReceiver] = InlineArray(repeating: UnheardReceiver())
  /// Signs that a stream goes on elsewhere.
  var leaps: [2 of Leap] = InlineArray(repeating: Leap())
  /// What its first packet came out of.
  var tunnel: Tunnel?
  var weirds = WeirdCounts()
  /// The letters of its history that do not fit into the socket.
  var lateHistory = ConnectionHistory.Half()
  /// SYNs besides the one that the streams begin with.
  var otherSYNs = OtherSYNs()
  /// Urgent bytes that are to be taken out of the streams.
  var urgent: [2 of UrgentByte] = InlineArray(repeating: UrgentByte())
  var resets = ResetRate()
  /// The kind of the option that all segments are signed with.
  var signature: UInt8 = 0
  var multipath: MultipathSigns = []
  /// Segments that overlapped others behind a hole.
  var overlaps: UInt32 = 0
  /// Packets with wrong checksums.
  var badChecksums: [2 of UInt32] = InlineArray(repeating: 0)
  fileprivate(set) var nextFree: DetailStore.Reference?
}

/// How often a socket had each of its oddities: twelve names find room.
struct WeirdCounts: BitwiseCopyable {
  /// The place of the name in `Weird`, plus one, in the highest byte, and the count below it.
  private var slots: [12 of UInt32] = InlineArray(repeating: 0)

  private static var highest: UInt32 { 1 << 24 - 1 }

  /// How often it was counted; `nil` when there is no room for the name.
  func count(of name: Weird) -> UInt32? {
    let tag = UInt32(name.number &+ 1)
    for index in slots.indices {
      if slots[index] == 0 { return 0 }
      if slots[index] >> 24 == tag { return slots[index] & Self.highest }
    }
    return nil
  }

  /// Counts one more; 0 when there is no room for the name.
  mutating func add(_ name: Weird) -> UInt32 {
    let tag = UInt32(name.number &+ 1)
    for index in slots.indices {
      let slot = slots[index]
      if slot == 0 {
        slots[index] = tag << 24 | 1
        return 1
      }
      if slot >> 24 == tag {
        let count = min(slot & Self.highest &+ 1, Self.highest)
        slots[index] = tag << 24 | count
        return count
      }
    }
    return 0
  }
}

/// What was seen of Multipath TCP (RFC 8684).
struct MultipathSigns: OptionSet, BitwiseCopyable {
  var rawValue: UInt8

  /// The SYN of a direction offers it.
  static func offer(_ direction: Direction) -> Self { Self(rawValue: 1 << direction.rawValue) }
  /// A segment that is no SYN uses it.
  static let use = Self(rawValue: 4)

  /// Both ends have agreed on it, or go by it.
  var isInUse: Bool { contains(.use) || isSuperset(of: [.offer(.out), .offer(.in)]) }
}
