/// What was judged.
public struct CheckCounts: Sendable, Equatable {
  public var packets: UInt64 = 0
  /// TCP segments, with those that are no good.
  public var segments: UInt64 = 0
  public var datagrams: UInt64 = 0
  /// Packets that carry neither, fragments among them.
  public var others: UInt64 = 0
  public var connections: UInt64 = 0
  /// Connections whose start was not seen: what was sent before is not asked for.
  public var midstream: UInt64 = 0
  /// Connections of which only one side was seen: its acknowledgements cannot be judged.
  public var oneSided: UInt64 = 0
  /// How often there was something to complain of, by name.
  public var complaints: [Complaint.Name: UInt64] = [:]

  public init() {}

  /// How many complaints there are of a severity.
  public subscript(severity: Complaint.Severity) -> UInt64 {
    complaints.reduce(0) { $0 &+ ($1.key.severity == severity ? $1.value : 0) }
  }
}
