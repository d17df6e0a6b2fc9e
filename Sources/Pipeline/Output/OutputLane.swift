import Wire

/// What one worker wants written, by the key that says where it belongs.
struct OutputLane {
  private struct Entry {
    var key: OutputKey
    var range: Range<Int>
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  private var isSorted = true

  /// Appends what `make` writes under a key.
  mutating func append(_ key: OutputKey, _ make: (inout [UInt8]) -> Void) {
    let start = bytes.count
    make(&bytes)
    guard bytes.count > start else { return }
    if let last = entries.last, last.key > key { isSorted = false }
    entries.append(Entry(key: key, range: start..<bytes.count))
  }

  var byteCount: Int { bytes.count }

  /// Writes everything in the order of keys; what has one key stays in the order it came in.
  mutating func flush(to output: any LogOutput) throws {
    guard !bytes.isEmpty else { return }
    if isSorted {
      try output.write(bytes)
    } else {
      let order = entries.indices.sorted {
        (entries[$0].key, $0) < (entries[$1].key, $1)
      }
      var sorted: [UInt8] = []
      sorted.reserveCapacity(bytes.count)
      for index in order { sorted += bytes[entries[index].range] }
      try output.write(sorted)
    }
    bytes.removeAll(keepingCapacity: bytes.count < 1 << 20)
    entries.removeAll(keepingCapacity: entries.count < 1 << 16)
    isSorted = true
  }
}
