import Buffers
import Sockets
import Wire

/// TCP connections that have gone from the flow table. What comes later may repeat what one of them has
/// said, or go on where it stopped: after a long silence, or as its socket had to make room.
///
/// An entry for which the handler keeps something stays until another connection takes its ports. Of
/// those that were dropped, and of all others, the oldest goes when there is no room for another; that it
/// was dropped stays known.
final class DepartedSockets {
  struct Entry: BitwiseCopyable {
    var key: FlowKey
    /// A keyed hash of the addresses, where they are not in the key; and one with a known key.
    var wide: UInt64 = 0
    var knownWide: UInt64 = 0
    /// Of a connection that was silent for too long; else 0.
    var flowID: UInt64 = 0
    /// By `Direction.index`: the number behind all that was seen, a FIN included.
    var next: [2 of SequenceNumber] = InlineArray(repeating: SequenceNumber(0))
    var shifts: [2 of UInt8] = InlineArray(repeating: 14)
    /// The largest segments that the ends take; 0 where they did not say.
    var segmentSizes: [2 of UInt16] = InlineArray(repeating: 0)
    var traits: Traits = []
    /// What the handler keeps of it.
    var memo = DepartureMemo.none
    /// Index + 1 of the neighbors in their order.
    fileprivate var older: UInt32 = 0
    fileprivate var newer: UInt32 = 0

    init(key: FlowKey) { self.key = key }

    struct Traits: OptionSet, BitwiseCopyable {
      var rawValue: UInt8
      static let originatorIsSecond = Self(rawValue: 1)
      /// Both ends have closed the connection, or one has reset it.
      static let hasEnded = Self(rawValue: 2)
      /// Somebody writes its packets.
      static let wantsPackets = Self(rawValue: 4)
      /// The shifts of its windows are known.
      static let hasKnownShifts = Self(rawValue: 8)
      /// `next` of a direction means something.
      static func isStarted(_ direction: Direction) -> Self {
        Self(rawValue: 16 << direction.rawValue)
      }
    }

    /// Which way a packet goes, by the direction that its dissection found.
    func direction(isReversed: Bool) -> Direction {
      isReversed == traits.contains(.originatorIsSecond) ? .out : .in
    }

    static var cost: Int { MemoryLayout<Entry>.stride + 32 }
  }

  /// Entries that may be forgotten, from the one that has been there for longest on: by index + 1, or 0.
  private struct Order {
    var oldest: UInt32 = 0
    var newest: UInt32 = 0
    var count = 0
    let limit: Int
  }

  private var entries: ReservedArray<Entry>
  private var index = HashIndex()
  private var firstFree: UInt32 = 0
  /// Of those of which nothing is kept, and of those that were dropped.
  private var orders: [2 of Order]
  /// Of those that were dropped, the ones that went; made when the first one does.
  private var forgotten: DroppedFilter?
  private let filterBytes: Int

  /// - Parameters:
  ///   - looseLimit: entries of which nothing is kept.
  ///   - droppedLimit: those that were dropped.
  ///   - pinnedLimit: all others.
  ///   - filterBytes: what may be kept of those that were dropped and went.
  init(looseLimit: Int, droppedLimit: Int, pinnedLimit: Int, filterBytes: Int) {
    self.filterBytes = filterBytes
    orders = [Order(limit: looseLimit), Order(limit: droppedLimit)]
    entries = ReservedArray(capacity: looseLimit + droppedLimit + pinnedLimit)
  }

  func find(_ key: FlowKey, _ wide: UInt64, _ hash: UInt32) -> Int? {
    index.find(hash) { entries[$0].key == key && entries[$0].wide == wide }
  }

  func entry(_ place: Int) -> Entry { entries[place] }

  /// Keeps a connection in mind, where there is room.
  ///
  /// - Parameter hashOf: the hash of a key, to find the entry that goes.
  /// - Returns: whether it is kept.
  func add(_ entry: Entry, under hash: UInt32, hashOf: (FlowKey) -> UInt32) -> Bool {
    if let order = order(of: entry), orders[order].count >= orders[order].limit {
      let place = Int(orders[order].oldest) &- 1
      if entry.memo == .dropped { noteForgotten(entries[place]) }
      remove(place, under: hashOf(entries[place].key))
    }
    let place: Int
    if firstFree != 0 {
      place = Int(firstFree) &- 1
      firstFree = entries[place].newer
      entries[place] = entry
    } else {
      guard !entries.isFull else { return false }
      place = entries.count
      entries.append(entry)
    }
    index.insert(place, under: hash)
    if let order = order(of: entry) { link(place, in: order) }
    return true
  }

  private func noteForgotten(_ entry: Entry) {
    if forgotten == nil { forgotten = DroppedFilter(byteCount: filterBytes) }
    forgotten?.insert(entry.key, entry.knownWide)
  }

  /// Whether there are connections that were dropped and went.
  var hasForgotten: Bool { forgotten != nil }

  /// Whether one of these had a key, or one that looks the same.
  func mayHaveForgotten(_ key: FlowKey, _ knownWide: UInt64) -> Bool {
    forgotten?.contains(key, knownWide) ?? false
  }

  func remove(_ place: Int, under hash: UInt32) {
    index.remove(place, under: hash)
    if let order = order(of: entries[place]) { unlink(place, from: order) }
    entries[place].newer = firstFree
    firstFree = UInt32(place &+ 1)
  }

  /// `nil` for an entry that may not be forgotten.
  private func order(of entry: Entry) -> Int? {
    switch entry.memo {
    case .none: 0
    case .dropped: 1
    default: nil
    }
  }

  private func link(_ place: Int, in order: Int) {
    let link = UInt32(place &+ 1)
    let newest = orders[order].newest
    entries[place].older = newest
    entries[place].newer = 0
    if newest != 0 { entries[Int(newest) &- 1].newer = link } else { orders[order].oldest = link }
    orders[order].newest = link
    orders[order].count &+= 1
  }

  private func unlink(_ place: Int, from order: Int) {
    let (older, newer) = (entries[place].older, entries[place].newer)
    if older != 0 { entries[Int(older) &- 1].newer = newer } else { orders[order].oldest = newer }
    if newer != 0 { entries[Int(newer) &- 1].older = older } else { orders[order].newest = older }
    orders[order].count &-= 1
  }
}
