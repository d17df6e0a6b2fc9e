/// Names one socket object for as long as anybody may still speak of it.
@frozen
public struct SocketID: Hashable, Sendable, BitwiseCopyable {
  /// The handle of the slot it lives in; used again after the socket has gone.
  public var socket: UInt64
  /// Never used again, so that an answer for a socket that has gone is recognised.
  public var sequence: UInt64

  @inlinable
  public init(socket: UInt64, sequence: UInt64) {
    self.socket = socket
    self.sequence = sequence
  }
}
