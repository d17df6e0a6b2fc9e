import Synchronization

/// Whose turn it is at the places of a ring that one thread fills and another one empties.
///
/// Both wait asleep. Who waits is not woken for a single place but when some work has come together:
/// to wake a thread takes longer than to fill or to empty a place.
public final class RingTurns: Sendable {
  private let capacity: Int
  private let filled = Atomic<Int>(0)
  private let emptied = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private let isCancelled = Atomic<Bool>(false)
  private let fillerSleeps = Atomic<Bool>(false)
  private let emptierSleeps = Atomic<Bool>(false)
  private let fillerBell = Semaphore()
  private let emptierBell = Semaphore()

  /// - Parameter capacity: places of the ring, at least 2.
  public init(capacity: Int) {
    precondition(capacity >= 2)
    self.capacity = capacity
  }

  /// So much has to come together before a sleeping thread is woken.
  private var worthWaking: Int { capacity / 2 }

  // MARK: The thread that fills

  /// Waits for a free place; `nil` when no more is wanted.
  public func placeToFill() -> Int? {
    let place = filled.load(ordering: .relaxed)
    while !isCancelled.load(ordering: .acquiring) {
      if place &- emptied.load(ordering: .acquiring) < capacity { return place % capacity }
      fillerSleeps.store(true, ordering: .sequentiallyConsistent)
      if place &- emptied.load(ordering: .sequentiallyConsistent) == capacity,
        !isCancelled.load(ordering: .sequentiallyConsistent)
      {
        fillerBell.wait()
      }
      fillerSleeps.store(false, ordering: .relaxed)
    }
    return nil
  }

  /// Hands over the place that `placeToFill` gave.
  public func didFill() {
    let count = filled.load(ordering: .relaxed) &+ 1
    filled.store(count, ordering: .sequentiallyConsistent)
    guard emptierSleeps.load(ordering: .sequentiallyConsistent) else { return }
    if count &- emptied.load(ordering: .relaxed) >= worthWaking { wakeEmptier() }
  }

  /// No more places will be filled.
  public func close() {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    wakeEmptier()
  }

  // MARK: The thread that empties

  /// Waits for a filled place; `nil` when all have been emptied and no more will come.
  public func placeToEmpty() -> Int? {
    let place = emptied.load(ordering: .relaxed)
    while true {
      if filled.load(ordering: .acquiring) > place { return place % capacity }
      // Closed before, so that nothing filled since then is overlooked.
      if isClosed.load(ordering: .acquiring) {
        return filled.load(ordering: .acquiring) > place ? place % capacity : nil
      }
      emptierSleeps.store(true, ordering: .sequentiallyConsistent)
      if filled.load(ordering: .sequentiallyConsistent) == place,
        !isClosed.load(ordering: .sequentiallyConsistent)
      {
        emptierBell.wait()
      }
      emptierSleeps.store(false, ordering: .relaxed)
    }
  }

  /// Gives back the place that `placeToEmpty` gave.
  public func didEmpty() {
    let count = emptied.load(ordering: .relaxed) &+ 1
    emptied.store(count, ordering: .sequentiallyConsistent)
    guard fillerSleeps.load(ordering: .sequentiallyConsistent) else { return }
    if filled.load(ordering: .relaxed) &- count <= capacity &- worthWaking { wakeFiller() }
  }

  /// No more places are wanted.
  public func cancel() {
    isCancelled.store(true, ordering: .sequentiallyConsistent)
    wakeFiller()
  }

  private func wakeFiller() {
    if fillerSleeps.exchange(false, ordering: .sequentiallyConsistent) { fillerBell.post() }
  }

  private func wakeEmptier() {
    if emptierSleeps.exchange(false, ordering: .sequentiallyConsistent) { emptierBell.post() }
  }
}
