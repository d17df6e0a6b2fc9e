import Buffers
import Wire

/// Puts IP datagrams together from their fragments, within a budget of bytes and of packet time.
///
/// Where fragments overlap, the bytes that came first stay (policy `first`).
struct Defragmenter: ~Copyable {
  /// Seconds of packet time that a datagram waits for the rest of it (RFC 8200 §4.5 says 60, Linux
  /// waits 30).
  private static let timeout: Int64 = 30
  private static let largestPayload = 65_535

  private var datagrams: [FragmentKey: PartialDatagram] = [:]
  /// Keys in the order of their first fragments; those of completed datagrams are skipped.
  private var order: [(key: FragmentKey, number: UInt64, clock: Int64)] = []
  private var oldest = 0
  private var queue: SegmentQueue
  private var made: UInt64 = 0

  init(budget: Int) { queue = SegmentQueue(budget: budget) }

  var heldBytes: Int { queue.usedBytes }

  enum Outcome {
    /// More is to come, or nothing will.
    case incomplete
    case complete(Datagram)
  }

  /// A whole payload and what its fragments were.
  struct Datagram {
    var key: FragmentKey
    var `protocol`: IPProtocol
    var payload: [UInt8]
    /// Bytes of all frames that brought it.
    var frameLength: Int
  }

  private struct PartialDatagram {
    var number: UInt64
    var firstSeen: Timestamp
    var list = SegmentList()
    var received = 0
    /// Where the fragments seen so far end.
    var reach = 0
    /// The length of the payload, known once the last fragment was seen.
    var total: Int?
    var `protocol`: IPProtocol?
    var frameLength = 0
  }

  /// `clock` is packet time in seconds, which never goes back, unlike `time`.
  mutating func add(
    _ fragment: borrowing Fragment, frameLength: Int, at time: Timestamp, clock: Int64,
    weird: (Weird) -> Void
  ) -> Outcome {
    expire(before: clock &- Self.timeout, weird: weird)
    let end = fragment.offset + fragment.payload.byteCount
    guard end <= Self.largestPayload else {
      weird(.fragmentTooLarge)
      return .incomplete
    }
    guard fragment.payload.byteCount > 0,
      !fragment.moreFollow || fragment.payload.byteCount % 8 == 0
    else {
      weird(.fragmentBadLength)
      return .incomplete
    }
    let key = fragment.key
    if let old = datagrams[key], time.since(old.firstSeen) > Self.timeout * 1_000_000_000 {
      weird(.fragmentTimeout)
      drop(key)
    }
    var datagram = datagrams[key] ?? begin(key, at: time, clock)
    datagram.frameLength += frameLength
    if fragment.offset == 0, datagram.protocol == nil { datagram.protocol = fragment.protocol }
    // Fragments behind the last one, or a last one before others: what came first is believed.
    let isContradiction =
      end > datagram.total ?? end
      || (!fragment.moreFollow && end < datagram.total ?? datagram.reach)
    guard !isContradiction else {
      weird(.fragmentBadLength)
      return .incomplete
    }
    if !fragment.moreFollow { datagram.total = end }
    datagram.reach = max(datagram.reach, end)
    guard keep(fragment, of: key, &datagram, weird) else { return .incomplete }
    guard let total = datagram.total, datagram.received >= total,
      let upper = datagram.protocol
    else {
      datagrams[key] = datagram
      return .incomplete
    }
    datagrams[key] = nil
    let payload = collect(&datagram.list, total)
    return .complete(
      Datagram(key: key, protocol: upper, payload: payload, frameLength: datagram.frameLength))
  }

  /// Queues the payload. When the budget is reached, other datagrams are given up for it, the oldest
  /// first; `false` when even that did not help.
  private mutating func keep(
    _ fragment: borrowing Fragment, of key: FragmentKey, _ datagram: inout PartialDatagram,
    _ weird: (Weird) -> Void
  ) -> Bool {
    let offset = UInt64(fragment.offset)
    let before = datagram.received
    while true {
      if let queued = queue.insert(fragment.payload, at: offset, &datagram.list) {
        datagram.received += queued
        if datagram.received - before < fragment.payload.byteCount { weird(.fragmentOverlap) }
        return true
      }
      // What fitted stays queued.
      datagram.received = queue.byteCount(of: datagram.list)
      weird(.fragmentBudgetReached)
      guard let victim = oldestKey(otherThan: key) else {
        datagrams[key] = datagram
        drop(key)
        return false
      }
      drop(victim)
    }
  }

  private func isWaiting(_ entry: (key: FragmentKey, number: UInt64, clock: Int64)) -> Bool {
    datagrams[entry.key]?.number == entry.number
  }

  private func oldestKey(otherThan key: FragmentKey) -> FragmentKey? {
    order[oldest...].first { $0.key != key && isWaiting($0) }?.key
  }

  private mutating func begin(
    _ key: FragmentKey, at time: Timestamp, _ clock: Int64
  ) -> PartialDatagram {
    if order.count > 1024 + 2 * datagrams.count {
      order = order[oldest...].filter { isWaiting($0) }
      oldest = 0
    }
    made += 1
    order.append((key, made, clock))
    return PartialDatagram(number: made, firstSeen: time)
  }

  /// The payload: `total` bytes without a hole.
  private mutating func collect(_ list: inout SegmentList, _ total: Int) -> [UInt8] {
    var payload: [UInt8] = []
    payload.reserveCapacity(total)
    while let segment = queue.popFirst(&list) {
      let bytes = segment.piece.bytes
      for offset in 0..<bytes.byteCount { payload.append(bytes.byte(at: offset)) }
      queue.release(segment)
    }
    return payload
  }

  private mutating func drop(_ key: FragmentKey) {
    guard var datagram = datagrams.removeValue(forKey: key) else { return }
    while let segment = queue.popFirst(&datagram.list) { queue.release(segment) }
  }

  /// Gives up the datagrams that were begun before a second of packet time.
  private mutating func expire(before limit: Int64, weird: (Weird) -> Void) {
    while oldest < order.count {
      if isWaiting(order[oldest]) {
        guard order[oldest].clock < limit else { break }
        weird(.fragmentTimeout)
        drop(order[oldest].key)
      }
      oldest += 1
    }
  }

  /// At the end of the input: datagrams that never became whole.
  mutating func finish() -> Int {
    let count = datagrams.count
    for key in datagrams.keys { drop(key) }
    return count
  }
}
