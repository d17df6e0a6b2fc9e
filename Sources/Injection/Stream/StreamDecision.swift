/// Bytes of a stream that come for the first time, in their order.
package struct StreamChunk: Hashable, Sendable {
  /// Of the first byte, in S.
  package var offset: Int64
  package var bytes: [UInt8]
  /// Whether the stream ends behind it: its FIN is there. Such a chunk may be empty.
  package var endsStream: Bool

  package var end: Int64 { offset &+ Int64(bytes.count) }
}

/// What becomes of a chunk.
package enum StreamDecision: Hashable, Sendable {
  case allow
  /// In the order of their ranges, none of which reaches into another.
  case edit([StreamEdit])
  /// It is said later, by `decide(_:of:at:)`.
  case hold
}

/// One change of a chunk: a range of it, empty for an insertion, and what stands there instead.
package struct StreamEdit: Hashable, Sendable {
  package var range: Range<Int>
  package var replacement: [UInt8]

  package init(_ range: Range<Int>, with replacement: [UInt8]) {
    self.range = range
    self.replacement = replacement
  }
}

extension StreamChunk {
  /// The edits as they can be made; `nil` where they do not fit the chunk.
  ///
  /// What is put in behind the last byte that is there would have to wait for the next one: only then
  /// does the sender have something to repeat should it get lost. So it becomes a part of that last
  /// byte, which the sender keeps until the receiver has it all. Before a FIN, the FIN does that.
  func prepared(_ edits: [StreamEdit]) -> [StreamEdit]? {
    var prepared: [StreamEdit] = []
    var end = 0
    for edit in edits {
      guard edit.range.lowerBound >= end, edit.range.upperBound <= bytes.count else { return nil }
      end = edit.range.upperBound
      if !edit.range.isEmpty || !edit.replacement.isEmpty { prepared.append(edit) }
    }
    guard !endsStream, let last = bytes.last else { return prepared }
    while let tail = prepared.last, tail.range.lowerBound == bytes.count {
      prepared.removeLast()
      let previous = prepared.last
      if let previous, previous.range.upperBound == bytes.count, !previous.range.isEmpty {
        prepared[prepared.count - 1].replacement += tail.replacement
      } else if let previous, previous.range.lowerBound == bytes.count {
        prepared[prepared.count - 1].replacement += tail.replacement
      } else {
        prepared.append(
          StreamEdit(bytes.count - 1..<bytes.count, with: [last] + tail.replacement))
      }
    }
    return prepared
  }
}
