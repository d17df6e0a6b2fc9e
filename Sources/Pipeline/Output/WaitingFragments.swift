/// Fragments whose datagram is not whole yet, or not decided about: what becomes of it becomes of them.
struct WaitingFragments {
  /// What waits for one.
  struct Datagram {
    var ordinals: [UInt64] = []
    /// Where the first one stands in the input, in bytes.
    var position: UInt64
    /// What becomes of them where nothing becomes of it.
    var otherwise: PacketFate
  }

  /// By their numbers.
  private var datagrams: [UInt64: Datagram] = [:]
  /// Their numbers, in the order of their first fragments; some are gone.
  private var order: [UInt64] = []
  /// Of packets that made a datagram whole, its number.
  private var last: [UInt64: UInt64] = [:]

  /// How much of the input may wait behind a fragment.
  private static var limit: UInt64 { 4 << 20 }

  mutating func add(
    _ ordinal: UInt64, of number: UInt64, at position: UInt64, otherwise fate: PacketFate
  ) {
    if datagrams[number] == nil {
      datagrams[number] = Datagram(position: position, otherwise: fate)
      order.append(number)
    }
    datagrams[number]?.ordinals.append(ordinal)
  }

  /// A datagram is whole with a packet that is not decided about.
  mutating func wait(for ordinal: UInt64, _ number: UInt64) {
    if datagrams[number] != nil { last[ordinal] = number }
  }

  /// The fragments of a datagram, which do not wait any more.
  mutating func take(_ number: UInt64) -> Datagram? { datagrams.removeValue(forKey: number) }

  /// Those of the datagram that a packet made whole.
  mutating func take(behind ordinal: UInt64) -> Datagram? {
    last.isEmpty ? nil : last.removeValue(forKey: ordinal).flatMap { take($0) }
  }

  /// Those that have waited for too long.
  mutating func takeOld(at position: UInt64) -> [Datagram] {
    var old: [Datagram] = []
    var count = 0
    for number in order {
      if let datagram = datagrams[number] {
        guard position > datagram.position + Self.limit else { break }
        old.append(datagram)
        datagrams[number] = nil
      }
      count += 1
    }
    order.removeFirst(count)
    return old
  }

  /// Those that nothing will come of any more.
  mutating func takeAll() -> [Datagram] {
    defer { datagrams = [:] }
    return Array(datagrams.values)
  }
}
