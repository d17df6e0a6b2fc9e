import Buffers
import Synchronization
import Testing

@Suite("The turns of a ring")
struct RingTurnsTests {
  /// The places of a ring, each used by one thread at a time.
  private final class Ring: @unchecked Sendable {
    private let places: ReservedArray<Int>

    init(_ count: Int) { places = ReservedArray(zeros: count) }

    subscript(place: Int) -> Int {
      get { places.reference(to: place).element }
      set { places.reference(to: place).element = newValue }
    }
  }

  @Test("bring everything across once and in order", arguments: [2, 3, 64], [0, 1, 2])
  func order(capacity: Int, slower: Int) throws {
    let turns = RingTurns(capacity: capacity)
    let ring = Ring(capacity)
    let count = 20_000
    let pace = { @Sendable (isSlow: Bool, number: Int) in
      // Now and then one side lags, so that the other falls asleep.
      guard isSlow, number % 997 == 0 else { return }
      var sum = 0
      for step in 0..<20_000 { sum &+= step }
      #expect(sum > 0)
    }
    let thread = try #require(
      WorkerThread {
        for number in 0..<count {
          guard let place = turns.placeToFill() else { break }
          ring[place] = number
          pace(slower == 1, number)
          turns.didFill()
        }
        turns.close()
      })
    var next = 0
    while let place = turns.placeToEmpty() {
      if ring[place] != next { break }
      pace(slower == 2, next)
      next += 1
      turns.didEmpty()
    }
    turns.cancel()
    thread.join()
    #expect(next == count)
  }

  @Test("end for the one that fills when the other wants no more")
  func cancellation() throws {
    let turns = RingTurns(capacity: 4)
    let filled = Atomic<Int>(0)
    let thread = try #require(
      WorkerThread {
        while turns.placeToFill() != nil {
          filled.add(1, ordering: .relaxed)
          turns.didFill()
        }
        turns.close()
      })
    for _ in 0..<10 {
      _ = turns.placeToEmpty()
      turns.didEmpty()
    }
    turns.cancel()
    thread.join()
    #expect(filled.load(ordering: .relaxed) <= 14)
    #expect(filled.load(ordering: .relaxed) >= 10)
  }

  @Test("end at once when nothing is filled")
  func nothing() {
    let turns = RingTurns(capacity: 2)
    turns.close()
    #expect(turns.placeToEmpty() == nil)
  }
}
