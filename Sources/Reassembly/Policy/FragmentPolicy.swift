/// What a host does with IP fragments that overlap.
public enum FragmentPolicy: String, OverlapPolicy, CaseIterable {
  /// Bytes that came first stay.
  case first
  /// Bytes that came last stay.
  case last
  /// The 4.4BSD kernel: what starts before a fragment, or where it does, keeps its bytes.
  case bsd
  /// Printers of HP: later bytes, but where a fragment before ends behind them.
  case bsdRight = "bsd-right"
  /// Linux up to 4.18: what starts before a fragment keeps its bytes.
  case linux
  /// What came first, but where a fragment covers it on both sides.
  case windows
  /// What came first, but where a fragment starts before it and reaches its end.
  case solaris
  /// The whole datagram is given up (RFC 5722, RFC 8200 §4.5; Linux from 4.19 on for IPv4 too).
  /// What is repeated within a run of fragments is left out and does no harm, as in Linux.
  case dropOnOverlap = "drop-on-overlap"

  /// Systems as Suricata's `host-os-policy` calls them.
  private static let systems: [(name: String, policy: Self)] = [
    ("hpux10", .bsd), ("hpux11", .first), ("irix", .bsd), ("macos", .first),
    ("old-linux", .linux), ("old-solaris", .first), ("vista", .windows), ("windows2k3", .windows),
  ]

  public static let names = allCases.map(\.rawValue) + systems.map(\.name)

  public init?(name: String) {
    let system = Self.systems.first { $0.name == name }?.policy
    guard let policy = system ?? Self(rawValue: name) else { return nil }
    self = policy
  }
}

extension FragmentPolicy {
  /// Whether bytes that are there stay, where a new fragment overlaps them; all of the overlap goes
  /// to one of both (Novak 2005).
  ///
  /// - Parameter rest: where that part of the fragment begins that no bytes before have won against.
  func keeps(_ stored: Range<Int>, against fragment: Range<Int>, from rest: Int) -> Bool {
    switch self {
    case .first, .dropOnOverlap: true
    case .last: false
    case .bsd: stored.lowerBound <= fragment.lowerBound
    case .linux: stored.lowerBound < fragment.lowerBound
    case .bsdRight:
      stored.upperBound > fragment.upperBound
        || stored.upperBound == fragment.upperBound && stored.lowerBound < fragment.lowerBound
    case .windows: stored.lowerBound <= rest || stored.upperBound >= fragment.upperBound
    case .solaris: stored.lowerBound <= rest || stored.upperBound > fragment.upperBound
    }
  }
}
