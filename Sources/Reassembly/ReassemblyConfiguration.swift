public import Buffers

/// How packets become sockets.
public struct ReassemblyConfiguration: Sendable {
  public var checksums = ChecksumMode.auto
  public var validity = ValidityMode.host
  /// Whether connections whose start was not seen become sockets.
  public var midstream = true
  /// Bytes for all stores together.
  public var memory = 1 << 30
  /// What receivers do with fragments that overlap.
  public var fragmentPolicy = standardFragmentPolicy
  /// What a handler keeps for each socket, in bytes: it is a part of what a socket costs.
  public var bytesPerSocket = 0
  /// Keys the hash of the flow table. Nothing that can be seen depends on it.
  public var hashSeed = FlowHash.processSeed
  public var timeouts = Timeouts()
  /// Whose bytes stay where segments overlap that wait for a hole to be filled.
  public var tcpPolicy = PolicyMap(TCPPolicy.first)
  public var urgent = UrgentMode.inline
  /// Whether the bytes of frames stay where they are until the end of the input.
  public var framesStay = false
  /// Told of looks at frames that have waited, where these stay.
  public var lateLooks: LateLooks?

  public init() {}

  /// How long a socket is kept after its last packet, in seconds of packet time.
  public struct Timeouts: Sendable {
    /// A handshake that is not complete.
    public var opening = 120
    public var established = 7440
    /// After the end, to absorb stragglers: a second object for a late ACK would be a lie.
    public var ended = 15
    public var udpUnanswered = 60
    public var udpAnswered = 300
    public init() {}
  }

  /// All stacks of IPv6 drop datagrams with overlaps (RFC 5722).
  public static let standardFragmentPolicy = PolicyMap<FragmentPolicy>(
    ipv4: .first, ipv6: .dropOnOverlap)

  /// There are always 64 shards, whatever the number of workers, so that budgets bite alike.
  public static let shardCount = 64

  /// What a socket costs besides itself: slots of the index, places in the queue of evictions and in
  /// the timer wheel, and at the end of the input a place in the order of their births.
  private static var socketOverhead: Int { 96 }

  /// Sockets that a shard may hold: half of the memory.
  public var socketsPerShard: Int {
    let cost = MemoryLayout<SocketObject>.stride + Self.socketOverhead + bytesPerSocket
    return min(max(32, memory / 2 / Self.shardCount / cost), SocketPlace.indexLimit)
  }

  /// Sockets of a shard that may have details: a sixteenth of the memory.
  var detailsPerShard: Int {
    max(16, memory / 16 / Self.shardCount / MemoryLayout<SocketDetails>.stride)
  }

  /// Bytes that a shard may queue for holes to be filled: a quarter of the memory.
  var queuedBytesPerShard: Int { max(1 << 14, memory / 4 / Self.shardCount) }

  /// Connections that a shard keeps in mind when they have gone, as far as there is room: a
  /// sixty-fourth of the memory.
  var departedPerShard: Int {
    min(max(32, memory / 64 / Self.shardCount / DepartedSockets.Entry.cost), 1 << 14)
  }

  /// Those that were dropped: a thirty-second of the memory. As much may be kept of those that go for
  /// others.
  var droppedDeparturesPerShard: Int {
    min(max(64, memory / 32 / Self.shardCount / DepartedSockets.Entry.cost), 1 << 16)
  }
  var droppedFilterBytesPerShard: Int { max(1 << 11, memory / 32 / Self.shardCount) }

  /// Those of which a handler keeps something: it has a budget of its own, and stays below, but for what
  /// is changed within a stretch of packets.
  var pinnedDeparturesPerShard: Int {
    memory / 8 / Self.shardCount / MemoryLayout<DepartedSockets.Entry>.stride + (1 << 10)
  }

  /// Stretches of delivered text that a shard keeps in mind: a sixty-fourth of the memory, as far as that
  /// is of any use.
  var journalEntriesPerShard: Int {
    var entries = 1024
    while entries > 16, entries &* 64 > memory / 64 / Self.shardCount { entries /= 2 }
    return entries
  }

  /// Bytes of delivered text that a shard keeps in mind. Where frames do not stay they are copied, which
  /// takes up to twice as much: a thirty-second of the memory.
  var journalBytesPerShard: Int { max(1 << 12, memory / 64 / Self.shardCount) }

  /// Bytes of IP fragments: a sixteenth of the memory.
  var fragmentBytes: Int { max(1 << 18, memory / 16) }
}
