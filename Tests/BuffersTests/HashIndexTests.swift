import Buffers
import Support
import Synchronization
import Testing

@Suite("HashIndex")
struct HashIndexTests {
  @Test(
    "holds what a dictionary holds, however its hashes collide",
    arguments: [0xF, 0xFFF, .max] as [UInt32])
  func model(mask: UInt32) {
    var random = SeededGenerator(seed: 7 &+ UInt64(mask))
    var index = HashIndex(minimumCapacity: 4)
    var model: [Int: UInt32] = [:]
    for step in 0..<4000 {
      if model.isEmpty || Int.random(in: 0..<5, using: &random) > 1 {
        let hash = UInt32.random(in: 0 ... .max, using: &random) & mask
        index.insert(step, under: hash)
        model[step] = hash
      } else {
        let (key, hash) = model.randomElement(using: &random)!
        index.remove(key, under: hash)
        model[key] = nil
      }
      #expect(index.count == model.count)
    }
    for (key, hash) in model { #expect(index.find(hash) { $0 == key } == key) }
    for step in 0..<4000 where model[step] == nil {
      #expect(index.find(UInt32(truncatingIfNeeded: step)) { $0 == step } == nil)
    }
    for (key, hash) in model { index.remove(key, under: hash) }
    #expect(index.count == 0)
    #expect(index.firstCandidate(0) == nil)
  }

  @Test("Entries that wrap around the end of the slots are found and removed")
  func wraps() {
    var index = HashIndex(minimumCapacity: 32)
    // 64 slots: these all want the last one.
    for entry in 0..<20 { index.insert(entry, under: 0xFFFF_FFFF) }
    for entry in [3, 0, 19, 7] { index.remove(entry, under: 0xFFFF_FFFF) }
    let expected = Set(0..<20).subtracting([3, 0, 19, 7])
    #expect(Set((0..<20).filter { entry in index.find(.max) { $0 == entry } != nil }) == expected)
  }

  @Test("Removing what is not there is our own bug, and is caught")
  func missing() async {
    await #expect(processExitsWith: .failure) {
      var index = HashIndex()
      index.insert(1, under: 5)
      index.remove(2, under: 5)
    }
  }
}

@Suite("ReservedArray")
struct ReservedArrayTests {
  private final class Witness {
    let count: Counter
    init(_ count: Counter) {
      self.count = count
      count.alive += 1
    }
    deinit { count.alive -= 1 }
  }
  private final class Counter { var alive = 0 }

  @Test("grows in place, is changed in place, and lets its elements go")
  func life() {
    let counter = Counter()
    do {
      var array = ReservedArray<Witness>(capacity: 1000)
      for _ in 0..<1000 { array.append(Witness(counter)) }
      #expect(array.count == array.capacity)
      #expect(counter.alive == 1000)
      array[5] = Witness(counter)
      #expect(counter.alive == 1000)
    }
    #expect(counter.alive == 0)
  }

  @Test("A reference to an element stays good while the array grows")
  func references() {
    var array = ReservedArray<Int>(capacity: 1 << 20)
    array.append(1)
    let reference = array.reference(to: 0)
    for value in 1..<(1 << 20) { array.append(value) }
    array[0] = 42
    #expect(reference.element == 42)
    reference.element = 43
    #expect(array[0] == 43)
    array.prefetch(1 << 40)
  }

  @Test("Indices outside are caught")
  func outside() async {
    await #expect(processExitsWith: .failure) {
      var array = ReservedArray<Int>(capacity: 4)
      array.append(1)
      _ = array[1]
    }
    await #expect(processExitsWith: .failure) {
      var array = ReservedArray<Int>(capacity: 1)
      array.append(1)
      array.append(2)
    }
  }
}

@Suite("ByteStore")
struct ByteStoreTests {
  @Test("keeps copies within its budget, overhead included")
  func budget() {
    var store = ByteStore(budget: 300)
    let bytes: [UInt8] = Array(0..<36)
    var pieces: [ByteStore.Piece] = []
    while let piece = store.copy(bytes.span.bytes) { pieces.append(piece) }
    #expect(pieces.count == 3)
    #expect(store.used == 300 && store.pieces == 3)
    for piece in pieces {
      #expect((0..<36).allSatisfy { piece.bytes.byte(at: $0) == UInt8($0) })
      store.release(piece)
    }
    #expect(store.used == 0 && store.pieces == 0)
  }

  @Test("A copy of nothing is a piece, too")
  func empty() {
    var store = ByteStore(budget: 100)
    let nothing: [UInt8] = []
    let piece = store.copy(nothing.span.bytes)
    #expect(piece?.count == 0)
    if let piece { store.release(piece) }
    #expect(store.used == 0)
  }

  @Test(
    "What was lent becomes a copy, for the same price; a copy stays what it is", arguments: [9, 40])
  func owned(count: Int) throws {
    var store = ByteStore(budget: 1 << 10)
    var bytes = [UInt8](repeating: 1, count: count)
    let before = bytes
    let lent = try #require(unsafe store.lend(bytes.span.bytes))
    let used = store.used
    let own = store.own(lent)
    #expect(!own.isLent && own.count == count)
    #expect(store.used == used && store.pieces == 1)
    for index in bytes.indices { bytes[index] = 2 }
    #expect(own.copy(first: count) == before)
    // Nothing would give a second copy back.
    #expect(store.own(own).bytes.byteCount == count && store.pieces == 1)
    store.release(own)
    #expect(store.used == 0 && store.pieces == 0)
  }

  @Test("A piece grows within the budget, from a slot to memory of its own and beyond that")
  func extended() throws {
    var store = ByteStore(budget: 4096)
    let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
    let first = store.copy(bytes.span.bytes.extracting(0..<3))
    var piece = try #require(first)
    for length in [1, 12, 1, 100, 1, 900, 1] {
      let part = bytes.span.bytes.extracting(piece.count..<piece.count + length)
      let longer = store.extend(piece, by: part)
      piece = try #require(longer)
      #expect(store.used == piece.count + ByteStore.overhead && store.pieces == 1)
    }
    #expect(piece.copy(first: 5000) == Array(bytes[..<1019]))
    let used = store.used
    let tooLong = store.extend(piece, by: bytes.span.bytes)
    #expect(tooLong == nil && store.used == used)
    let lent = try #require(unsafe store.lend(bytes.span.bytes.extracting(0..<9)))
    let longerLent = store.extend(lent, by: bytes.span.bytes.extracting(0..<1))
    #expect(longerLent == nil)
    store.release(lent)
    store.release(piece)
    #expect(store.used == 0 && store.pieces == 0)
  }

  @Test("Late looks are told of now and then, however many come at once")
  func lateLooks() {
    let told = Mutex(0)
    let looks = LateLooks { told.withLock { $0 += 1 } }
    for _ in 0..<63 { looks.note() }
    #expect(told.withLock { $0 } == 0)
    looks.note()
    #expect(told.withLock { $0 } == 1)
    looks.note(3)
    #expect(told.withLock { $0 } == 1)
    looks.note(1000)
    #expect(told.withLock { $0 } == 2)
  }

  @Test("What is lent lies where it lay, and costs as much as a copy")
  func lent() {
    var store = ByteStore(budget: 300)
    let bytes: [UInt8] = Array(0..<36)
    bytes.withUnsafeBytes { memory in
      let span = memory.bytes
      var pieces: [ByteStore.Piece] = []
      while let piece = unsafe store.lend(span) { pieces.append(piece) }
      #expect(pieces.count == 3 && store.used == 300 && store.pieces == 3)
      #expect(pieces.allSatisfy { $0.isLent })
      // Shortened, down to what would be copied to a slot.
      let short = store.shorten(pieces[0], toLast: 9)
      #expect(short.isLent && short.count == 9 && short.bytes.byte(at: 0) == 27)
      #expect(store.used == 300 - 27)
      #expect(store.shorten(short, toFirst: 1).bytes.byte(at: 0) == 27)
      #expect(store.used == 300 - 35)
    }
    #expect(bytes == Array(0..<36))
  }

  @Test("What is larger than the budget is refused")
  func large() {
    var store = ByteStore(budget: 100)
    #expect(store.copy([UInt8](repeating: 0, count: 200).span.bytes) == nil)
    #expect(store.used == 0)
  }
}

@Suite("FrameBatch")
struct FrameBatchTests {
  @Test("holds frames up to its capacity, and can be shortened")
  func life() {
    let source = MemorySource(
      (0..<10).map { CapturedFrame([UInt8($0)], at: .init(nanoseconds: Int64($0))) })
    var batch = FrameBatch(capacity: 4)
    let isFilled = source.fill(&batch)
    let (isFull, last) = (batch.isFull, batch[3].bytes.byte(at: 0))
    #expect(isFilled && isFull && last == 3)
    for (length, count) in [(2, 2), (9, 2), (-1, 0)] {
      batch.truncate(to: length)
      #expect(batch.count == count)
    }
  }
}
