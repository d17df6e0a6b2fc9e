import Buffers
import Injection
import Reassembly
import Sockets

/// Packets on their way from the source to the output, and what the workers have made of them.
struct Batch: ~Copyable {
  var packets: PacketBatch
  /// The interfaces of the source, as far as they were known when the batch was filled.
  var interfaces: [CaptureInterface] = []
  /// The names of the captures that the packets come from, by their interfaces.
  var captureNames: [String?] = []
  /// How far the source had come.
  var progress: (read: UInt64, total: UInt64?) = (0, nil)
  /// Of each worker what it wants written.
  let lanes: ReservedArray<OutputLane>
  /// What becomes of each packet, by its index: whoever it is for says so.
  let fates: ReservedArray<PacketFate>
  /// Of packets whose fate is `rewritten`, by their index; empty where none is written.
  let rewrites: ReservedArray<PacketOutcome>
  /// Whether a stretch of `capacity` packets ends here, or the input: whatever the source, answers take
  /// effect there.
  var endsStretch = true
  /// What the packets before this stretch come to, and those before the end of the batch, as far as
  /// they have to be kept when they wait to be written.
  var spoolStart: UInt64 = 0
  var spoolEnd: UInt64 = 0
  /// Of each worker whether something waits at the end of the batch.
  let waits: ReservedArray<Bool>
  /// Of each worker what became of packets of earlier batches.
  let laterFates: ReservedArray<[LaterFate]>
  /// Of each worker the oddities of packets that belong to no socket.
  let strays: ReservedArray<[StrayNote]>

  /// Packets of a batch: so many that what is done once for each batch and worker costs little, so few
  /// that they are still in a cache when they are worked.
  static var capacity: Int { 512 }

  /// - Parameter writesPackets: whether there is an output for them.
  init(_ division: ShardDivision, writesPackets: Bool) {
    let workers = division.workers
    packets = PacketBatch(capacity: Self.capacity, division)
    var lanes = ReservedArray<OutputLane>(capacity: workers)
    for _ in 0..<workers { lanes.append(OutputLane()) }
    self.lanes = lanes
    var fates = ReservedArray<PacketFate>(capacity: Self.capacity)
    for _ in 0..<Self.capacity { fates.append(.written) }
    self.fates = fates
    var rewrites = ReservedArray<PacketOutcome>(capacity: Self.capacity)
    if writesPackets {
      for _ in 0..<Self.capacity { rewrites.append(.written) }
    }
    self.rewrites = rewrites
    var waits = ReservedArray<Bool>(capacity: workers)
    for _ in 0..<workers { waits.append(false) }
    self.waits = waits
    var laterFates = ReservedArray<[LaterFate]>(capacity: workers)
    for _ in 0..<workers { laterFates.append([]) }
    self.laterFates = laterFates
    var strays = ReservedArray<[StrayNote]>(capacity: workers)
    for _ in 0..<workers { strays.append([]) }
    self.strays = strays
  }

  /// Whether something waits at its end, whoever it is for.
  var isWaiting: Bool { (0..<waits.count).contains { waits[$0] } }

  /// Notes what becomes of a packet.
  func setFate(_ outcome: PacketOutcome, at index: Int) {
    switch outcome {
    case .written: fates[index] = .written
    case .leftOut: fates[index] = .leftOut
    case .renumbered, .rewritten:
      rewrites[index] = outcome
      fates[index] = .rewritten
    }
  }

  /// The name of the capture that a packet comes from; `nil` on an interface.
  func captureName(ofPacket ordinal: UInt64) -> String? {
    guard let index = index(ofPacket: ordinal) else { return nil }
    let interface = packets.frames[index].interface
    return interface < captureNames.count ? captureNames[interface] : nil
  }

  /// Whether no packet had an oddity that belongs to no socket.
  var hasNoStrays: Bool {
    packets.strays.isEmpty && (0..<strays.count).allSatisfy { strays[$0].isEmpty }
  }

  /// From whom to whom a packet went, as far as that could be read.
  func ends(ofPacket ordinal: UInt64) -> PacketEnds? {
    index(ofPacket: ordinal).flatMap { packets.ends(ofPacketAt: $0) }
  }

  /// The index of the packet with a number. Numbers ascend, mostly one by one.
  func index(ofPacket ordinal: UInt64) -> Int? {
    guard !packets.frames.isEmpty, ordinal >= packets.frames[0].ordinal else { return nil }
    var low = 0
    // Where it is when none is missing in front of it.
    var high = Int(clamping: ordinal &- packets.frames[0].ordinal)
    if high < packets.frames.count, packets.frames[high].ordinal == ordinal { return high }
    high = min(high, packets.frames.count)
    while low < high {
      let middle = (low &+ high) / 2
      let found = packets.frames[middle].ordinal
      if found == ordinal { return middle }
      if found < ordinal { low = middle &+ 1 } else { high = middle }
    }
    return nil
  }
}

/// What becomes of a packet in the written capture.
enum PacketFate: UInt8 {
  case written
  case leftOut
  /// In another form.
  case rewritten
  /// Nobody knows yet.
  case open
}
