import Buffers
import Sockets
import Wire

/// What was delivered last of the streams of a shard: a later copy with other bytes shows that somebody
/// injects, or that two hosts could see two streams.
///
/// A ring of places: the bytes lie in their frames where these stay, and are copied where not. It tells
/// what it still has; of what is older nobody knows any more.
struct DeliveryJournal: ~Copyable {
  /// A stretch of text that was delivered.
  struct Entry: BitwiseCopyable {
    /// Its stream offset.
    var offset: UInt64 = 0
    /// Its address in its frame, or its place in the ring of copies.
    fileprivate var location: UInt64 = 0
    /// How many bytes had been noted before it.
    fileprivate var position: UInt32 = 0
    fileprivate var place = SocketPlace(shard: 0, index: 0)
    /// How many entries back the one before it of the same socket is; 0 for none.
    fileprivate var distance: UInt16 = 0
    /// Bytes of text; of very long ones those at the beginning.
    var count: UInt16 = 0
    /// How far before it its IP header begins; 0 where that is not there.
    var headers: UInt16 = 0
    var direction = Direction.out
    fileprivate var isCopy = false
  }

  private var entries: ReservedArray<Entry>
  private let capacity: Int
  /// Entries ever made; the number of the last one.
  private var last: UInt32 = 0
  /// Bytes ever noted: what is older than so many is not looked at, whether it would be there or not.
  /// So it is the same wherever frames lie.
  private var noted: UInt32 = 0
  private let reach: UInt32
  private let framesStay: Bool
  private var copies: ByteRing
  /// Told of looks at what lies in frames.
  private let looks: LateLooks?

  /// - Parameters:
  ///   - capacity: a power of two, at most 65,536.
  ///   - reach: bytes that are kept in mind.
  init(capacity: Int, reach: Int, framesStay: Bool, looks: LateLooks?) {
    self.looks = looks
    self.capacity = capacity
    self.reach = UInt32(clamping: reach)
    self.framesStay = framesStay
    entries = ReservedArray(capacity: capacity)
    // What is left out at its end to keep a copy in one piece is never more than a copy.
    copies = ByteRing(size: reach &* 2)
  }

  /// Notes what was delivered and answers its number, which is never 0.
  ///
  /// - Parameter headers: what lies before the text in its frame, back to the IP header.
  @inline(__always)
  mutating func note(
    _ text: RawSpan, at offset: UInt64, _ direction: Direction, headers: Int, inFrame: Bool,
    of place: SocketPlace, after previous: UInt32
  ) -> UInt32 {
    let isCopy = !(framesStay && inFrame)
    let count = UInt16(clamping: text.byteCount)
    let position = noted
    noted &+= UInt32(count) &+ UInt32(truncatingIfNeeded: headers)
    var location = unsafe LentBytes(text).address
    if isCopy {
      guard let place = copy(text.extracting(0..<Int(count)), headers: headers) else {
        return previous
      }
      location = place
    }
    last = last == .max ? 1 : last &+ 1
    let distance = last &- previous
    let isNear = previous != 0 && distance < UInt32(capacity)
    let index = Int(last) & (capacity &- 1)
    if index >= entries.count { fill(to: index) }
    // Made where it stays: a copy would wait for the fields that were just written.
    entries[index] = Entry(
      offset: offset, location: location, position: position, place: place,
      distance: isNear ? UInt16(truncatingIfNeeded: distance) : 0, count: count,
      headers: UInt16(truncatingIfNeeded: headers), direction: direction, isCopy: isCopy)
    // All rings together are larger than the nearer caches: the next places are asked for by now.
    entries.prefetch(index &+ 2)
    return last
  }

  /// Headers and text lie side by side, and are copied together.
  @inline(never)
  private mutating func copy(_ text: RawSpan, headers: Int) -> UInt64? {
    let lent = unsafe LentBytes(text)
    let whole = unsafe headers > 0 ? lent.preceding(headers).extended(by: text.byteCount) : lent
    guard let place = unsafe copies.append(whole.bytes) else { return nil }
    return place &+ UInt64(headers)
  }

  @inline(never)
  private mutating func fill(to index: Int) {
    while entries.count <= index { entries.append(Entry()) }
  }

  /// The entry of a number, if it is still there and one of this socket.
  func entry(_ number: UInt32, of place: SocketPlace) -> Entry? {
    guard number != 0, last &- number < UInt32(capacity) else { return nil }
    let entry = entries[Int(number) & (capacity &- 1)]
    return entry.place == place && noted &- entry.position <= reach ? entry : nil
  }

  /// The number of the entry before one of the same socket; 0 for none.
  func number(before number: UInt32, _ entry: Entry) -> UInt32 {
    entry.distance == 0 ? 0 : number &- UInt32(entry.distance)
  }

  /// Its text, and before it its headers.
  func packet(of entry: Entry) -> LentBytes? {
    if !entry.isCopy { looks?.note() }
    let headers = Int(entry.headers)
    let start = entry.location &- UInt64(headers)
    let count = headers &+ Int(entry.count)
    return entry.isCopy
      ? copies.bytes(at: start, count: count) : unsafe LentBytes(address: start, count: count)
  }
}
