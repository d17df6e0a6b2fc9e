import Buffers
import Capture
import Deferral
import Reassembly

/// Reads the source into batches and prepares them for the workers.
final class BatchFiller: @unchecked Sendable {
  // Unchecked: the source and the decapsulator belong to the thread that fills, and a place of the
  // ring to whoever's turn it is.
  private let source: any PacketSource
  private let decapsulator: Decapsulator
  private let defaultFate: PacketFate?
  private var packetsLeft: UInt64
  private var packets: UInt64 = 0
  private var spoolStart: UInt64 = 0
  private var spoolEnd: UInt64 = 0
  /// The places of the batches.
  let ring: ReservedArray<Batch>

  /// - Parameters:
  ///   - depth: places of the ring.
  ///   - limit: packets to read at most.
  ///   - defaultFate: of packets that no worker says anything about; `nil` where none is written.
  init(
    _ source: any PacketSource, _ decapsulator: Decapsulator, _ division: ShardDivision, depth: Int,
    limit: UInt64?, defaultFate: PacketFate?
  ) {
    self.source = source
    self.decapsulator = decapsulator
    self.defaultFate = defaultFate
    packetsLeft = limit ?? .max
    var ring = ReservedArray<Batch>(capacity: depth)
    for _ in 0..<depth { ring.append(Batch(division, writesPackets: defaultFate != nil)) }
    self.ring = ring
  }

  /// `false` when there is nothing left to read, or no more is wanted.
  func fill(_ place: Int) -> Bool {
    guard packetsLeft > 0 else { return false }
    let batch = ring.reference(to: place)
    let room = UInt64(Batch.capacity) - packets % UInt64(Batch.capacity)
    batch.element.packets.frames.limit = Int(min(room, packetsLeft))
    batch.element.packets.frames.keepsBlocks = defaultFate != nil
    guard source.fill(&batch.element.packets.frames) else { return false }
    let count = UInt64(batch.element.packets.frames.count)
    packets &+= count
    packetsLeft &-= min(count, packetsLeft)
    batch.element.endsStretch = source.isLive || packets % UInt64(Batch.capacity) == 0
    batch.element.spoolStart = spoolStart
    spoolEnd &+= batch.element.packets.frames.capturedBytes
    spoolEnd &+= count &* UInt64(DeferralConfiguration.spoolCost)
    if defaultFate != nil { spoolEnd &+= batch.element.packets.frames.extraBytes }
    batch.element.spoolEnd = spoolEnd
    if batch.element.endsStretch { spoolStart = spoolEnd }
    decapsulator.prepare(&batch.element.packets)
    batch.element.interfaces = source.interfaces
    if batch.element.captureNames.count != batch.element.interfaces.count {
      batch.element.captureNames = batch.element.interfaces.indices.map {
        source.captureName(ofInterface: $0)
      }
    }
    batch.element.progress = source.progress
    if let defaultFate {
      for index in 0..<batch.element.packets.frames.count {
        batch.element.fates[index] = defaultFate
      }
    }
    return true
  }

  /// Whether there may be something to take back.
  var mayHaveShrunk: Bool { source.mayHaveShrunk }

  /// Takes back what has gone from a file that shrank since the batch was filled.
  func takeBackMissing(from batch: ElementReference<Batch>) {
    source.takeBackMissing(from: &batch.element.packets.frames)
  }
}
