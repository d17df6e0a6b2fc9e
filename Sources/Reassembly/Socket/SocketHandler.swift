public import Sockets

/// Told what happens to sockets, in the order of the packets.
///
/// For each socket: `attached` first and `detached` last, each once.
public protocol SocketHandler: AnyObject {
  /// Whether more is kept for each socket than its room takes: `prefetch` is called then.
  var keepsMore: Bool { get }

  /// A packet of this socket is coming up: what is kept for it may be asked for from memory.
  func prefetch(shard: Int, index: Int)

  /// The first packet of a conversation; the answer says what is wanted of it.
  func attached(_ socket: SocketView, packet: PacketInfo) -> SocketInterest

  /// As above, of a socket that goes on where another one stopped that has gone.
  ///
  /// - Parameter memo: what the handler keeps of that one.
  func attached(_ socket: SocketView, packet: PacketInfo, resuming memo: DepartureMemo)
    -> SocketInterest

  /// In-order bytes, or one datagram, lent for the call. Answers what is wanted from now on, or `nil`
  /// when that has not changed.
  func data(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest?

  /// Every packet of a socket of which `packets` are wanted, before what it brings is reported. Its
  /// selective acknowledgements are not read yet.
  func packet(_ packet: CapturedPacket, of socket: SocketView)

  /// The last packet of a socket that was told of, and whose `packets` are wanted, brings nothing: no
  /// host takes its text, nor its acknowledgement.
  func refused(_ packet: PacketInfo, of socket: SocketView)

  /// Of the text of a packet something is no data of the stream. Told of a packet whose socket's
  /// `packets` are wanted, behind `packet(_:of:)`, and of one that belongs to no socket.
  func untaken(
    _ text: UntakenText, _ reason: UnseenReason, _ packet: PacketInfo, of socket: SocketView?)

  /// A TCP socket is about to go, whose connection may not be over: what the handler has to keep of it,
  /// by a number that is not 0. It is told of what it keeps in `attached`, `packet(_:ofDeparted:)` and
  /// `forget(departed:)`.
  ///
  /// - Parameter ends: by `Direction.index`, the offsets behind all that was seen of the streams.
  func departing(_ socket: SocketView, ends: [2 of Int64]) -> DepartureMemo

  /// A packet of a socket that has gone: it repeats what was said. Its numbers are offsets from the ends
  /// of the streams.
  ///
  /// - Parameter memo: what the handler keeps of it.
  func packet(_ packet: CapturedPacket, ofDeparted memo: DepartureMemo, shard: Int)

  /// Another connection has the ports of one that has gone: what was kept of it is of no use any more.
  func forget(departed memo: DepartureMemo, shard: Int)

  /// The socket goes, after its last event.
  func detached(_ socket: SocketView, packet: PacketInfo)

  /// Answers as `data` does.
  func event(
    _ event: SocketEvent, of socket: SocketView, packet: PacketInfo
  ) -> SocketInterest?

  /// An oddity that does not stop the analysis. `socket` is `nil` for one of a packet that belongs to
  /// none.
  func weird(_ weird: WeirdNote, of socket: SocketView?, packet: PacketInfo)
}

/// What somebody wants to be told of a socket.
public struct SocketInterest: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public let rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable public static var dataOut: Self { Self(rawValue: 1) }
  @inlinable public static var dataIn: Self { Self(rawValue: 2) }
  @inlinable public static var events: Self { Self(rawValue: 4) }
  @inlinable public static var packets: Self { Self(rawValue: 8) }
}

extension SocketHandler {
  public var keepsMore: Bool { false }
  public func prefetch(shard: Int, index: Int) {}
  public func detached(_ socket: SocketView, packet: PacketInfo) {}
  public func attached(
    _ socket: SocketView, packet: PacketInfo, resuming memo: DepartureMemo
  ) -> SocketInterest {
    attached(socket, packet: packet)
  }
  public func departing(_ socket: SocketView, ends: [2 of Int64]) -> DepartureMemo { .none }
  public func packet(_ packet: CapturedPacket, ofDeparted memo: DepartureMemo, shard: Int) {}
  public func forget(departed memo: DepartureMemo, shard: Int) {}
  public func refused(_ packet: PacketInfo, of socket: SocketView) {}
  public func untaken(
    _ text: UntakenText, _ reason: UnseenReason, _ packet: PacketInfo, of socket: SocketView?
  ) {}
}
