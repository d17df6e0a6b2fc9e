import Buffers
import Capture
import Glibc
import Reassembly

/// Brings batches of packets from a source through the workers, and out again in their order.
///
/// Where frames stay in place, two threads read ahead and work what has been read (`SharedWork`). With
/// `-j` one thread reads, and each worker has one of its own. Otherwise, or where there are no threads
/// to be had, each batch is read and worked when it is asked for.
final class WorkLine {
  private let filler: BatchFiller
  private let workers: [Worker]
  /// Of the thread that reads and of whoever asks for batches, with `-j`.
  private var turns: RingTurns?
  private var hands: [WorkerHand] = []
  /// Of the two threads without `-j`.
  private var shared: SharedWork?
  private var thread: WorkerThread?
  private var taken: ElementReference<Batch>?

  private let depth: Int
  /// Workers of two threads: with fewer of them one thread would wait for the other more often.
  private static let sharers = 4
  /// Smaller inputs are read before a thread would pay.
  private static let smallestInput: UInt64 = 4 << 20

  init(
    _ source: any PacketSource, _ decapsulator: Decapsulator, _ division: ShardDivision,
    _ workers: [Worker], _ configuration: RunConfiguration
  ) {
    self.workers = workers
    depth = MemoryPlan(memory: configuration.memory).batchesAhead
    let worksAhead = Self.worksAhead(source, configuration)
    filler = BatchFiller(
      source, decapsulator, division, depth: worksAhead ? depth : 1,
      limit: configuration.packetLimit,
      defaultFate: configuration.defaultFate)
    if worksAhead { startThreads(sharesWork: configuration.workers <= 1) }
  }

  /// Who shares the packets of a run: several instead of one where two threads share the work, so that
  /// each finds something to do.
  static func division(
    _ source: any PacketSource, _ configuration: RunConfiguration
  ) -> ShardDivision {
    let shards = ReassemblyConfiguration.shardCount
    if configuration.workers > 1 {
      return ShardDivision(workers: min(configuration.workers, shards))
    }
    return worksAhead(source, configuration)
      ? ShardDivision(workers: sharers) : ShardDivision(workers: 1)
  }

  private static func worksAhead(
    _ source: any PacketSource, _ configuration: RunConfiguration
  ) -> Bool {
    guard source.framesStay else { return false }
    switch configuration.dispatch {
    case .ahead: return true
    case .inStep: return false
    case .automatic:
      return configuration.workers > 1
        || source.progress.total ?? 0 >= smallestInput && sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1
    }
  }

  private func startThreads(sharesWork: Bool) {
    if sharesWork { shareWork() } else { startHands(RingTurns(capacity: depth)) }
  }

  private func shareWork() {
    let shared = SharedWork(workers, filler, depth: depth)
    thread = WorkerThread { shared.help() }
    if thread != nil { self.shared = shared }
  }

  private func startHands(_ turns: RingTurns) {
    for worker in workers {
      guard let hand = WorkerHand(worker, filler, depth: depth) else { break }
      hands.append(hand)
    }
    if hands.count == workers.count {
      let (filler, inboxes) = (filler, hands.map(\.inbox))
      thread = WorkerThread {
        let memory = MemoryHand()
        while let place = turns.placeToFill(), filler.fill(place) {
          memory.didRead()
          turns.didFill()
          for inbox in inboxes { inbox.didFill() }
        }
        memory.dismiss()
        turns.close()
        for inbox in inboxes { inbox.close() }
      }
    }
    if thread == nil {
      for hand in hands { hand.dismiss() }
      hands = []
    } else {
      self.turns = turns
    }
  }

  /// The next batch, read and worked, good until the next call; `nil` at the end of the input.
  func next() -> ElementReference<Batch>? {
    giveBack()
    if !hands.isEmpty { return nextOfHands() }
    let place: Int
    if let shared {
      guard let next = shared.next() else { return nil }
      place = next
    } else {
      guard filler.fill(0) else { return nil }
      place = 0
    }
    let batch = filler.ring.reference(to: place)
    taken = batch
    if shared == nil { for worker in workers { worker.process(batch) } }
    return batch
  }

  private func nextOfHands() -> ElementReference<Batch>? {
    var last: Int?
    for hand in hands {
      guard let place = hand.outbox.placeToEmpty() else { return nil }
      last = place
    }
    taken = last.map { filler.ring.reference(to: $0) }
    return taken
  }

  private func giveBack() {
    guard taken != nil else { return }
    taken = nil
    for hand in hands { hand.outbox.didEmpty() }
    turns?.didEmpty()
    shared?.didEmpty()
  }

  /// Reads no further.
  func cancel() {
    turns?.cancel()
    shared?.cancel()
  }

  /// After `cancel` the batches that workers have been given already.
  func nextOfCancelled() -> ElementReference<Batch>? {
    giveBack()
    if let shared { return shared.hasBegunNext ? next() : nil }
    return hands.isEmpty ? nil : next()
  }

  /// Ends the threads; the source and the workers may be asked about what they have then.
  func stop() {
    giveBack()
    cancel()
    thread?.join()
    for hand in hands { hand.dismiss() }
  }

  deinit { stop() }
}

/// A worker with a thread of its own, and where batches come to it and leave it.
private final class WorkerHand {
  let inbox: RingTurns
  let outbox: RingTurns
  private let thread: WorkerThread

  /// `nil` where there is no thread to be had.
  init?(_ worker: Worker, _ filler: BatchFiller, depth: Int) {
    let (inbox, outbox) = (RingTurns(capacity: depth), RingTurns(capacity: depth))
    let thread = WorkerThread {
      while let place = inbox.placeToEmpty() {
        worker.process(filler.ring.reference(to: place))
        inbox.didEmpty()
        // There is always room: a place is filled again only when it has left here.
        outbox.didFill()
      }
      outbox.close()
    }
    guard let thread else { return nil }
    worker.hasThread = true
    self.inbox = inbox
    self.outbox = outbox
    self.thread = thread
  }

  /// Ends its thread when it has done what was given to it.
  func dismiss() {
    inbox.close()
    thread.join()
  }
}
