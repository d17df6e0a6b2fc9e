import Buffers
import Capture
import Glibc
import Reassembly

/// Brings batches of packets from a source through the workers, and out again in their order.
///
/// Where frames stay in place, reading goes ahead on a thread of its own. Two workers then share the
/// packets of what is otherwise one, and the thread that reads lends a hand with the second. With `-j`
/// each worker has a thread too. Otherwise, or where there are no threads to be had, each batch is read
/// and worked when it is asked for.
final class WorkLine {
  private let filler: BatchFiller
  private let workers: [Worker]
  /// Of the thread that reads and of whoever asks for batches; `nil` when all goes in step.
  private var turns: RingTurns?
  private var hands: [WorkerHand] = []
  private var spare: SpareHand?
  /// How many batches have been asked for.
  private var count = 0
  private var thread: WorkerThread?
  private var taken: ElementReference<Batch>?

  private let depth: Int
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
    if worksAhead { startThreads(lendsHand: configuration.workers <= 1) }
  }

  /// Who shares the packets of a run: two instead of one where the thread that reads lends a hand. The
  /// second has less to do, so that it gets ahead of the first.
  static func division(
    _ source: any PacketSource, _ configuration: RunConfiguration
  ) -> ShardDivision {
    let shards = ReassemblyConfiguration.shardCount
    if configuration.workers > 1 {
      return ShardDivision(workers: min(configuration.workers, shards))
    }
    return worksAhead(source, configuration)
      ? ShardDivision(shardsOfFirst: shards * 5 / 8) : ShardDivision(workers: 1)
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

  private func startThreads(lendsHand: Bool) {
    let turns = RingTurns(capacity: depth)
    if lendsHand {
      startLending(SpareHand(workers[1], filler, turns, depth: depth), turns)
    } else {
      startHands(turns)
    }
  }

  private func startLending(_ spare: SpareHand, _ turns: RingTurns) {
    let filler = filler
    thread = WorkerThread {
      while let place = turns.placeToFill(), filler.fill(place) {
        turns.didFill()
        // Far ahead of the other thread, so that they seldom meet.
        if turns.isFull { while spare.help() {} }
      }
      turns.close()
    }
    guard thread != nil else { return }
    self.turns = turns
    self.spare = spare
  }

  private func startHands(_ turns: RingTurns) {
    for worker in workers {
      guard let hand = WorkerHand(worker, filler, depth: depth) else { break }
      hands.append(hand)
    }
    if hands.count == workers.count {
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
    if let turns {
      guard let spare else { return nextOfHands() }
      guard let place = turns.placeToEmpty() else { return nil }
      let batch = filler.ring.reference(to: place)
      taken = batch
      work(batch, with: spare)
      return batch
    }
    guard filler.fill(0) else { return nil }
    let batch = filler.ring.reference(to: 0)
    taken = batch
    for worker in workers { worker.process(batch) }
    return batch
  }

  private func work(_ batch: ElementReference<Batch>, with spare: SpareHand) {
    if filler.mayHaveShrunk {
      // Nobody else is to look at what is taken back.
      spare.pause()
      filler.takeBackMissing(from: batch)
    }
    workers[0].process(batch)
    spare.finish(count)
    count += 1
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
  func nextOfCancelled() -> ElementReference<Batch>? {
    if let spare, !spare.isThrough(count) { return nil }
    return hands.isEmpty && spare == nil ? nil : next()
  }

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
