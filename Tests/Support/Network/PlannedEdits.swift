import Injection

/// Edits of a stream at known places, made however the stream is cut into chunks.
public struct PlannedEdits: Sendable {
  public struct Edit: Sendable {
    public var place: Int
    public var removed: Int
    public var content: [UInt8]

    public init(at place: Int, removing removed: Int = 0, inserting content: [UInt8] = []) {
      (self.place, self.removed, self.content) = (place, removed, content)
    }
  }

  /// In the order of their places; none reaches into another.
  public var edits: [Edit]
  /// Whether what is put in behind a chunk is put there with this chunk, and not with the next.
  public var isEager = false
  private var placed: Set<Int> = []

  public init(_ edits: [Edit] = []) { self.edits = edits }

  /// What the stream is behind it. Edits behind its end are none.
  public func applied(to stream: [UInt8]) -> [UInt8] {
    var edited: [UInt8] = []
    var offset = 0
    for edit in edits where edit.place <= stream.count {
      edited += stream[offset..<edit.place]
      if edit.removed == 0 || edit.place < stream.count { edited += edit.content }
      offset = min(edit.place + edit.removed, stream.count)
    }
    return edited + stream[offset...]
  }

  /// Of an edit that reaches over several chunks, the first has what is put in.
  package mutating func decision(on chunk: StreamChunk) -> StreamDecision {
    var answer: [StreamEdit] = []
    let start = Int(chunk.offset)
    let end = start + chunk.bytes.count
    for (index, edit) in edits.enumerated() {
      let isAtEnd = edit.place == end && edit.removed == 0 && (chunk.endsStream || isEager)
      let lower = max(edit.place, start)
      let upper = min(edit.place + edit.removed, end)
      let begins = edit.place >= start && edit.place < end || isAtEnd
      guard !placed.contains(index) || lower < upper, begins || lower < upper else { continue }
      let content = begins && placed.insert(index).inserted ? edit.content : []
      answer.append(StreamEdit(lower - start..<max(upper, lower) - start, with: content))
    }
    return answer.isEmpty ? .allow : .edit(answer)
  }
}
