import Buffers
import Wire

/// A datagram of which not all fragments were seen.
///
/// Its bytes are pieces in the order of their offsets, without overlaps: where fragments overlap, the
/// policy of the receiver has decided which ones are kept. Their memory is at most twice the bytes,
/// and 64 for each piece.
/// Not copyable, so that it is only ever reached in place. The memory of one that has gone serves the
/// next.
struct PartialDatagram: ~Copyable {
  private(set) var key: FragmentKey
  private(set) var hash: UInt32
  /// No other one ever has it; 0 for none.
  private(set) var number: UInt64
  private(set) var firstSeen: Timestamp
  private(set) var policy: FragmentPolicy
  private(set) var pieces: [FragmentPiece] = []
  /// Bytes in all pieces.
  private(set) var received = 0
  /// Where the fragments seen so far end.
  private var reach = 0
  /// The length of the payload, known once the last fragment was seen.
  private var total: Int?
  var `protocol`: IPProtocol?
  var frameLength = 0
  /// It was given up because of what came, and the rest of it with it.
  private(set) var isDropped = false

  init(
    key: FragmentKey, hash: UInt32, number: UInt64, firstSeen: Timestamp, policy: FragmentPolicy
  ) {
    self.key = key
    self.hash = hash
    self.number = number
    self.firstSeen = firstSeen
    self.policy = policy
  }

  /// Another one takes the place of this one, which has gone.
  mutating func become(_ other: consuming PartialDatagram) {
    let memory = pieces
    self = other
    pieces = memory
  }

  var isWhole: Bool { total.map { received >= $0 } ?? false }

  /// What became of the bytes of a fragment.
  enum Insertion {
    case new
    /// All of them were there, and came in one fragment: the network has sent it twice.
    case duplicate
    /// Some were there already, the same or others.
    case repetition(differs: Bool)
    /// The same, and the datagram is to be dropped.
    case forbidden(differs: Bool)
    case noMemory
  }

  /// Notes where a fragment ends; `false` when that contradicts those before it: bytes behind the
  /// last one, or a last one before others. What came first is believed.
  mutating func accepts(end: Int, moreFollow: Bool) -> Bool {
    if end > total ?? end || (!moreFollow && end < total ?? reach) { return false }
    if !moreFollow { total = end }
    reach = max(reach, end)
    return true
  }

  /// Index of the first piece that ends behind an offset.
  private func firstPiece(endingBehind offset: Int) -> Int {
    if let last = pieces.last, last.range.upperBound <= offset { return pieces.count }
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].range.upperBound > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Indices of the pieces that a fragment overlaps.
  private func overlapped(by range: Range<Int>) -> Range<Int> {
    let start = firstPiece(endingBehind: range.lowerBound)
    var end = start
    while end < pieces.count, pieces[end].range.lowerBound < range.upperBound { end += 1 }
    return start..<end
  }

  /// No fragment of this range needs more memory, overhead included.
  func roomNeeded(for range: Range<Int>) -> Int {
    let indices = overlapped(by: range)
    // One for each hole, one at each end, and copies of what remains of the first and the last.
    var parts = 4
    for index in indices.dropFirst()
    where pieces[index - 1].range.upperBound < pieces[index].range.lowerBound {
      parts += 1
    }
    let split = (indices.first.map { pieces[$0].count } ?? 0)
    let tail = (indices.last.map { pieces[$0].count } ?? 0)
    return range.count + split + tail + parts * ByteStore.overhead
  }

  /// Takes the bytes of a fragment, as the policy says.
  ///
  /// - Parameter stay: whether they stay where they are.
  mutating func insert(
    _ bytes: RawSpan, stay: Bool, at offset: Int, _ store: inout ByteStore
  ) -> Insertion {
    let range = offset..<offset + bytes.byteCount
    let indices = overlapped(by: range)
    if indices.isEmpty {
      guard let piece = FragmentPiece(bytes, stay: stay, at: offset, &store) else {
        return .noMemory
      }
      add(piece, at: indices.lowerBound)
      return .new
    }
    var differs = false
    for piece in pieces[indices] where !differs { differs = !piece.agrees(with: bytes, at: offset) }
    for index in indices { pieces[index].own(&store) }
    // Every receiver has the same afterwards, whatever its policy (RFC 8200 §4.5 allows it by name).
    if !differs, indices.count == 1, pieces[indices.lowerBound].range == range { return .duplicate }
    if policy == .dropOnOverlap {
      return isRepeated(range, indices.lowerBound)
        ? .repetition(differs: differs) : .forbidden(differs: differs)
    }
    let isDone = resolve(bytes, stay, range, indices, &store)
    return isDone ? .repetition(differs: differs) : .noMemory
  }

  private mutating func add(_ piece: FragmentPiece, at index: Int) {
    received += piece.count
    guard index == pieces.count else {
      pieces.insert(piece, at: index)
      return
    }
    var piece = piece
    piece.continuesRun = pieces.last?.range.upperBound == piece.range.lowerBound
    pieces.append(piece)
  }

  /// Whether a fragment lies within one run of pieces, of which each came behind the one before it.
  private func isRepeated(_ range: Range<Int>, _ first: Int) -> Bool {
    guard pieces[first].range.lowerBound <= range.lowerBound else { return false }
    var last = first
    while pieces[last].range.upperBound < range.upperBound {
      last += 1
      guard last < pieces.count, pieces[last].continuesRun else { return false }
    }
    return true
  }

  /// Puts the pieces of a fragment among those that it overlaps; `false` without memory.
  private mutating func resolve(
    _ bytes: RawSpan, _ stay: Bool, _ range: Range<Int>, _ indices: Range<Int>,
    _ store: inout ByteStore
  ) -> Bool {
    var placed: [FragmentPiece] = []
    var tail: FragmentPiece?
    var isDone = true
    // Where the rest of the fragment begins, of which nothing is placed yet.
    var rest = range.lowerBound
    for piece in pieces[indices] {
      received -= piece.count
      if policy.keeps(piece.range, against: range, from: rest) {
        let hole = rest..<max(rest, piece.range.lowerBound)
        isDone = Self.place(bytes, stay, hole, of: range, &placed, &store) && isDone
        placed.append(piece)
        rest = piece.range.upperBound
      } else {
        // What lies on both sides of the fragment stays.
        let parts = piece.split(around: range, &store)
        if let before = parts.before { placed.append(before) }
        tail = parts.after
        isDone = parts.areWhole && isDone
      }
    }
    let end = rest..<max(rest, range.upperBound)
    isDone = Self.place(bytes, stay, end, of: range, &placed, &store) && isDone
    if let tail { placed.append(tail) }
    for piece in placed { received += piece.count }
    pieces.replaceSubrange(indices, with: placed)
    return isDone
  }

  private static func place(
    _ bytes: RawSpan, _ stay: Bool, _ part: Range<Int>, of range: Range<Int>,
    _ placed: inout [FragmentPiece], _ store: inout ByteStore
  ) -> Bool {
    if part.isEmpty { return true }
    let start = part.lowerBound - range.lowerBound
    let bytes = bytes.extracting(start..<start + part.count)
    guard let piece = FragmentPiece(bytes, stay: stay, at: part.lowerBound, &store) else {
      return false
    }
    placed.append(piece)
    return true
  }

  /// Asks for where its bytes lie.
  func prefetchPieces() {
    unsafe pieces.withUnsafeBufferPointer { pieces in
      if let start = unsafe pieces.baseAddress { unsafe prefetch(UnsafeRawPointer(start)) }
    }
  }

  /// Gives all bytes back, and takes no more.
  mutating func drop(_ store: inout ByteStore) {
    isDropped = true
    release(&store)
  }

  mutating func release(_ store: inout ByteStore) {
    while let piece = pieces.popLast() { piece.release(&store) }
    if pieces.capacity > 4 { pieces = [] }
    received = 0
  }

  /// It is over with it.
  mutating func end(_ store: inout ByteStore) {
    release(&store)
    number = 0
  }

  /// The payload of a datagram that is whole.
  var payload: [UInt8] {
    var payload: [UInt8] = []
    payload.reserveCapacity(received)
    for piece in pieces { piece.append(to: &payload) }
    return payload
  }
}
