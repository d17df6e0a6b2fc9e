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
    _ fragment: borrowing Fragment, frameLength: Int, at time: Timestamp, clock: Int64,
    weird: (Weird) -> Void
  ) -> Outcome {
    guard Self.isSensible(fragment, weird) else { return .unused }
    let key = fragment.key
    let hash = key.hash(by: hash)
    var found = find(key, hash)
    if let old = found, time.since(datagrams[old].firstSeen) > Self.timeout * 1_000_000_000 {
      giveUp(old, weird)
      found = nil
    }
    guard let place = found ?? begin(key, hash, at: time, clock, weird) else { return .unused }
    guard !datagrams[place].isDropped else {
      weird(.fragmentOfDropped)
      return .unused
    }
    datagrams[place].frameLength += frameLength
    if fragment.offset == 0, datagrams[place].protocol == nil {
      datagrams[place].protocol = fragment.protocol
    }
    guard keep(fragment, place, weird) else { return .unused }
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

  private static func isSensible(_ fragment: borrowing Fragment, _ weird: (Weird) -> Void) -> Bool {
    let count = fragment.payload.byteCount
    // A ping of death.
    guard fragment.offset + count <= Self.largestPayload else {
      weird(.fragmentTooLarge)
      return false
    }
    guard count > 0, !fragment.moreFollow || count % 8 == 0 else {
      weird(.fragmentBadLength)
      return false
    }
    if fragment.protocol == .tcp {
      let isTiny = fragment.offset == 0 && fragment.moreFollow && count < 20
      if isTiny || fragment.offset == 8 { weird(.fragmentTiny) }
    }
    return true
  }

  /// Takes the bytes of a fragment; `false` when it brings the datagram no further.
  private mutating func keep(
    _ fragment: borrowing Fragment, _ place: Int, _ weird: (Weird) -> Void
  ) -> Bool {
    let range = fragment.offset..<fragment.offset + fragment.payload.byteCount
    guard datagrams[place].accepts(end: range.upperBound, moreFollow: fragment.moreFollow) else {
      weird(.fragmentBadLength)
      // Linux gives the datagram up then too.
      if datagrams[place].policy == .dropOnOverlap { dropBytes(of: place, weird) }
      return false
    }
    guard makeRoom(datagrams[place].roomNeeded(for: range), for: place, weird) else {
      drop(place)
      return false
    }
    let datagram = datagrams.reference(to: place)
    switch datagram.element.insert(
      fragment.payload, stay: fragment.payloadStays, at: range.lowerBound, &store)
    {
    case .new, .duplicate: return true
    case .repetition(let differs):
      noteOverlap(differs, weird)
      return true
    case .forbidden(let differs):
      noteOverlap(differs, weird)
      dropBytes(of: place, weird)
      return false
    case .noMemory:
      weird(.fragmentBudgetReached)
      drop(place)
      return false
    }
  }

  private func noteOverlap(_ differs: Bool, _ weird: (Weird) -> Void) {
    weird(.fragmentOverlap)
    if differs { weird(.fragmentOverlapConflict) }
  }

  /// The datagram stays, without its bytes, so that what comes of it later is not taken for a new
  /// one.
  private mutating func dropBytes(of place: Int, _ weird: (Weird) -> Void) {
    datagrams.reference(to: place).element.drop(&store)
    lost.append(datagrams[place].number)
    weird(.fragmentedDatagramDropped)
  }

  private func find(_ key: FragmentKey, _ hash: UInt32) -> Int? {
    table.find(hash) { datagrams[$0].key == key }
  }

  private func isWaiting(_ entry: Entry) -> Bool {
    datagrams[entry.place].number == entry.number
  }

  private mutating func begin(
    _ key: FragmentKey, _ hash: UInt32, at time: Timestamp, _ clock: Int64,
    _ weird: (Weird) -> Void
  ) -> Int? {
    guard makeRoom(Self.datagramCost, for: nil, weird) else { return nil }
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
  private mutating func makeRoom(
    _ count: Int, for place: Int?, _ weird: (Weird) -> Void
  ) -> Bool {
    var passed: UInt64?
    while count > store.budget - heldBytes {
      guard oldest < order.count, order[oldest].number != passed else {
        weird(.fragmentBudgetReached)
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
        weird(.fragmentBudgetReached)
        drop(entry.place)
      }
    }
    return true
  }

  /// Under a flood one goes for each that comes, and nobody has looked at it for long.
  private func prefetchOldest() {
    let ahead = oldest + 4
    guard ahead < order.count else { return }
    datagrams.prefetch(order[ahead].place)
    datagrams.prefetch(order[ahead].place, offset: 64)
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

  /// It did not become whole in time.
  private mutating func giveUp(_ place: Int, _ weird: (Weird) -> Void) {
    if !datagrams[place].isDropped { weird(.fragmentTimeout) }
    drop(place)
  }

  /// Gives up the datagrams that have waited for too long when packet time has come to a second.
  mutating func expire(at second: Int64, weird: (Weird) -> Void) {
    let limit = second &- Self.timeout
    while oldest < order.count {
      let entry = order[oldest]
      if isWaiting(entry) {
        guard entry.clock < limit else { break }
        giveUp(entry.place, weird)
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
