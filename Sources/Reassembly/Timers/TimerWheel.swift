import Buffers
import Wire

/// Where a socket stands in the timer wheel.
struct TimerLinks: BitwiseCopyable {
  /// Index + 1 of the neighbours in the same slot; 0 for none.
  var next: UInt32 = 0
  var previous: UInt32 = 0
  /// The slot + 1; 0 when it is in none.
  var slot: UInt16 = 0
}

/// Finds the sockets whose time has come, in packet time, without a look at the others.
///
/// One slot a second. A socket that saw packets since is not moved at each of them: when its slot
/// comes, it is put where its deadline really is. Deadlines beyond the wheel wait at its far end.
struct TimerWheel: ~Copyable {
  private static let slotCount = 1024
  /// Index + 1 of the first socket in each slot.
  private var heads: ReservedArray<UInt32>
  /// A bit for each slot that holds something, so that idle seconds cost nothing.
  private var occupied: InlineArray<16, UInt64> = InlineArray(repeating: 0)
  /// The second up to which slots have been taken out.
  private(set) var now: Int64 = .min
  private(set) var count = 0

  init() { heads = ReservedArray(zeros: Self.slotCount) }

  /// Puts socket `index` where it comes out at `second`, or at the end of the wheel before that.
  mutating func schedule(
    _ index: Int, at second: Int64, in sockets: borrowing ReservedArray<SocketObject>
  ) {
    if now == .min { now = second &- 1 }
    let ahead = max(1, min(second &- now, Int64(Self.slotCount - 1)))
    let slot = Int((now &+ ahead) & Int64(Self.slotCount - 1))
    let head = heads[slot]
    sockets[index].timer = TimerLinks(next: head, previous: 0, slot: UInt16(slot + 1))
    if head != 0 { sockets[Int(head) - 1].timer.previous = UInt32(index + 1) }
    heads[slot] = UInt32(index + 1)
    occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    count += 1
  }

  mutating func cancel(_ index: Int, in sockets: borrowing ReservedArray<SocketObject>) {
    let links = sockets[index].timer
    guard links.slot != 0 else { return }
    let slot = Int(links.slot) - 1
    if links.next != 0 { sockets[Int(links.next) - 1].timer.previous = links.previous }
    if links.previous != 0 {
      sockets[Int(links.previous) - 1].timer.next = links.next
    } else {
      heads[slot] = links.next
      if links.next == 0 { occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
    }
    sockets[index].timer = TimerLinks()
    count -= 1
  }

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
      guard let distance = distanceToOccupied(after: now, until: second) else { break }
      // The wheel moves along, so that what is put back far ahead lands beyond this slot.
      now &+= Int64(distance)
      let index = Int(heads[slot(at: 1)]) - 1
      cancel(index, in: sockets)
      return index
    }
    now = max(now, second)
    return nil
  }

  /// The next socket to come out, whenever that is: who has been idle longest for its kind.
  mutating func nearest() -> Int? {
    guard count > 0 else { return nil }
    guard let distance = distanceToOccupied(after: now, until: .max) else { return nil }
    return Int(heads[slot(at: 1 &+ distance)]) - 1
  }

  /// The slot a number of seconds from now.
  private mutating func slot(at distance: Int) -> Int {
    Int((now &+ Int64(distance)) & Int64(Self.slotCount - 1))
  }

  /// How many empty slots lie between `start` and the first in use, which is that of `end` or before.
  private mutating func distanceToOccupied(after start: Int64, until end: Int64) -> Int? {
    let reach = min(end.subtractingReportingOverflow(start).partialValue, Int64(Self.slotCount))
    let distance = end == .max ? Self.slotCount : Int(max(reach, 0))
    var passed = 0
    while passed < distance {
      let slot = Int((start &+ 1 &+ Int64(passed)) & Int64(Self.slotCount - 1))
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
}
