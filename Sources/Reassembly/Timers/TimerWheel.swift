import Buffers
import Wire

/// Finds the sockets whose time has come, in packet time, without a look at the others.
///
/// One slot a second holds the places of the sockets that are to be looked at then. An entry counts
/// only while it stands where its socket says (`timerSlot`): so a socket is never looked for to be
/// taken out, and one that saw packets since is not moved at each of them but put where its deadline
/// really is when its slot comes. Deadlines beyond the wheel wait at its far end.
struct TimerWheel: ~Copyable {
  private static let slotCount = 1024
  private var slots: ReservedArray<[UInt32]>
  /// A bit for each slot that holds something, so that idle seconds cost nothing.
  private var occupied: InlineArray<16, UInt64> = InlineArray(repeating: 0)
  /// The second up to which slots have been emptied.
  private var now: Int64 = .min
  /// Entries of all slots, those that no longer count included.
  private var count = 0

  init() { slots = ReservedArray(capacity: Self.slotCount) }

  /// Puts a socket where it comes out at `second`, or at the end of the wheel before that.
  /// An earlier entry of it counts no longer.
  mutating func schedule(_ socket: SocketReference, at second: Int64) {
    if slots.count == 0 { makeSlots() }
    if now == .min { now = second &- 1 }
    let ahead = max(1, min(second &- now, Int64(Self.slotCount - 1)))
    let slot = slot(at: Int(ahead))
    socket.element.timerSlot = UInt16(slot)
    slots[slot].append(UInt32(truncatingIfNeeded: socket.index))
    occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    count &+= 1
  }

  @inline(never)
  private mutating func makeSlots() {
    for _ in 0..<Self.slotCount { slots.append([]) }
  }

  /// Whether the entries are many more than there are sockets, so that most of them are stale.
  mutating func isMostlyStale(with sockets: Int) -> Bool { count > 2 &* sockets &+ 1024 }

  /// Takes out one socket whose slot lies at or before `second`; `nil` when there is none left, and
  /// the wheel stands at `second` then.
  mutating func popExpired(
    until second: Int64, in sockets: borrowing ReservedArray<SocketObject>
  ) -> Int? {
    // Whatever is in the wheel comes out within one turn of it. Of a time of years only the last
    // turns are walked, or a socket whose deadline lies ahead would be put back once a turn.
    let turns = count > 0 ? (second &- now) / Int64(Self.slotCount) : 0
    if turns > 1 { now &+= (turns &- 1) &* Int64(Self.slotCount) }
    while count > 0, now < second {
      guard let distance = distanceToOccupied(until: second) else { break }
      // The wheel moves along, so that what is put back far ahead lands beyond this slot.
      now &+= Int64(distance)
      if let index = popNext(in: sockets) { return index }
      now &+= 1
    }
    now = max(now, second)
    return nil
  }

  /// Takes an entry that counts from the slot after now.
  private mutating func popNext(in sockets: borrowing ReservedArray<SocketObject>) -> Int? {
    let slot = slot(at: 1)
    while let entry = slots[slot].popLast() {
      count &-= 1
      let ahead = slots[slot].count &- 8
      if ahead >= 0 { sockets.prefetch(Int(slots[slot][ahead])) }
      let index = Int(entry)
      if Int(sockets[index].timerSlot) == slot { return index }
    }
    noteEmpty(slot)
    return nil
  }

  /// The slot a number of seconds from now.
  private mutating func slot(at distance: Int) -> Int {
    Int((now &+ Int64(distance)) & Int64(Self.slotCount - 1))
  }

  /// How many empty slots lie between now and the first in use, which is that of `end` or before.
  private mutating func distanceToOccupied(until end: Int64) -> Int? {
    let distance = Int(max(min(end &- now, Int64(Self.slotCount)), 0))
    var passed = 0
    while passed < distance {
      let slot = slot(at: 1 &+ passed)
      let word = occupied[slot >> 6] >> UInt64(slot & 63)
      if word == 0 {
        passed += 64 - slot & 63
        continue
      }
      passed += word.trailingZeroBitCount
      return passed < distance ? passed : nil
    }
    return nil
  }

  /// Sockets that end early leave their entries behind. When most entries are such, they go.
  @inline(never)
  mutating func dropStaleEntries(_ sockets: borrowing ReservedArray<SocketObject>) {
    count = 0
    for distance in 1..<Self.slotCount {
      let slot = slot(at: distance)
      if slots[slot].isEmpty { continue }
      var kept = 0
      for place in 0..<slots[slot].count {
        let index = Int(slots[slot][place])
        guard Int(sockets[index].timerSlot) == slot else { continue }
        // A place that was used again within the second stands here once for each of its sockets: it
        // does not pass a second time.
        sockets[index].timerSlot = .max
        slots[slot][kept] = UInt32(truncatingIfNeeded: index)
        kept &+= 1
      }
      slots[slot].removeLast(slots[slot].count &- kept)
      for entry in slots[slot] { sockets[Int(entry)].timerSlot = UInt16(slot) }
      count &+= kept
      if kept == 0 { noteEmpty(slot) }
    }
  }

  /// A slot that was crowded once gives its memory back: in a turn of the wheel each may be.
  private mutating func noteEmpty(_ slot: Int) {
    occupied[slot >> 6] &= ~(1 << UInt64(slot & 63))
    if slots[slot].capacity > 32 { slots[slot] = [] }
  }
}
