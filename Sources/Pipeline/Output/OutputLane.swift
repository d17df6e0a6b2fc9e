import Buffers
import Wire

/// Where something that is written belongs in the order of all that is written.
struct OutputPlace: Comparable {
  /// The packet that caused it, and the socket that it is about.
  var key: OutputKey
  /// Counts the calls that one worker makes to analyzers as the packets bring them about, even when a
  /// call has to wait.
  var step: UInt64 = 0
  /// The number of the analyzer in its chain.
  var link = 0

  static func < (left: Self, right: Self) -> Bool {
    // What has another key comes from another worker, or from another packet.
    if left.key != right.key { return left.key < right.key }
    return (left.step, left.link) < (right.step, right.link)
  }
}

/// What one worker wants written, each piece with its place.
struct OutputLane: ~Copyable {
  private struct Entry {
    var place: OutputPlace
    var range: Range<Int>
  }

  private var text = TextBuffer()
  private var entries: [Entry] = []
  private var isSorted = true

  /// Appends what `make` writes at a place.
  mutating func append(_ place: OutputPlace, _ make: (inout TextBuffer) -> Void) {
    let start = text.count
    make(&text)
    guard text.count > start else { return }
    if let last = entries.last, last.place > place { isSorted = false }
    entries.append(Entry(place: place, range: start..<text.count))
  }

  var isEmpty: Bool { text.isEmpty }

  /// Takes over what is in another lane.
  mutating func append(_ other: borrowing OutputLane) {
    let offset = text.count
    text.append(other.text.span)
    if let last = entries.last, let next = other.entries.first, last.place > next.place {
      isSorted = false
    }
    isSorted = isSorted && other.isSorted
    for entry in other.entries {
      let range = entry.range.lowerBound + offset..<entry.range.upperBound + offset
      entries.append(Entry(place: entry.place, range: range))
    }
  }

  /// Writes everything in the order of places; what has one place stays in the order it came in.
  mutating func flush(to output: any LogOutput) throws {
    guard !text.isEmpty else { return }
    if isSorted {
      try output.write(text.span)
    } else {
      let sorted = sorted()
      try output.write(sorted.span)
    }
    removeAll()
  }

  mutating func removeAll() {
    text.removeAll(keeping: 1 << 20)
    entries.removeAll(keepingCapacity: entries.count < 1 << 16)
    isSorted = true
  }

  private func sorted() -> TextBuffer {
    let order = entries.indices.sorted {
      let (left, right) = (entries[$0].place, entries[$1].place)
      return left == right ? $0 < $1 : left < right
    }
    var sorted = TextBuffer(capacity: text.count)
    for index in order { sorted.append(text.span.extracting(entries[index].range)) }
    return sorted
  }
}
