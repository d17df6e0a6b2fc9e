import Sockets
import Wire

/// One conversation as it is kept: a TCP connection or a UDP exchange of datagrams.
///
/// Laid out by use. The first two cache lines and half of the third are all that an in-order segment
/// reads and writes. The slow path wants the rest of the third and the fourth, and few want the last
/// one. It is not copyable, so that it is only ever reached in place.
struct SocketObject: ~Copyable {
  var key: FlowKey
  var lastSeen: Timestamp
  // By `Direction.index`, here and below.
  var positions: [2 of StreamPosition]
  var flags: SocketFlags
  var endReason: DisconnectReason?
  var lacking: [2 of LackingLetters] = InlineArray(repeating: [.data, .acknowledgment])
  /// By how many bits the windows that a direction announces are scaled. Where its SYN was not seen
  /// the most that there is: so no window is taken for smaller than it is.
  var shifts: [2 of UInt8] = InlineArray(repeating: 14)
  var checks: SegmentChecks = []

  /// The handler's own (`SocketView.room`).
  var room: [2 of UInt64] = InlineArray(repeating: 0)
  /// The first letters of its history.
  var earlyHistory = ConnectionHistory.Half()
  var traffic = TrafficCounts()
  var packets: [2 of UInt32] = InlineArray(repeating: 0)
  /// Where it is: the shard and the place in it.
  let place: SocketPlace
  /// All TCP flags seen, ORed.
  var tcpFlags: [2 of UInt8] = InlineArray(repeating: 0)
  /// Where it stands in the timer wheel; `.max` when in no slot.
  var timerSlot = UInt16.max
  /// What was delivered of it last, in the journal of its shard; 0 for nothing.
  var lastDelivery: UInt32 = 0

  /// Where the window of the receiver of a direction ends.
  var edges: [2 of SequenceNumber] = InlineArray(repeating: SequenceNumber(0))
  /// TS.Recent of the receiver of a direction (RFC 7323 §4.3).
  var timestamps: [2 of UInt32] = InlineArray(repeating: 0)
  /// What the SYN of a direction offers.
  var offers: [2 of TCPOffer] = InlineArray(repeating: TCPOffer())
  /// What few sockets have.
  var details: DetailStore.Reference?
  /// When both ends had closed; means nothing before.
  var closed = Timestamp(nanoseconds: 0)
  /// Of the last segment of a direction with SYN, FIN or RST: the number of that flag.
  var lastControls: [2 of SequenceNumber] = InlineArray(repeating: SequenceNumber(0))
  var histories: [2 of StreamHistory]
  var firstPacket: PacketInfo
  /// With it the last of five cache lines is full.
  var wide: WideAddresses

  init(
    _ dissection: DissectionReference, at place: SocketPlace, packet: PacketInfo, flags: SocketFlags
  ) {
    self.place = place
    positions = InlineArray(repeating: StreamPosition())
    histories = InlineArray(repeating: StreamHistory())
    key = dissection.element.key
    wide = dissection.element.wide
    lastSeen = packet.timestamp
    firstPacket = packet
    self.flags = flags
  }

  /// Of a free object: the next one in the list of them.
  var nextFree: UInt32 {
    get { packets[0] }
    set { packets[0] = newValue }
  }

  /// How often a letter stands in its history.
  func count(of letter: ConnectionHistory.Letter, _ sender: Direction) -> Int {
    earlyHistory.count(of: letter, sender)
      + (details?.element.lateHistory.count(of: letter, sender) ?? 0)
  }

  /// Which way a packet goes, by the direction that its dissection found.
  @inline(__always)
  func direction(isReversed: Bool) -> Direction {
    isReversed == flags.contains(.originatorIsSecond) ? .out : .in
  }
}

/// What segments are held against, and what keeps them off the fast path.
struct SegmentChecks: OptionSet, BitwiseCopyable {
  var rawValue: UInt8

  /// `timestamps` of the direction means something.
  @inline(__always)
  static func timestamps(_ direction: Direction) -> Self {
    Self(rawValue: 1 << direction.rawValue)
  }
  /// `edges` of the direction means something.
  @inline(__always)
  static func edge(_ direction: Direction) -> Self { Self(rawValue: 4 << direction.rawValue) }
  /// The sender of the direction has reset the connection, and it is not certain yet that its peer
  /// took that.
  @inline(__always)
  static func reset(_ direction: Direction) -> Self { Self(rawValue: 16 << direction.rawValue) }
  static let anyReset: Self = [.reset(.out), .reset(.in)]
  /// Each segment of the socket has to be looked at closely.
  static let offFastPath: Self = [anyReset, signed, urgent]
  /// All segments are signed (TCP-MD5, TCP-AO).
  static let signed = Self(rawValue: 64)
  /// An urgent byte is, or was, to be taken out of a stream.
  static let urgent = Self(rawValue: 128)
}

struct SocketFlags: OptionSet, BitwiseCopyable {
  var rawValue: UInt16

  static let originatorIsSecond = Self(rawValue: 1 << 0)
  static let udp = Self(rawValue: 1 << 1)
  static let midstream = Self(rawValue: 1 << 2)
  /// Somebody wants the data of this direction.
  static let wantsDataOut = Self(rawValue: 1 << 3)
  static let wantsDataIn = Self(rawValue: 1 << 4)
  static let wantsEvents = Self(rawValue: 1 << 5)
  /// `connected` has been reported.
  static let connected = Self(rawValue: 1 << 6)
  /// Both directions are in sequence and open, and nothing is queued: the fast path may be taken.
  static let plain = Self(rawValue: 1 << 7)
  /// `disconnected` has been reported; the object stays for a while to absorb stragglers.
  static let ended = Self(rawValue: 1 << 8)
  /// Somebody answered: packets were seen in both directions.
  static let answered = Self(rawValue: 1 << 9)
  /// One of the FINs has been reported.
  static let halfClosed = Self(rawValue: 1 << 10)
  /// Both FINs have been reported.
  static let closing = Self(rawValue: 1 << 11)
  /// A hole may be waiting to be given up: something is queued, or a FIN waits.
  static let waiting = Self(rawValue: 1 << 15)
  /// The responder closed first.
  static let firstFINIsIn = Self(rawValue: 1 << 12)
  static let wantsPackets = Self(rawValue: 1 << 14)
  /// Not a socket: a place in the list of free ones.
  static let free = Self(rawValue: 1 << 13)

  @inline(__always)
  static func wantsData(_ direction: Direction) -> Self {
    direction == .out ? .wantsDataOut : .wantsDataIn
  }
}

/// Letters that the history of a direction still lacks, of those that come with ordinary segments and
/// are recorded once. Empty for most of a connection, so that the fast path looks at one byte.
struct LackingLetters: OptionSet, BitwiseCopyable {
  var rawValue: UInt8
  /// `d`
  static let data = Self(rawValue: 1)
  /// `a`
  static let acknowledgment = Self(rawValue: 2)
}

/// Bytes of the IP packets of each direction, in 48 bits, and of what the frames have around them, in
/// 32: so they leave room in their cache line.
struct TrafficCounts: BitwiseCopyable {
  // Frame bytes first, then IP bytes; each by `Direction.index`.
  private var low: [2 of UInt32] = InlineArray(repeating: 0)
  private var high: [2 of UInt16] = InlineArray(repeating: 0)
  /// What the frames have besides.
  private var others: [2 of UInt32] = InlineArray(repeating: 0)

  @inline(__always)
  mutating func add(frame: Int, ip: Int, _ direction: Direction) {
    let index = direction.index
    let (sum, overflow) = low[index].addingReportingOverflow(UInt32(truncatingIfNeeded: ip))
    low[index] = sum
    if overflow { high[index] &+= 1 }
    others[index] &+= UInt32(truncatingIfNeeded: frame &- ip)
  }

  func frameBytes(_ direction: Direction) -> UInt64 {
    ipBytes(direction) &+ UInt64(others[direction.index])
  }

  func ipBytes(_ direction: Direction) -> UInt64 {
    UInt64(high[direction.index]) << 32 | UInt64(low[direction.index])
  }
}

/// How far one direction has come. For UDP only `offset` is used.
struct StreamPosition: BitwiseCopyable {
  /// The next sequence number in order (RCV.NXT of the receiver, had it all that was captured).
  var next = SequenceNumber(0)
  /// The highest acknowledgement of the receiver (SND.UNA of the sender).
  var acknowledged = SequenceNumber(0)
  /// The 64-bit stream offset of `next`: delivered bytes and gaps.
  var offset: UInt64 = 0

  mutating func noteAcknowledged(_ number: SequenceNumber) {
    if number.isAfter(acknowledged) { acknowledged = number }
  }

  /// Whether the receiver has acknowledged what was not seen.
  @inline(__always)
  var isAcknowledgedBeyond: Bool { acknowledged.isAfter(next) }
}

/// What the slow path knows of one direction.
struct StreamHistory: BitwiseCopyable {
  var state: State = []
  /// Packets of the socket since the receiver was seen to acknowledge past the first hole.
  var packetsSinceSkipped: UInt8 = 0
  /// Segments with a window of zero, as far as it counts.
  var zeroWindows: UInt16 = 0
  var initialSequence = SequenceNumber(0)
  /// What waits for a hole to be filled.
  var queue = SegmentList()
  /// Where the FIN stands, once it is known.
  var finOffset: UInt64 = 0
  var gapBytes: UInt64 = 0
  // Of the second direction what follows lies in the last cache line: it is seldom wanted.
  /// The weight of `queue`: the bytes, and something for each piece.
  var queuedBytes: UInt32 = 0
  /// Where nobody wants the data, and so nothing is queued: how much of what was passed over may yet
  /// come. In the same place.
  var unseenBytes: UInt32 {
    get { queuedBytes }
    set { queuedBytes = newValue }
  }
  var gaps: UInt32 = 0
  var outOfOrder: UInt32 = 0
  var retransmissions: UInt32 = 0

  struct State: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    /// Its SYN was seen.
    static let synSeen = Self(rawValue: 1)
    static let synAcknowledged = Self(rawValue: 2)
    /// `next` means something.
    static let started = Self(rawValue: 4)
    /// `finOffset` is known.
    static let finSeen = Self(rawValue: 8)
    /// The FIN has been reported: all before it was delivered or given up.
    static let finReported = Self(rawValue: 16)
    static let finAcknowledged = Self(rawValue: 32)
    /// A segment with a right checksum was seen, so that a wrong one is not explained by offload.
    static let checksummed = Self(rawValue: 64)
    /// `initialSequence` is known: from its SYN, or from the answer to it.
    static let synKnown = Self(rawValue: 128)

    /// No FIN waits to be reported.
    var isFINSettled: Bool { !contains(.finSeen) || contains(.finReported) }
  }
}
