/// What happens to a socket besides data.
///
/// `attached` is always the first and `detached` the last, each exactly once. In between, in the
/// order of the packets: `connecting`, `connected`, any number of `gap`s, `cantSendMore` and
/// `cantReceiveMore` at their places in the streams, each first one followed by `shutdown`, the
/// second one by `closing`; then, after FINs or a reset, `disconnecting`; then `disconnected`.
@frozen
public enum SocketEvent: Hashable, Sendable, BitwiseCopyable {
  /// The first packet of the conversation.
  case attached
  /// A SYN was seen; the options it offers are in the socket's info.
  case connecting
  /// The handshake is complete, or a connection was picked up in midstream.
  case connected(midstream: Bool)
  /// Bytes that will never come: `length` of them from `offset` on.
  case gap(Direction, offset: UInt64, length: UInt64)
  /// The originator's FIN, at its place in the stream.
  case cantSendMore
  /// The responder's FIN, at its place in the stream.
  case cantReceiveMore
  /// One direction is closed while the other goes on.
  case shutdown(Direction)
  /// Both FINs seen, or a reset accepted.
  case closing
  /// Nothing more is to be expected: both FINs are acknowledged, or a reset was accepted.
  case disconnecting
  /// The end of the conversation.
  case disconnected(DisconnectReason)
  /// The object is gone.
  case detached
}

/// Why a conversation ended.
@frozen
public enum DisconnectReason: String, Hashable, Sendable, BitwiseCopyable {
  case fin, reset, timeout, evicted
  case endOfInput = "end_of_input"
  /// A SYN began another connection between the same ports.
  case superseded
}

extension SocketEvent {
  /// The word for it in records and messages.
  public var name: String {
    switch self {
    case .attached: "attached"
    case .connecting: "connecting"
    case .connected: "connected"
    case .gap: "gap"
    case .cantSendMore: "cant_send_more"
    case .cantReceiveMore: "cant_receive_more"
    case .shutdown: "shutdown"
    case .closing: "closing"
    case .disconnecting: "disconnecting"
    case .disconnected: "disconnected"
    case .detached: "detached"
    }
  }
}

extension SocketEvent: CustomStringConvertible {
  /// The direction it speaks of, where there is one.
  public var direction: Direction? {
    switch self {
    case .gap(let direction, _, _), .shutdown(let direction): direction
    case .cantSendMore: .out
    case .cantReceiveMore: .in
    default: nil
    }
  }

  /// Its name, and what it carries besides a direction: `gap 1448+512`.
  public var description: String {
    switch self {
    case .gap(_, let offset, let length): "\(name) \(offset)+\(length)"
    case .connected(midstream: true): "\(name) midstream"
    case .disconnected(let reason): "\(name) \(reason.rawValue)"
    default: name
    }
  }
}
