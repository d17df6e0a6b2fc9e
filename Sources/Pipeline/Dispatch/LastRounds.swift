import Buffers
import Sockets

/// The end of the input: the workers end the sockets that are left, all at the same time, each in the
/// order of their first packets. They do it in rounds, between which is written what came of one: so
/// no more than that waits to be written, and it can be brought into one order.
struct LastRounds {
  private let workers: [Worker]
  /// Sockets that each worker ends in a round, about: what all of them write then is in memory.
  private let round: Int

  /// - Parameter workers: of which none may be at work.
  init(_ workers: [Worker]) {
    self.workers = workers
    round = max(2048 / workers.count, 64)
  }

  /// Ends all sockets. `afterRound` is called when nobody is at work.
  func perform(afterRound: () throws -> Void) rethrows {
    let lastPacket = workers[0].reassembler.lastPacket
    let sockets = workers.reduce(0) { $0 + $1.reassembler.socketCount }
    let hands = sockets > round ? makeHands() : []
    defer { for hand in hands { hand.dismiss() } }
    let others = workers.prefix(workers.count - hands.count)
    func all(_ work: @escaping @Sendable (Worker) -> Void) {
      for hand in hands { hand.begin(work) }
      for worker in others { work(worker) }
      for hand in hands { hand.wait() }
    }
    all { $0.reassembler.beginEnd(with: lastPacket) }
    while workers.contains(where: { $0.reassembler.birth(after: 0) != nil }) {
      let edge = workers.compactMap { $0.reassembler.birth(after: round) }.min() ?? .max
      all { $0.reassembler.end(through: edge) }
      try afterRound()
    }
  }

  /// Threads for the last ones of the workers: for all but the first, or as many as there are to be had.
  private func makeHands() -> [LastHand] {
    var hands: [LastHand] = []
    for worker in workers.dropFirst().reversed() {
      guard let hand = LastHand(worker) else { break }
      hands.append(hand)
    }
    return hands
  }
}

/// A thread that does with a worker what it is told.
private final class LastHand: @unchecked Sendable {
  // Unchecked: what is to be done is handed over with a semaphore.
  private let worker: Worker
  private var work: (@Sendable (Worker) -> Void)?
  private let bell = Semaphore()
  private let answer = Semaphore()
  private var thread: WorkerThread?

  /// `nil` where there is no thread to be had.
  init?(_ worker: Worker) {
    self.worker = worker
    thread = WorkerThread { [unowned self] in
      while true {
        bell.wait()
        guard let work else { return }
        work(worker)
        answer.post()
      }
    }
    if thread == nil { return nil }
  }

  func begin(_ work: @escaping @Sendable (Worker) -> Void) {
    self.work = work
    bell.post()
  }

  func wait() { answer.wait() }

  func dismiss() {
    work = nil
    bell.post()
    thread?.join()
  }
}
