public import Reassembly

/// How a capture is judged.
public struct CheckOptions: Sendable {
  /// Whether notes are reported, and not only counted.
  public var reportsNotes = false
  /// Of each name and connection only the first, the tenth, the hundredth and so on are reported.
  public var isSampled = true
  /// Whether packets stand in the capture in the order in which they were sent and received. Otherwise an
  /// acknowledgement may come shortly before what it acknowledges, as captures of several queues have
  /// it.
  public var isInOrder = false
  /// `auto` takes what offload to a network card leaves for a note, `all` for an error; `none` looks at
  /// no checksums.
  public var checksums = ChecksumMode.auto
  /// Bytes for all stores together.
  public var memory = 1 << 30
  /// How many of the last bytes of a direction are kept to compare what is sent again; rounded up to
  /// a power of two.
  public var compared = 1 << 18

  public init() {}

  /// A connection with its place in the table, and the complaints about it.
  private static var connectionCost: Int { 2048 }

  /// Connections that are followed at a time: a quarter of the memory.
  var connections: Int { min(max(memory / 4 / Self.connectionCost, 64), 1 << 22) }
  /// Holes that are kept in mind: an eighth of the memory.
  var holes: Int { max(memory / 8 / (2 * MemoryLayout<Holes.Hole>.stride), 256) }
  /// Bytes of streams that are kept: half of the memory.
  var streamBytes: Int { max(memory / 2, 1 << 14) }
}
