import Analysis

/// What has been written of one direction.
struct StreamRecording {
  private var file = FileCache.File()
  private var written: UInt64 = 0
  private var isTruncated = false
  private var failure: String?
  var gaps = GapList()

  var isEmpty: Bool { !file.exists && gaps.isEmpty && failure == nil && !isTruncated }

  /// Appends the chunk as far as `limit` bytes allow. A gap leaves nothing in the file: what comes
  /// behind it follows at once. After an error nothing more is written, lest the file lack a part
  /// without saying so.
  mutating func write(
    _ chunk: borrowing Chunk, to files: FileCache, limit: UInt64, of context: borrowing Context
  ) throws {
    guard failure == nil, !chunk.bytes.isEmpty else { return }
    let room = Int(clamping: limit &- written)
    if chunk.bytes.count > room { isTruncated = true }
    guard room > 0 else { return }
    do {
      let bytes = chunk.bytes.extracting(first: min(room, chunk.bytes.count))
      let direction = chunk.direction
      try files.append(bytes, to: &file) { StreamFileName.of(context.socket, direction) }
      written &+= UInt64(truncatingIfNeeded: bytes.count)
    } catch {
      failure = "\(error)"
      throw error
    }
  }

  mutating func close(in files: FileCache) { files.close(&file) }

  /// `{"file":"record/…","bytes":…,"gaps":[[offset,length],…]}`; `file` only when there is one.
  func value(named name: String) -> Record.Value {
    var members: [(key: String, value: Record.Value)] = []
    if file.exists { members.append(("file", .string(name))) }
    members.append(("bytes", .unsigned(written)))
    members.append(("gaps", gaps.value))
    if gaps.isTruncated { members.append(("gaps_truncated", true)) }
    if isTruncated { members.append(("truncated", true)) }
    if let failure { members.append(("error", .string(failure))) }
    return .object(members)
  }
}
