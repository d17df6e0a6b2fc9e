/// A kind of synthetic traffic.
public enum Workload: String, CaseIterable, Hashable, Sendable {
  /// A few long transfers in full segments, an acknowledgement for every second one.
  case bulk
  /// Many short HTTP/1.1 exchanges, hundreds alive at a time.
  case http
  /// Reordered, duplicated and missing segments, overlapping retransmissions, IP fragments.
  case adverse
  /// A great number of connections that are all open at once.
  case many
  /// Short SMTP dialogues, each with one message of some lines of text.
  case mail

  /// About how long the capture is when nothing else is asked for, in bytes.
  public var defaultBytes: Int {
    switch self {
    case .bulk: 2_000_000_000
    case .http: 1_100_000_000
    case .adverse: 324_000_000
    case .many: 490_000_000
    case .mail: 6000
    }
  }

  public var defaultConnections: Int {
    switch self {
    case .bulk: 8
    case .http: 300_000
    case .adverse: 20_000
    case .many: 500_000
    case .mail: 1
    }
  }

  /// The port of the responders.
  var port: UInt16 {
    switch self {
    case .http: 80
    case .mail: 25
    case .bulk, .adverse, .many: 443
    }
  }
}
