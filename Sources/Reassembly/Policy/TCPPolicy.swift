/// Whose bytes stay where a new segment overlaps one that still waits for a hole to be filled: hosts
/// differ (Novak and Sturges, *Target-Based TCP Stream Reassembly*, 2007). What was delivered never
/// changes.
public enum TCPPolicy: String, OverlapPolicy, CaseIterable {
  case first, last, bsd, linux, windows, windows2k3, vista, solaris, hpux10, hpux11, irix, macos
  case bsdRight = "bsd-right"
  case oldLinux = "old-linux"
  case oldSolaris = "old-solaris"

  public static let names = allCases.map(\.rawValue)

  public init?(name: String) { self.init(rawValue: name) }

  /// Whether the new bytes win, by how the new segment lies to the old one as they were sent: where it
  /// starts, and where it ends.
  @inline(__always)
  func keepsNew(start: Relation, end: Relation) -> Bool {
    newWins >> (UInt16(start.rawValue) * 3 + UInt16(end.rawValue)) & 1 != 0
  }

  /// Whether whatever came first stays, which needs no look at how segments lie.
  var isFirst: Bool { newWins == 0 }

  /// Whether whatever came last stays.
  var isLast: Bool { newWins == 0b111_111_111 }

  /// How one bound of a new segment lies to that of an old one.
  enum Relation: UInt8 {
    case before, same, after

    @inline(__always)
    init(_ new: UInt64, to old: UInt64) { self = new < old ? .before : new == old ? .same : .after }
  }

  /// A bit for each relation where the new bytes win. From the lowest: starts before and ends before,
  /// with, after the old one; starts with it, and the three again; starts after it.
  private var newWins: UInt16 {
    switch self {
    case .first, .vista, .bsdRight, .oldSolaris: 0
    case .last: 0b111_111_111
    case .bsd, .windows, .windows2k3, .macos, .hpux10, .irix: 0b000_000_111
    case .linux: 0b000_100_111
    case .oldLinux: 0b000_110_111
    case .solaris, .hpux11: 0b100_110_110
    }
  }
}
