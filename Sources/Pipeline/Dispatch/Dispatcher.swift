import Buffers
import Capture
import Glibc
import Reassembly

/// Brings the packets of a source, batch by batch, dissected and with their checksums looked at.
///
/// Where frames stay in place it works ahead on a thread of its own, and whoever takes the batches
/// never waits for memory that holds packets; else each batch is made when it is asked for.
final class Dispatcher {
  /// A batch, and how its source stood when it was filled.
  struct Batch: ~Copyable {
    var packets = PacketBatch()
    var interfaces: [CaptureInterface] = []
    var progress: (read: UInt64, total: UInt64?) = (0, nil)
  }

  private let stage: DispatchStage
  private let turns: RingTurns?
  private let thread: WorkerThread?
  private var isTaken = false

  /// Batches that may be ready ahead: few enough to lie in a cache from one thread to the other.
  private static let depth = 64
  /// Smaller inputs are read before a thread would pay.
  private static let smallestInput: UInt64 = 4 << 20

  init(
    _ source: any PacketSource, _ dissector: Dissector, _ choice: RunConfiguration.Dispatch
  ) {
    guard source.framesStay, Self.worksAhead(source, choice) else {
      stage = DispatchStage(source, dissector, depth: 1)
      turns = nil
      thread = nil
      return
    }
    let stage = DispatchStage(source, dissector, depth: Self.depth)
    let turns = RingTurns(capacity: Self.depth)
    self.stage = stage
    thread = WorkerThread {
      while let place = turns.placeToFill(), stage.fill(place) { turns.didFill() }
      turns.close()
    }
    self.turns = thread == nil ? nil : turns
  }

  private static func worksAhead(
    _ source: any PacketSource, _ choice: RunConfiguration.Dispatch
  ) -> Bool {
    switch choice {
    case .ahead: true
    case .inStep: false
    case .automatic:
      source.progress.total ?? 0 >= smallestInput && sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1
    }
  }

  /// The next batch, good until the next call; `nil` at the end of the input.
  func next() -> ElementReference<Batch>? {
    guard let turns else { return stage.fill(0) ? stage.ring.reference(to: 0) : nil }
    if isTaken { turns.didEmpty() }
    guard let place = turns.placeToEmpty() else {
      isTaken = false
      return nil
    }
    isTaken = true
    let batch = stage.ring.reference(to: place)
    stage.takeBackMissing(from: &batch.element.packets.frames)
    return batch
  }

  /// Ends the work ahead; the source may be asked about its end afterwards.
  func stop() {
    turns?.cancel()
    thread?.join()
  }

  deinit { stop() }
}

/// What fills the ring.
private final class DispatchStage: @unchecked Sendable {
  // Unchecked: the source belongs to the thread that fills, and a place of the ring to one thread at a
  // time, by its turns.
  private let source: any PacketSource
  private let dissector: Dissector
  let ring: ReservedArray<Dispatcher.Batch>

  init(_ source: any PacketSource, _ dissector: Dissector, depth: Int) {
    self.source = source
    self.dissector = dissector
    var ring = ReservedArray<Dispatcher.Batch>(capacity: depth)
    for _ in 0..<depth { ring.append(Dispatcher.Batch()) }
    self.ring = ring
  }

  func takeBackMissing(from frames: inout FrameBatch) { source.takeBackMissing(from: &frames) }

  /// `false` when there is nothing left.
  func fill(_ place: Int) -> Bool {
    let batch = ring.reference(to: place)
    guard source.fill(&batch.element.packets.frames) else { return false }
    dissector.dissect(&batch.element.packets)
    batch.element.interfaces = source.interfaces
    batch.element.progress = source.progress
    return true
  }
}
