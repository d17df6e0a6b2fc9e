/// What an analyzer answers to a chunk.
public enum Verdict: Hashable, Sendable {
  /// Released as it was.
  case allow
  /// These bytes leave the stream; the connection goes on and the receiver never knows.
  case deny
  /// Ranges of the chunk replaced by bytes of any length: sorted, disjoint, in the chunk's
  /// coordinates.
  case edit([Edit])
  /// Lets the first `count` bytes go and asks to be called again, with the rest in front, when
  /// `need` more bytes are there.
  case allowPrefix(_ count: Int, need: Int)
  /// Makes edits within the first `count` bytes, lets these go, and asks for the rest as above.
  case editPrefix(_ edits: [Edit], count: Int, need: Int)
  /// The answer comes later, through the object that `hold()` gave.
  case pending
  /// This analyzer wants nothing more of this socket.
  case bypass
  /// From the first undecided byte on: silence.
  case dropFlow
  /// From the first undecided byte on: a reset to both ends.
  case resetFlow
}

/// One change of a chunk: a range of it, empty for an insertion, and what stands there instead.
public struct Edit: Hashable, Sendable {
  public var range: Range<Int>
  public var replacement: [UInt8]

  public init(_ range: Range<Int>, with replacement: [UInt8]) {
    self.range = range
    self.replacement = replacement
  }
}

extension Verdict {
  /// Other bytes in the place of a range of the chunk.
  public static func replacing(
    _ range: Range<Int>, with replacement: some Sequence<UInt8>
  ) -> Verdict {
    .edit([Edit(range, with: Array(replacement))])
  }

  /// Bytes in front of the chunk's byte at `place`, or behind its last byte where that is the count of
  /// them.
  public static func inserting(_ bytes: some Sequence<UInt8>, at place: Int) -> Verdict {
    .edit([Edit(place..<place, with: Array(bytes))])
  }

  /// A range of the chunk leaves the stream.
  public static func removing(_ range: Range<Int>) -> Verdict { .edit([Edit(range, with: [])]) }
}

extension Chunk {
  /// The chunk as it is, and bytes behind it, which leave with its last byte.
  public func appending(_ bytes: some Sequence<UInt8>) -> Verdict {
    .inserting(bytes, at: self.bytes.count)
  }
}

extension Verdict {
  /// The word for it in records and messages.
  public var name: String {
    switch self {
    case .allow: "allow"
    case .deny: "deny"
    case .edit: "edit"
    case .allowPrefix: "allow_prefix"
    case .editPrefix: "edit_prefix"
    case .pending: "pending"
    case .bypass: "bypass"
    case .dropFlow: "drop_flow"
    case .resetFlow: "reset_flow"
    }
  }
}
