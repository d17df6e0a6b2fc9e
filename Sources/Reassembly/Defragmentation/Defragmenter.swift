import Buffers
import Wire

/// Puts IP datagrams together from their fragments, within a budget of bytes and of packet time.
struct Defragmenter: ~Copyable {
  /// Seconds of packet time that a datagram waits for the rest of it (RFC 8200 §4.5 says 60, Linux
  /// waits 30).
  private static let timeout: Int64 = 30
  private static let largestPayload = 65_535
  /// What a datagram costs besides its bytes.
  private static let datagramCost = 256

  private let policies: PolicyMap<FragmentPolicy>
  private var datagrams: ReservedArray<PartialDatagram>
  private var free: [Int] = []
  private var table = HashIndex()
  private let hash = FlowHash(seed: FlowHash.processSeed)
  /// Datagrams in the order of their first fragments; those that were completed are skipped.
  private var order: [Entry] = []
  private var oldest = 0
  private var store: ByteStore
  private var made: UInt64 = 0
  /// The numbers of datagrams that were given up.
  private var lost: [UInt64] = []
  /// The oddities that were seen since they were last forgotten.
  private(set) var weirds: [Weird] = []

  private struct Entry {
    var place: Int
    var number: UInt64
    var clock: Int64
  }

  /// Told of looks at what lies in frames.
  private let looks: LateLooks?

  init(budget: Int, policies: PolicyMap<FragmentPolicy>, looks: LateLooks?) {
    self.looks = looks
    store = ByteStore(budget: budget)
    datagrams = ReservedArray(capacity: budget / Self.datagramCost + 1)
    self.policies = policies
  }

  var heldBytes: Int { store.used + table.count * Self.datagramCost }

  enum Outcome {
    /// Nothing comes of it.
    case unused
    /// It waits for the rest of the datagram with a number.
    case waiting(UInt64)
    case complete(Datagram)
  }

  /// A whole payload and what its fragments were.
  struct Datagram {
    var key: FragmentKey
    var `protocol`: IPProtocol
    var payload: [UInt8]
    /// Bytes of all frames that brought it.
    var frameLength: Int
    var number: UInt64
  }

  /// `clock` is packet time in seconds, which never goes back, unlike `time`.
  mutating func add(
    _ fragment: borrowing Fragment, frameLength: Int, at time: Timestamp, clock: Int64
  ) -> Outcome {
    guard isSensible(fragment) else { return .unused }
    let key = fragment.key
    let hash = key.hash(by: hash)
    var found = find(key, hash)
    if let old = found, time.since(datagrams[old].firstSeen) > Self.timeout * 1_000_000_000 {
      giveUp(old)
      found = nil
    }
    guard let place = found ?? begin(key, hash, at: time, clock) else { return .unused }
    guard !datagrams[place].isDropped else {
      weirds.append(.fragmentOfDropped)
      return .unused
    }
    datagrams[place].frameLength += frameLength
    if fragment.offset == 0, datagrams[place].protocol == nil {
      datagrams[place].protocol = fragment.protocol
    }
    guard keep(fragment, place) else { return .unused }
    let number = datagrams[place].number
    guard datagrams[place].isWhole, let upper = datagrams[place].protocol else {
      return .waiting(number)
    }
    looks?.note(datagrams[place].pieces.count)
    let whole = Datagram(
      key: key, protocol: upper, payload: datagrams[place].payload,
      frameLength: datagrams[place].frameLength, number: number)
    remove(place)
    return .complete(whole)
  }

  private mutating func isSensible(_ fragment: borrowing Fragment) -> Bool {
    let count = fragment.payload.byteCount
    // A ping of death.
    guard fragment.offset + count <= Self.largestPayload else {
      weirds.append(.fragmentTooLarge)
      return false
    }
    guard count > 0, !fragment.moreFollow || count % 8 == 0 else {
      weirds.append(.fragmentBadLength)
      return false
    }
    if fragment.protocol == .tcp {
      let isTiny = fragment.offset == 0 && fragment.moreFollow && count < 20
      if isTiny || fragment.offset == 8 { weirds.append(.fragmentTiny) }
    }
    return true
  }

  /// Takes the bytes of a fragment; `false` when it brings the datagram no further.
  private mutating func keep(_ fragment: borrowing Fragment, _ place: Int) -> Bool {
    let range = fragment.offset..<fragment.offset + fragment.payload.byteCount
    guard datagrams[place].accepts(end: range.upperBound, moreFollow: fragment.moreFollow) else {
      weirds.append(.fragmentBadLength)
      // Linux gives the datagram up then too.
      if datagrams[place].policy == .dropOnOverlap { dropBytes(of: place) }
      return false
    }
    guard makeRoom(datagrams[place].roomNeeded(for: range), for: place) else {
      drop(place)
      return false
    }
    let datagram = datagrams.reference(to: place)
    switch datagram.element.insert(
      fragment.payload, stay: fragment.payloadStays, at: range.lowerBound, &store)
    {
    case .new, .duplicate: return true
    case .repetition(let differs):
      noteOverlap(differs)
      return true
    case .forbidden(let differs):
      noteOverlap(differs)
      dropBytes(of: place)
      return false
    case .noMemory:
      weirds.append(.fragmentBudgetReached)
      drop(place)
      return false
    }
  }

  private mutating func noteOverlap(_ differs: Bool) {
    weirds.append(.fragmentOverlap)
    if differs { weirds.append(.fragmentOverlapConflict) }
  }

  /// The datagram stays, without its bytes, so that what comes of it later is not taken for a new
  /// one.
  private mutating func dropBytes(of place: Int) {
    datagrams.reference(to: place).element.drop(&store)
    lost.append(datagrams[place].number)
    weirds.append(.fragmentedDatagramDropped)
  }

  private func find(_ key: FragmentKey, _ hash: UInt32) -> Int? {
    table.find(hash) { datagrams[$0].key == key }
  }

  private func isWaiting(_ entry: Entry) -> Bool {
    datagrams[entry.place].number == entry.number
  }

  private mutating func begin(
    _ key: FragmentKey, _ hash: UInt32, at time: Timestamp, _ clock: Int64
  ) -> Int? {
    guard makeRoom(Self.datagramCost, for: nil) else { return nil }
    made += 1
    let place = free.popLast() ?? datagrams.count
    let datagram = PartialDatagram(
      key: key, hash: hash, number: made, firstSeen: time,
      policy: policies.policy(for: key.destination))
    if place < datagrams.count {
      datagrams[place].become(datagram)
    } else {
      datagrams.append(datagram)
    }
    table.insert(place, under: hash)
    append(Entry(place: place, number: made, clock: clock))
    return place
  }

  private mutating func append(_ entry: Entry) {
    if order.count > 1024 + 2 * table.count {
      order = order[oldest...].filter { isWaiting($0) }
      oldest = 0
    }
    order.append(entry)
  }

  /// When the budget is reached, other datagrams are given up, the oldest first; `false` when even
  /// that does not help.
  private mutating func makeRoom(_ count: Int, for place: Int?) -> Bool {
    var passed: UInt64?
    while count > store.budget - heldBytes {
      guard oldest < order.count, order[oldest].number != passed else {
        weirds.append(.fragmentBudgetReached)
        return false
      }
      let entry = order[oldest]
      oldest += 1
      prefetchOldest()
      guard isWaiting(entry) else { continue }
      if entry.place == place {
        // It goes to the end, so that nobody passes over it again and again.
        passed = entry.number
        append(entry)
      } else {
        weirds.append(.fragmentBudgetReached)
        drop(entry.place)
      }
    }
    return true
  }

  /// Under a flood one goes for each that comes, and nobody has looked at it for long.
  private func prefetchOldest() {
    if oldest + 8 < order.count {
      let place = order[oldest + 8].place
      for line in 0..<3 { datagrams.prefetch(place, offset: line * 64) }
    }
    if oldest + 4 < order.count {
      let place = order[oldest + 4].place
      table.prefetch(datagrams[place].hash)
      datagrams[place].prefetchPieces()
    }
  }

  private mutating func drop(_ place: Int) {
    lost.append(datagrams[place].number)
    remove(place)
  }

  private mutating func remove(_ place: Int) {
    datagrams.reference(to: place).element.end(&store)
    table.remove(place, under: datagrams[place].hash)
    free.append(place)
  }

  /// The numbers of datagrams that were given up since it was asked last.
  mutating func takeLost() -> [UInt64] {
    defer { lost.removeAll(keepingCapacity: true) }
    return lost
  }

  mutating func forgetWeirds() {
    while weirds.popLast() != nil {}
  }

  /// It did not become whole in time.
  private mutating func giveUp(_ place: Int) {
    if !datagrams[place].isDropped { weirds.append(.fragmentTimeout) }
    drop(place)
  }

  /// Gives up the datagrams that have waited for too long when packet time has come to a second.
  mutating func expire(at second: Int64) {
    let limit = second &- Self.timeout
    while oldest < order.count {
      let entry = order[oldest]
      if isWaiting(entry) {
        guard entry.clock < limit else { break }
        giveUp(entry.place)
      }
      oldest += 1
    }
  }

  /// At the end of the input: how many datagrams never became whole.
  mutating func finish() -> Int {
    var count = 0
    for place in 0..<datagrams.count where datagrams[place].number != 0 {
      if !datagrams[place].isDropped { count += 1 }
      drop(place)
    }
    return count
  }
}
