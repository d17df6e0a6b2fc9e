/// Where the bytes of one direction go when some of them are changed on their way.
///
/// It maps *S*, what the sender numbers, to *R*, what comes out behind the changes, and back. Both are
/// 64-bit offsets of the stream (the byte behind the SYN is 0), so that nothing wraps; what lies before
/// the start of a stream is negative. It knows nothing of packets.
///
/// A changed place is a *splice*: so many bytes of S left out, and others put there. One that puts
/// bytes in without leaving any out stands in front of the byte at its place.
package struct SequenceMap {
  package struct Splice {
    /// Where it begins in S.
    package var place: Int64
    /// Bytes of S that are left out.
    package var removed: Int64
    package var content: [UInt8]
    /// Where it begins in R.
    package fileprivate(set) var mappedPlace: Int64 = 0
    /// From when on what it puts in may leave without the byte that it stands in front of, by the count
    /// of whoever uses the map; `.max` for never.
    package var readyAt = UInt64.max
    /// Whether what it puts in has left without the byte that it stands in front of: then it is behind
    /// the byte before it.
    package fileprivate(set) var isAlone = false

    package var end: Int64 { place &+ removed }
    package var mappedEnd: Int64 { mappedPlace &+ Int64(content.count) }
  }

  /// In the order of their places, from `first` on: none reaches into another.
  private var splices: [Splice] = []
  private var first = 0
  /// What was added up of splices that are forgotten.
  private var baseDelta: Int64 = 0
  /// What is added to offsets behind the last splice.
  private(set) package var delta: Int64 = 0
  /// The places of splices whose content is forgotten, in their order; of very many the oldest are
  /// gone.
  private var places: [Place] = []
  /// The end of the last splice whose place is gone, too, and what was added up there.
  private var lostFloor = Int64.min
  private var lostDelta: Int64 = 0
  /// The offset of the first splice ever added. Offsets up to it are the same in S and in R.
  private var start: Int64 = 0
  /// Before this offset of S, it is not known any more what was put in.
  private(set) package var floor = Int64.min
  /// The offset of S behind the last splice: from there on the map is one addition.
  private var settledFrom = Int64.min
  /// Bytes that splices have put in, of those that are not forgotten.
  private(set) package var contentBytes = 0

  /// Where a splice was.
  private struct Place {
    /// Offsets of S from here on are behind it, or in it.
    var first: Int64
    var end: Int64
    var mappedEnd: Int64
  }

  /// Places of a stream that are kept; with a quarter more the oldest go.
  package static var placeLimit: Int { 4096 }
  /// What one takes, in bytes.
  package static var placeCost: Int { MemoryLayout<Place>.stride }

  package init() {}

  /// A map that goes on where another one stopped, of which no more is known than this.
  package init(_ settled: SettledStream) {
    self.init()
    guard settled.hasChanges else { return }
    baseDelta = settled.delta
    delta = settled.delta
    floor = settled.floor
    lostFloor = settled.floor
    lostDelta = settled.delta
    start = settled.start
    settledFrom = settled.floor
  }

  /// What is left to be known of it when all is over, with offsets that are counted from `end`.
  package func settled(at end: Int64) -> SettledStream {
    if isIdentity { return SettledStream() }
    return SettledStream(start: start &- end, floor: settledFrom &- end, delta: delta)
  }

  /// Whether it changes nothing, and never did.
  package var isIdentity: Bool { settledFrom == .min }

  /// The same of what stands before an offset of S, whatever has been changed behind it.
  package func isIdentity(before offset: Int64) -> Bool {
    floor == .min && (first == splices.count || splices[first].place >= offset)
  }

  /// How many splices it knows.
  package var count: Int { splices.count - first }

  /// How many places it knows of splices that are forgotten.
  package var placeCount: Int { places.count }

  package subscript(index: Int) -> Splice { splices[first + index] }

  // MARK: Changes

  /// Adds a splice, which may not begin before the end of the last one. Where it touches that, it
  /// stands behind it.
  package mutating func append(
    at place: Int64, removing removed: Int64, inserting content: [UInt8],
    readyAt: UInt64 = .max
  ) {
    precondition(place >= settledFrom && removed >= 0)
    if isIdentity { start = place }
    var splice = Splice(place: place, removed: removed, content: content)
    splice.mappedPlace = place &+ delta
    splice.readyAt = readyAt
    splices.append(splice)
    delta &+= Int64(content.count) &- removed
    settledFrom = splice.end
    contentBytes += content.count
  }

  /// Takes bytes that stand at the end of all that was sent, and may leave by themselves by now.
  package mutating func takePending(at place: Int64, by time: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in splices(at: place) where splices[index].isPending(by: time) {
      bytes += splices[index].content
      splices[index].isAlone = true
    }
    return bytes
  }

  /// Whether there are such bytes.
  package func hasPending(at place: Int64, by time: UInt64) -> Bool {
    guard place <= settledFrom, !isIdentity else { return false }
    return splices(at: place).contains { splices[$0].isPending(by: time) }
  }

  private func splices(at place: Int64) -> Range<Int> {
    let end = (lastSplice(where: { $0.place <= place }) ?? first - 1) + 1
    return ((lastSplice(where: { $0.place < place }) ?? first - 1) + 1)..<end
  }

  /// Forgets splices that end at or before an offset of S, all of whose bytes the receiver has. What
  /// stands in front of the byte there leaves with it, and so is still to come.
  package mutating func forget(before offset: Int64) {
    while first < splices.count, splices[first].end <= offset, splices[first].isBefore(offset) {
      forgetFirst()
    }
    if first > 64, first > splices.count / 2 {
      splices.removeFirst(first)
      first = 0
    }
  }

  private mutating func forgetFirst() {
    let splice = splices[first]
    splices[first].content = []
    contentBytes -= splice.content.count
    if places.count >= Self.placeLimit + Self.placeLimit / 4 { losePlaces() }
    places.append(
      Place(
        first: splice.isAlone ? splice.place : splice.place &+ 1, end: splice.end,
        mappedEnd: splice.mappedEnd))
    baseDelta &+= Int64(splice.content.count) &- splice.removed
    floor = splice.end
    first += 1
  }

  private mutating func losePlaces() {
    let last = places[Self.placeLimit / 4 - 1]
    (lostFloor, lostDelta) = (last.end, last.mappedEnd &- last.end)
    places.removeFirst(Self.placeLimit / 4)
  }

  // MARK: S to R

  /// Where an offset of S is in R: for the first byte of a segment, and for what its sender has sent or
  /// its receiver has acknowledged so far.
  ///
  /// What a splice puts in belongs to the segment that holds the first byte it leaves out, or the byte
  /// in front of which it stands. So an offset at a splice is in front of it, and one inside it is at
  /// the end of what it puts in.
  package func mapped(_ offset: Int64) -> Int64 {
    if offset > settledFrom || isIdentity { return offset &+ delta }
    guard let index = lastSplice(where: { $0.isBefore(offset) }) else {
      return mappedAmongPlaces(offset)
    }
    let splice = splices[index]
    return splice.mappedEnd &+ max(offset &- splice.end, 0)
  }

  /// The same in front of all splices that are known. Where even the places are gone it is not exact,
  /// but never before the first of them, behind what follows, or in another order.
  private func mappedAmongPlaces(_ offset: Int64) -> Int64 {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].first <= offset { low = middle + 1 } else { high = middle }
    }
    if low > 0 { return places[low - 1].mappedEnd &+ max(offset &- places[low - 1].end, 0) }
    let moved = offset &+ lostDelta
    if offset >= lostFloor { return moved }
    return offset <= start ? offset : max(moved, start)
  }

  /// The same behind what stands at the offset itself and leaves nothing out: where a FIN is.
  package func mappedEnd(_ offset: Int64) -> Int64 {
    guard offset <= settledFrom, !isIdentity,
      let index = lastSplice(where: { $0.isBefore(offset) || $0.end <= offset })
    else { return mapped(offset) }
    return max(mapped(offset), splices[index].mappedEnd)
  }

  /// A range of S that a receiver says it has, in R; `nil` where nothing of it is left.
  package func mapped(_ block: Range<Int64>) -> Range<Int64>? {
    let (start, end) = (mapped(block.lowerBound), mapped(block.upperBound))
    return start < end ? start..<end : nil
  }

  // MARK: R to S

  /// How far a receiver is that has all of R before an offset: the largest offset of S whose bytes it
  /// has, as far as they were to come through.
  package func acknowledged(_ offset: Int64) -> Int64 {
    guard let index = lastSplice(where: { $0.mappedPlace <= offset }) else {
      return offset &- baseDelta
    }
    let splice = splices[index]
    if offset >= splice.mappedEnd { return splice.end &+ (offset &- splice.mappedEnd) }
    // Of several at one place in R, an earlier one that only leaves out is passed.
    return splice.place
  }

  /// A range of R that a receiver says it has, in S: no more than it has. `nil` where it holds nothing
  /// of what the sender sent.
  package func acknowledged(_ block: Range<Int64>) -> Range<Int64>? {
    let start = firstHeld(block.lowerBound)
    let end = acknowledged(block.upperBound)
    return start < end ? start..<end : nil
  }

  /// The first offset of S of which a receiver has the byte, or would have it, that has R from an
  /// offset on.
  private func firstHeld(_ offset: Int64) -> Int64 {
    guard let index = lastSplice(where: { $0.mappedPlace <= offset }) else {
      return offset &- baseDelta
    }
    let splice = splices[index]
    if offset == splice.mappedPlace { return firstPlace(at: index) }
    return splice.end &+ max(offset &- splice.mappedEnd, 0)
  }

  /// Of splices that begin at one offset of R, the first one's place.
  private func firstPlace(at index: Int) -> Int64 {
    var index = index
    while index > first, splices[index - 1].mappedPlace == splices[index].mappedPlace,
      splices[index - 1].end == splices[index].place
    {
      index -= 1
    }
    return splices[index].place
  }

  /// What has to be acknowledged to the sender as the receiver never will: the end of what was left out
  /// last, where that is all that the receiver lacks. `nil` where the receiver's own
  /// acknowledgements do.
  ///
  /// - Parameters:
  ///   - received: how far the receiver has acknowledged, in R.
  ///   - sent: how far the sender has sent, in S.
  package func lackingAcknowledgment(received: Int64, sent: Int64) -> Int64? {
    guard mapped(sent) == received,
      let index = lastSplice(where: { $0.isBefore(sent) }), splices[index].end >= sent,
      splices[index].content.isEmpty
    else { return nil }
    return sent
  }

  // MARK: Content

  /// What stands in R for a stretch.
  package enum Run: Hashable, Sendable {
    /// Bytes of S as they were.
    case original(Range<Int64>)
    case replaced([UInt8])

    package var count: Int64 {
      switch self {
      case .original(let range): range.upperBound - range.lowerBound
      case .replaced(let bytes): Int64(bytes.count)
      }
    }
  }

  /// Whether a segment of S has to be built anew.
  ///
  /// - Parameter includesEnd: whether what stands at its end belongs to it, as it does where a FIN
  ///   follows.
  package func touches(_ range: Range<Int64>, includesEnd: Bool = false) -> Bool {
    let end = includesEnd ? range.upperBound &+ 1 : range.upperBound
    guard range.lowerBound <= settledFrom, !isIdentity,
      let index = lastSplice(where: { $0.place < end })
    else { return false }
    let splice = splices[index]
    return splice.place >= range.lowerBound && !(splice.isAlone && splice.place == range.lowerBound)
      || splice.end > range.lowerBound
  }

  /// What stands in R for a segment of S, however it was cut when it came first: it begins at
  /// `mapped(range.lowerBound)`.
  package func runs(of range: Range<Int64>, includesEnd: Bool = false) -> [Run] {
    var runs: [Run] = []
    var offset = range.lowerBound
    let end = includesEnd ? range.upperBound &+ 1 : range.upperBound
    var index = (lastSplice(where: { $0.isBefore(range.lowerBound) }) ?? first - 1)
    if index >= first { offset = max(offset, splices[index].end) }
    index += 1
    while index < splices.count,
      splices[index].place < end || splices[index].isAlone && splices[index].place == end
    {
      let splice = splices[index]
      if offset < splice.place { runs.append(.original(offset..<splice.place)) }
      if !splice.content.isEmpty { runs.append(.replaced(splice.content)) }
      offset = max(offset, splice.end)
      index += 1
    }
    if offset < range.upperBound { runs.append(.original(offset..<range.upperBound)) }
    return runs
  }

  /// The last splice for which something holds that holds for all before it.
  private func lastSplice(where holds: (borrowing Splice) -> Bool) -> Int? {
    var low = first
    var high = splices.count
    while low < high {
      let middle = (low + high) / 2
      if holds(splices[middle]) { low = middle + 1 } else { high = middle }
    }
    return low > first ? low - 1 : nil
  }
}

extension SequenceMap.Splice {
  fileprivate func isPending(by time: UInt64) -> Bool {
    removed == 0 && readyAt <= time && !isAlone
  }

  /// Whether it belongs to what stands before an offset of S.
  fileprivate func isBefore(_ offset: Int64) -> Bool {
    place < offset || isAlone && place == offset
  }
}
