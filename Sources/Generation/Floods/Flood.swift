public import Buffers

/// An attack on the memory or the time of whoever keeps state for what it sees.
public enum Flood: String, CaseIterable, Hashable, Sendable {
  /// Connections from all over the world that get no further than their SYN.
  case syn
  /// Connections that put single bytes far ahead of what is in order: near the edge of the window,
  /// and near half the sequence space.
  case farAhead = "far-ahead"
  /// Streams whose first byte never comes, and no end of data behind it; some receivers say so, some
  /// say nothing, some were not captured, some acknowledge it all.
  case endlessHole = "endless-hole"
  /// Datagrams that never become whole: first fragments, tiny ones, and ends beyond the end.
  case fragments
  /// Segments that overlap each other with other bytes, behind a hole.
  case overlap

  /// How many connections attack; sources where each packet has its own.
  var defaultConnections: Int {
    switch self {
    case .syn, .fragments: 1 << 32
    case .farAhead: 2000
    case .endlessHole: 500
    case .overlap: 200
    }
  }
}

/// What a capture with a flood is to be like.
public struct FloodOptions: Hashable, Sendable {
  /// About how many packets.
  public var packets: Int
  /// How many connections attack, where the flood is one of connections that go on.
  public var connections: Int?
  /// The same seed gives the same bytes.
  public var seed: UInt64
  public var ipv6: Bool
  /// The identifier of a VLAN tag on every frame, 0 ... 4095.
  public var vlan: UInt16?

  public init(
    packets: Int = 1_000_000, connections: Int? = nil, seed: UInt64 = 1, ipv6: Bool = false,
    vlan: UInt16? = nil
  ) {
    self.packets = packets
    self.connections = connections
    self.seed = seed
    self.ipv6 = ipv6
    self.vlan = vlan
  }
}

/// What was written: the flood, and the real connections in it that must come through it whole.
public struct FloodResult: Hashable, Sendable {
  public var flood: Flood
  public var seed: UInt64
  public var packets: UInt64
  /// The length of a pcap file that holds them.
  public var fileBytes: UInt64
  /// The real connections, all between the hosts of `bystanderNetwork`, and the bytes of their streams.
  /// All of them were captured, in order.
  public var bystanders: UInt64
  public var bystanderBytes: UInt64
  public var bystanderNetwork: String
}

/// Writes a capture of real connections that are in progress before, during and after a flood, with
/// the flood between their packets. Nothing is kept of a packet that was written, so that ten million
/// connections are no burden.
///
/// `sink` is not finished: that is the caller's.
public func generate(
  _ flood: Flood, options: FloodOptions = FloodOptions(), into sink: any PacketSink
) throws -> FloodResult {
  guard (1...FloodOptions.packetLimit).contains(options.packets) else {
    throw GenerationError(
      description: "packets must be 1 to \(FloodOptions.packetLimit), not \(options.packets)")
  }
  let base = GenerationOptions(
    bytes: 1 << 20, connections: options.connections, seed: options.seed, ipv6: options.ipv6,
    vlan: options.vlan)
  let plan = try Plan(.many, base)
  let writer = FrameWriter(plan, sink)
  var bystanders = Bystanders(plan, packets: options.packets)
  try bystanders.begin(writer)
  switch flood {
  case .fragments:
    var attack = FragmentFlood(plan)
    try bystanders.stand(writer) { try attack.writeNext(writer) }
  default:
    var attack = SegmentFlood(flood, plan, connections: options.connections)
    try bystanders.stand(writer) { try attack.writeNext(writer) }
  }
  try bystanders.end(writer)
  return FloodResult(
    flood: flood, seed: options.seed, packets: writer.result.packets,
    fileBytes: writer.result.fileBytes, bystanders: writer.result.connections,
    bystanderBytes: writer.result.streamBytes,
    bystanderNetwork: options.ipv6 ? "2001:db8:1::/48" : "10.0.0.0/8")
}

extension FloodOptions {
  static let packetLimit = 1_000_000_000
}
