public import Buffers
public import Sockets
public import Wire

/// Frames and what was found in them: what goes from the capture to the sockets in one piece.
///
/// The decapsulator fills it; any number of reassemblers may then read it at the same time.
public struct PacketBatch: ~Copyable {
  public var frames: FrameBatch
  /// What belongs to no socket.
  public internal(set) var findings = DecapsulationFindings()
  /// The oddities among that, packet by packet.
  public internal(set) var strays: [StrayWeird] = []
  /// The packets that are fragments of which something comes.
  public internal(set) var fragments: [FragmentMark] = []
  /// The numbers of datagrams that will never be whole.
  public internal(set) var lostDatagrams: [UInt64] = []
  let dissections: ReservedArray<Dissection>
  /// What fragments were put together to.
  var datagrams: [[UInt8]] = []
  /// The outer keys of packets in tunnels.
  var tunnels: [Tunnel] = []
  /// Where packet time comes to another second.
  var ticks: [Tick] = []
  /// Of several workers for each how many packets are for its shards, and their indices.
  private let shares: ReservedArray<UInt16>
  private let shareStride: Int
  let division: ShardDivision
  /// The worker of each shard.
  private let owners: [64 of UInt8]

  /// Packet time at the end: that of the last packet, as far as it is believed.
  public internal(set) var time = Timestamp(nanoseconds: 0)

  /// Packet time comes to `second` with the packet at `index`.
  struct Tick: BitwiseCopyable {
    var index: Int
    var second: Int64
  }

  /// - Parameters:
  ///   - capacity: frames, at most 65,535.
  ///   - division: who shares the packets.
  public init(capacity: Int = 128, _ division: ShardDivision = ShardDivision(workers: 1)) {
    frames = FrameBatch(capacity: capacity)
    var dissections = ReservedArray<Dissection>(capacity: capacity)
    for _ in 0..<capacity { dissections.append(Dissection()) }
    self.dissections = dissections
    shareStride = capacity + 1
    self.division = division
    owners = division.owners
    shares = ReservedArray(zeros: division.workers * shareStride)
  }

  /// Makes it ready for the packets in `frames`.
  mutating func reset() {
    for worker in 0..<division.workers { shares[worker &* shareStride] = 0 }
    if !ticks.isEmpty { ticks.removeAll(keepingCapacity: true) }
    if !datagrams.isEmpty { datagrams.removeAll(keepingCapacity: true) }
    if !tunnels.isEmpty { tunnels.removeAll(keepingCapacity: true) }
    if !fragments.isEmpty { fragments.removeAll(keepingCapacity: true) }
    if !strays.isEmpty { strays.removeAll(keepingCapacity: true) }
    findings = DecapsulationFindings()
  }

  /// What fragments were put together to, behind the IP header, of the packet that completed it.
  public func datagram(ofPacketAt index: Int) -> [UInt8]? {
    let dissection = dissections.reference(to: index)
    return dissection.element.kind.isWhole ? datagrams[dissection.element.datagram] : nil
  }

  @inline(__always)
  mutating func assign(_ index: Int, toShard shard: Int) {
    let start = Int(owners[shard]) &* shareStride
    let count = shares[start] &+ 1
    shares[start] = count
    shares[start &+ Int(count)] = UInt16(truncatingIfNeeded: index)
  }

  /// Keeps the outer keys of a packet.
  mutating func add(_ tunnel: Tunnel, of dissection: DissectionReference) {
    dissection.element.outerIndex = UInt32(truncatingIfNeeded: tunnels.count)
    tunnels.append(tunnel)
  }

  /// The outer keys of a packet that is inner, or whole.
  func tunnel(of dissection: DissectionReference) -> Tunnel? {
    dissection.element.nesting.kind == 0 ? nil : tunnels[Int(dissection.element.outerIndex)]
  }

  /// The indices of the packets that are for one of several workers, in their order.
  @inline(__always)
  func share(of worker: Int) -> ElementReferences<UInt16> {
    let start = worker &* shareStride
    return shares.references(from: start &+ 1, count: Int(shares[start]))
  }

  /// Every index: a worker that is the only one looks at all packets.
  var allIndices: AllIndices { AllIndices(count: frames.count) }

  /// The last packet, whoever it is for.
  public var lastPacket: PacketInfo? {
    guard !frames.isEmpty else { return nil }
    let frame = frames[frames.count - 1]
    return PacketInfo(ordinal: frame.ordinal, timestamp: frame.timestamp)
  }
}

/// A packet that is a fragment.
public struct FragmentMark: Sendable, BitwiseCopyable {
  /// In its batch.
  public let index: Int
  /// The number of its datagram: no other one ever has it.
  public let datagram: UInt64
  /// Whether the datagram is whole with it.
  public let isLast: Bool
}

/// Indices of packets in a batch, ascending.
protocol PacketIndices {
  var count: Int { get }
  func index(at position: Int) -> Int
}

extension ElementReferences<UInt16>: PacketIndices {
  @inline(__always)
  func index(at position: Int) -> Int { Int(self[position]) }
}

struct AllIndices: PacketIndices {
  let count: Int
  @inline(__always)
  func index(at position: Int) -> Int { position }
}
