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
