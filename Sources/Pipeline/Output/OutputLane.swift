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
///
/// A few packets may bring millions of lines. What is more than a few mebibytes waits in a file.
struct OutputLane: ~Copyable {
  private struct Entry {
    var place: OutputPlace
    /// Counted from the begin of the file, behind which the text in memory stands.
    var range: Range<Int>
  }

  private var text = TextBuffer()
  /// The first part of the text, where it is too much for memory.
  private var file: SpillFile?
  private var failure: SpillFile.Failure?
  private var entries: [Entry] = []
  private var isSorted = true

  /// Bytes of text in memory, about.
  private static let memoryLimit = 4 << 20

  private var fileCount: Int { file?.count ?? 0 }
  private var end: Int { fileCount + text.count }

  /// Appends what `make` writes at a place.
  mutating func append(_ place: OutputPlace, _ make: (inout TextBuffer) -> Void) {
    let start = text.count
    make(&text)
    guard text.count > start else { return }
    let offset = fileCount
    add(Entry(place: place, range: offset + start..<offset + text.count))
    if text.count > Self.memoryLimit { putAside() }
  }

  private mutating func add(_ entry: Entry) {
    if let last = entries.last {
      if last.place == entry.place, last.range.upperBound == entry.range.lowerBound {
        entries[entries.count - 1].range = last.range.lowerBound..<entry.range.upperBound
        return
      }
      if last.place > entry.place { isSorted = false }
    }
    entries.append(entry)
  }

  var isEmpty: Bool { text.isEmpty && file == nil && failure == nil }

  /// Takes over what is in another lane.
  mutating func append(_ other: borrowing OutputLane) {
    failure = failure ?? other.failure
    if let otherFile = other.file { take(otherFile) }
    let offset = end - other.fileCount
    text.append(other.text.span)
    isSorted = isSorted && other.isSorted
    for entry in other.entries {
      let range = entry.range.lowerBound + offset..<entry.range.upperBound + offset
      add(Entry(place: entry.place, range: range))
    }
    if text.count > Self.memoryLimit { putAside() }
  }

  /// Puts the text in memory behind that in the file.
  @inline(never)
  private mutating func putAside() {
    do throws(SpillFile.Failure) {
      if file == nil { file = try SpillFile() }
      try file?.append(text.span)
      text.removeAll(keeping: 1 << 20)
    } catch {
      failure = failure ?? error
    }
  }

  private mutating func take(_ other: SpillFile) {
    putAside()
    guard let file else { return }
    do {
      try other.forEachPiece(of: 0..<other.count) { try file.append($0) }
    } catch {
      failure = failure ?? error as? SpillFile.Failure
    }
  }

  /// Writes everything in the order of places; what has one place stays in the order it came in.
  mutating func flush(to output: any LogOutput) throws {
    if let failure { throw failure }
    if isEmpty { return }
    if isSorted {
      try write(0..<end, to: output)
    } else if file == nil {
      let sorted = sorted()
      try output.write(sorted.span)
    } else {
      for index in order { try write(entries[index].range, to: output) }
    }
    removeAll()
  }

  private func write(_ range: Range<Int>, to output: any LogOutput) throws {
    if let file, range.lowerBound < file.count {
      let range = range.lowerBound..<min(range.upperBound, file.count)
      var lines: [UInt8] = []
      try file.forEachPiece(of: range) { piece in
        unsafe piece.withUnsafeBytes { unsafe lines.append(contentsOf: $0) }
        // A log takes whole lines.
        guard let last = lines.lastIndex(of: UInt8(ascii: "\n")) else { return }
        try output.write(lines.span.extracting(0...last))
        lines.removeSubrange(0...last)
      }
      try output.write(lines.span)
    }
    let start = max(range.lowerBound - fileCount, 0)
    let end = range.upperBound - fileCount
    if start < end { try output.write(text.span.extracting(start..<end)) }
  }

  mutating func removeAll() {
    text.removeAll(keeping: 1 << 20)
    file = nil
    entries.removeAll(keepingCapacity: entries.count < 1 << 16)
    isSorted = true
  }

  private var order: [Int] {
    entries.indices.sorted {
      let (left, right) = (entries[$0].place, entries[$1].place)
      return left == right ? $0 < $1 : left < right
    }
  }

  private func sorted() -> TextBuffer {
    var sorted = TextBuffer(capacity: text.count)
    for index in order { sorted.append(text.span.extracting(entries[index].range)) }
    return sorted
  }
}
