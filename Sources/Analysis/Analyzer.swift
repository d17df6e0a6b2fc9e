public import Sockets

/// Decides, at the first packet, which sockets are of interest.
///
/// One value serves the whole run and is asked from every worker. What several sockets share
/// belongs into a `PerShard`, or behind a lock.
public protocol Analyzer: Sendable {
  /// As in `-a NAME`: lower case, words joined by `-`.
  static var name: String { get }

  /// One line for `sluice analyzers`.
  static var summary: String { get }

  /// The settings it knows besides those common to all analyzers (`port`, `net`, `direction`,
  /// `filter`). A key that is not declared here is refused before `init`.
  static var settings: [Setting] { get }

  /// Throws `OptionError` when a value makes no sense.
  init(_ options: Options) throws

  /// Called at the first packet of a socket; `nil` lets it pass, not even reassembled.
  /// The same object may be returned for several sockets of one shard.
  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)?

  /// About how many bytes it keeps for each socket. The more, the fewer sockets find room in the
  /// memory of a run.
  var bytesPerSocket: Int { get }

  /// Called once, when all sockets are gone: emits what sums them up.
  func finish(_ context: inout FinishContext)
}

extension Analyzer {
  public static var settings: [Setting] { [] }
  public var bytesPerSocket: Int { 128 }
  public func finish(_ context: inout FinishContext) {}
}

/// Looks at one socket, on one worker, in stream order. Most implement `data` alone.
///
/// An error that it throws counts as a crash of the analyzer: `--on-crash` decides.
public protocol SocketAnalyzer: AnyObject {
  /// What it wants to be called for; asked once, when it is attached.
  var interest: Interest { get }

  /// A stretch of in-order stream data, or one datagram. The bytes lie where they were captured
  /// and may not be kept: copy what is needed later. How a stream is cut into chunks is no part of
  /// the contract.
  func data(_ chunk: borrowing Chunk, _ context: inout Context) throws -> Verdict

  /// Everything but data, in the order of the packets that caused it.
  func event(_ event: SocketEvent, _ context: inout Context) throws
}

extension SocketAnalyzer {
  public var interest: Interest { .all }
  public func data(_ chunk: borrowing Chunk, _ context: inout Context) throws -> Verdict { .allow }
  public func event(_ event: SocketEvent, _ context: inout Context) throws {}
}

/// What a socket analyzer wants to be called for. A socket whose analyzers all do without data is
/// tracked but not reassembled.
public struct Interest: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static var dataOut: Self { Self(rawValue: 1) }
  public static var dataIn: Self { Self(rawValue: 2) }
  public static var events: Self { Self(rawValue: 4) }
  /// It only looks: nothing waits for it, and a verdict of it that would change anything is refused.
  public static var observing: Self { Self(rawValue: 8) }
  public static var data: Self { [.dataOut, .dataIn] }
  public static var all: Self { [.data, .events] }
}
