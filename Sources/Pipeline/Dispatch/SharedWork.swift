import Buffers
import Capture
import Synchronization

/// What two threads do together: they read batches, and take them through the workers.
///
/// Reading is one line of work, and each worker is one: in a line the batches come in their order, on
/// one thread at a time. A thread takes up whatever line there is something to do in, so that both have
/// as much to do, whichever takes longer, reading or working. One of them, which asks for what has come
/// of the batches, begins with the first worker; the other one with reading, and then the last worker:
/// so they seldom meet, and what a worker knows stays in the caches of one core, mostly.
final class SharedWork: @unchecked Sendable {
  // Unchecked: a line is used by whoever has claimed it, and a place of the ring by the lines in turn.
  private let filler: BatchFiller
  private let depth: Int
  private let lines: ReservedArray<WorkerLine>
  private let reading = Claim()
  private let filled = Atomic<Int>(0)
  private let emptied = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private let isCancelled = Atomic<Bool>(false)
  private let asker = Sleeper()
  private let helper = Sleeper()

  init(_ workers: [Worker], _ filler: BatchFiller, depth: Int) {
    self.filler = filler
    self.depth = depth
    var lines = ReservedArray<WorkerLine>(capacity: workers.count)
    for worker in workers {
      worker.hasThread = true
      lines.append(WorkerLine(worker))
    }
    self.lines = lines
  }

  // MARK: The thread that asks

  /// Waits until a batch has been read, and has been through all workers; `nil` when there is none left.
  /// It is the one behind that of the last call, which must have been given back.
  func next() -> Int? {
    while true {
      let batch = emptied.load(ordering: .relaxed)
      if isThrough(batch) { return batch % depth }
      // Asked first, so that nothing filled meanwhile is overlooked.
      let isClosed = isClosed.load(ordering: .acquiring)
      if filler.mayHaveShrunk, filled.load(ordering: .acquiring) > batch {
        workCarefully(batch)
      } else if doWork(of: batch) || read() {
        wakeHelper()
      } else if isClosed, filled.load(ordering: .acquiring) == batch {
        return nil
      } else if !MappedCaptures.fillAhead() {
        asker.sleep { [self] in hasWorkForAsker }
      }
    }
  }

  /// Gives back what `next` gave.
  func didEmpty() {
    emptied.wrappingAdd(1, ordering: .sequentiallyConsistent)
    wakeHelper()
  }

  /// Reads no more.
  func cancel() {
    isCancelled.store(true, ordering: .sequentiallyConsistent)
    helper.wake()
  }

  /// Whether a worker has seen the next batch already.
  var hasBegunNext: Bool {
    let batch = emptied.load(ordering: .relaxed)
    for line in 0..<lines.count where lines[line].done.load(ordering: .acquiring) > batch {
      return true
    }
    return false
  }

  /// What the next batch lacks comes first.
  private func doWork(of batch: Int) -> Bool {
    for line in 0..<lines.count where lines[line].done.load(ordering: .relaxed) <= batch {
      if work(line) { return true }
    }
    for line in 0..<lines.count where work(line) { return true }
    return false
  }

  /// Of a file that shrank: takes back what has gone before anybody looks at it.
  private func workCarefully(_ batch: Int) {
    for line in 0..<lines.count {
      while !lines[line].claim.take() { asker.sleep { [self] in lines[line].claim.isFree } }
    }
    let place = filler.ring.reference(to: batch % depth)
    filler.takeBackMissing(from: place)
    for line in 0..<lines.count {
      while lines[line].done.load(ordering: .relaxed) <= batch { workNext(of: line) }
      lines[line].claim.release()
    }
  }

  private var hasWorkForAsker: Bool {
    let batch = emptied.load(ordering: .relaxed)
    // At the end of the input the last batches may still be with the other thread, for long.
    let isOver =
      isClosed.load(ordering: .sequentiallyConsistent)
      && filled.load(ordering: .sequentiallyConsistent) == batch
    return isOver || canRead || hasFreeWork || isThrough(batch)
  }

  private func wakeAsker() {
    guard asker.isAsleep else { return }
    let batch = emptied.load(ordering: .relaxed)
    if isThrough(batch) || isClosed.load(ordering: .relaxed) || filler.mayHaveShrunk
      || backlog >= depth / 4
    {
      asker.wake()
    }
  }

  // MARK: The thread that helps

  /// Works until there is nothing left to do.
  func help() {
    while true {
      if read() || doAnyWork() {
        wakeAsker()
      } else if hasEnded {
        asker.wake()
        return
      } else {
        // Where this one has nothing to do the other one has, and it is the only one to see to it.
        asker.wake()
        if !MappedCaptures.fillAhead() { helper.sleep { [self] in hasWorkForHelper } }
      }
    }
  }

  private func doAnyWork() -> Bool {
    for line in (0..<lines.count).reversed() where work(line) { return true }
    return false
  }

  private var hasEnded: Bool {
    let isRead =
      isClosed.load(ordering: .acquiring) || isCancelled.load(ordering: .acquiring)
    return isRead && (filler.mayHaveShrunk || backlog == 0)
  }

  private var hasWorkForHelper: Bool {
    hasEnded || canRead || !filler.mayHaveShrunk && hasFreeWork
  }

  private func wakeHelper() {
    guard helper.isAsleep else { return }
    let filled = filled.load(ordering: .relaxed)
    if filled &- emptied.load(ordering: .relaxed) <= depth / 2 || backlog >= depth / 2 || hasEnded {
      helper.wake()
    }
  }

  // MARK: Both

  private func isThrough(_ batch: Int) -> Bool {
    for line in 0..<lines.count
    where lines[line].done.load(ordering: .sequentiallyConsistent) <= batch {
      return false
    }
    return true
  }

  /// Whether a worker that nobody is at has a batch before it.
  private var hasFreeWork: Bool {
    let filled = filled.load(ordering: .sequentiallyConsistent)
    for line in 0..<lines.count
    where lines[line].done.load(ordering: .sequentiallyConsistent) < filled
      && lines[line].claim.isFree
    {
      return true
    }
    return false
  }

  /// How many batches the worker that is behind has before it.
  private var backlog: Int {
    var least = Int.max
    for line in 0..<lines.count { least = min(least, lines[line].done.load(ordering: .relaxed)) }
    return filled.load(ordering: .sequentiallyConsistent) &- least
  }

  private var canRead: Bool {
    filled.load(ordering: .sequentiallyConsistent)
      &- emptied.load(ordering: .sequentiallyConsistent) < depth
      && !isClosed.load(ordering: .relaxed) && !isCancelled.load(ordering: .sequentiallyConsistent)
      && reading.isFree
  }

  /// Reads a batch, if there is a place for it and nobody else reads.
  private func read() -> Bool {
    guard canRead, reading.take() else { return false }
    defer { reading.release() }
    let count = filled.load(ordering: .relaxed)
    guard count &- emptied.load(ordering: .acquiring) < depth,
      !isClosed.load(ordering: .relaxed)
    else { return false }
    if filler.fill(count % depth) {
      filled.store(count &+ 1, ordering: .sequentiallyConsistent)
    } else {
      isClosed.store(true, ordering: .sequentiallyConsistent)
    }
    return true
  }

  /// Takes the next batch of a worker, if there is one and nobody else is at it.
  private func work(_ line: Int) -> Bool {
    guard lines[line].done.load(ordering: .relaxed) < filled.load(ordering: .acquiring),
      lines[line].claim.take()
    else { return false }
    defer { lines[line].claim.release() }
    guard lines[line].done.load(ordering: .relaxed) < filled.load(ordering: .acquiring),
      !filler.mayHaveShrunk
    else { return false }
    workNext(of: line)
    return true
  }

  private func workNext(of line: Int) {
    let batch = lines[line].done.load(ordering: .relaxed)
    if batch &+ 1 < filled.load(ordering: .acquiring) {
      lines[line].worker.reassembler.prefetch(
        filler.ring.reference(to: (batch &+ 1) % depth).element.packets)
    }
    lines[line].worker.process(filler.ring.reference(to: batch % depth))
    lines[line].done.store(batch &+ 1, ordering: .sequentiallyConsistent)
  }
}

/// A worker, and how many batches it has been through.
private struct WorkerLine: ~Copyable {
  let worker: Worker
  let claim = Claim()
  let done = Atomic<Int>(0)
  // Threads that work side by side do not wait for each other's cache lines.
  private let padding: [5 of Int] = InlineArray(repeating: 0)

  init(_ worker: Worker) { self.worker = worker }
}

/// What one thread at a time may have.
private struct Claim: ~Copyable {
  private let isTaken = Atomic<Bool>(false)

  var isFree: Bool { !isTaken.load(ordering: .sequentiallyConsistent) }

  /// `false` where another one has it.
  func take() -> Bool { isFree && !isTaken.exchange(true, ordering: .acquiring) }

  func release() { isTaken.store(false, ordering: .sequentiallyConsistent) }
}
