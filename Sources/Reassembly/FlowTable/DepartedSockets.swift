import Buffers
import Sockets
import Wire

/// TCP connections that have gone from the flow table. What comes later may repeat what one of them has
/// said, or go on where it stopped: after a long silence, or as its socket had to make room.
///
/// An entry for which the handler keeps something stays until another connection takes its ports. Of
/// the others the oldest goes when there is no room.
final class DepartedSockets {
  struct Entry: BitwiseCopyable {
    var key: FlowKey
    /// A keyed hash of the addresses, where they are not in the key.
    var wide: UInt64 = 0
    /// Of a connection that was silent for too long; else 0.
    var flowID: UInt64 = 0
    /// By `Direction.index`: the number behind all that was seen, a FIN included.
    var next: [2 of SequenceNumber] = InlineArray(repeating: SequenceNumber(0))
    var shifts: [2 of UInt8] = InlineArray(repeating: 14)
    /// The largest segments that the ends take; 0 where they did not say.
    var segmentSizes: [2 of UInt16] = InlineArray(repeating: 0)
    var traits: Traits = []
    /// What the handler calls the thing that it keeps; 0 for nothing.
    var memo: UInt32 = 0
    /// Index + 1 of the neighbors in the order of departure, of those that may be forgotten.
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

  private var entries: ReservedArray<Entry>
  private var index = HashIndex()
  private var firstFree: UInt32 = 0
  private var oldest: UInt32 = 0
  private var newest: UInt32 = 0
  /// Entries that may be forgotten, and how many of them there may be.
  private var looseCount = 0
  private let looseLimit: Int

  /// - Parameters:
  ///   - looseLimit: entries that may be forgotten.
  ///   - capacity: all entries.
  init(looseLimit: Int, capacity: Int) {
    self.looseLimit = looseLimit
    entries = ReservedArray(capacity: capacity)
  }

  func find(_ key: FlowKey, _ wide: UInt64, _ hash: UInt32) -> Int? {
    index.find(hash) { entries[$0].key == key && entries[$0].wide == wide }
  }

  func entry(_ place: Int) -> Entry { entries[place] }

  /// Keeps a connection in mind; `false` where there is no room.
  ///
  /// - Parameter hashOf: the hash of a key, to find the entry that goes.
  func add(_ entry: Entry, under hash: UInt32, hashOf: (FlowKey) -> UInt32) -> Bool {
    let isLoose = entry.memo == 0
    if isLoose, looseCount >= looseLimit {
      guard oldest != 0 else { return false }
      let place = Int(oldest) &- 1
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
    if isLoose { link(place) }
    return true
  }

  func remove(_ place: Int, under hash: UInt32) {
    index.remove(place, under: hash)
    if entries[place].memo == 0 { unlink(place) }
    entries[place].newer = firstFree
    firstFree = UInt32(place &+ 1)
  }

  private func link(_ place: Int) {
    let link = UInt32(place &+ 1)
    entries[place].older = newest
    entries[place].newer = 0
    if newest != 0 { entries[Int(newest) &- 1].newer = link } else { oldest = link }
    newest = link
    looseCount &+= 1
  }

  private func unlink(_ place: Int) {
    let (older, newer) = (entries[place].older, entries[place].newer)
    if older != 0 { entries[Int(older) &- 1].newer = newer } else { oldest = newer }
    if newer != 0 { entries[Int(newer) &- 1].older = older } else { newest = older }
    looseCount &-= 1
  }
}
