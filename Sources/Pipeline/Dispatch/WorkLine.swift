import Buffers
import Capture
import Glibc
import Reassembly

/// Brings batches of packets from a source through the workers, and out again in their order.
///
/// Where frames stay in place, reading goes ahead on a thread of its own, and each of several workers
/// has one too. Otherwise, or where there are no threads to be had, each batch is read and worked when
/// it is asked for.
final class WorkLine {
  private let filler: BatchFiller
  private let workers: [Worker]
  /// Of the thread that reads and of whoever asks for batches; `nil` when all goes in step.
  private var turns: RingTurns?
  private var hands: [WorkerHand] = []
  private var thread: WorkerThread?
  private var taken: ElementReference<Batch>?

  private let depth: Int
  /// Smaller inputs are read before a thread would pay.
  private static let smallestInput: UInt64 = 4 << 20

  init(
    _ source: any PacketSource, _ decapsulator: Decapsulator, _ workers: [Worker],
    _ configuration: RunConfiguration
  ) {
    self.workers = workers
    depth = MemoryPlan(memory: configuration.memory).batchesAhead
    let worksAhead = Self.worksAhead(source, configuration.dispatch, workers: workers.count)
    filler = BatchFiller(
      source, decapsulator, workers: workers.count, depth: worksAhead ? depth : 1,
      limit: configuration.packetLimit,
      defaultFate: configuration.defaultFate)
    if worksAhead { startThreads() }
  }

  private static func worksAhead(
    _ source: any PacketSource, _ choice: RunConfiguration.Dispatch, workers: Int
  ) -> Bool {
    guard source.framesStay else { return false }
    switch choice {
    case .ahead: return true
    case .inStep: return false
    case .automatic:
      return workers > 1
        || source.progress.total ?? 0 >= smallestInput && sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1
    }
  }

  private func startThreads() {
    if workers.count > 1 {
      for worker in workers {
        guard let hand = WorkerHand(worker, filler, depth: depth) else { break }
        hands.append(hand)
      }
    }
    let turns = RingTurns(capacity: depth)
    if workers.count == 1 || hands.count == workers.count {
      let (filler, inboxes) = (filler, hands.map(\.inbox))
      thread = WorkerThread {
        while let place = turns.placeToFill(), filler.fill(place) {
          turns.didFill()
          for inbox in inboxes { inbox.didFill() }
        }
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
    let batch: ElementReference<Batch>
    if let turns, hands.isEmpty {
      guard let place = turns.placeToEmpty() else { return nil }
      batch = filler.ring.reference(to: place)
      filler.takeBackMissing(from: batch)
    } else if turns == nil {
      guard filler.fill(0) else { return nil }
      batch = filler.ring.reference(to: 0)
    } else {
      return nextOfHands()
    }
    taken = batch
    for worker in workers { worker.process(batch) }
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
  }

  /// Reads no further.
  func cancel() { turns?.cancel() }

  /// After `cancel` the batches that workers have been given already.
  func nextOfCancelled() -> ElementReference<Batch>? { hands.isEmpty ? nil : next() }

  /// Ends the threads; the source and the workers may be asked about what they have then.
  func stop() {
    giveBack()
    turns?.cancel()
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
