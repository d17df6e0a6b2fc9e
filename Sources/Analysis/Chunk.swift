public import Sockets

/// A contiguous stretch of one direction of a stream, or one datagram.
public struct Chunk: ~Escapable {
  /// Borrowed: valid during the call only.
  public let bytes: Span<UInt8>
  public let direction: Direction
  /// Where the first byte stands in its direction's stream; the byte after the SYN is 0.
  public let offset: UInt64
  /// Set on the last call after a peek (`allowPrefix`): there will be no more bytes to wait for.
  public let final: FinalReason?

  @_lifetime(copy bytes)
  public init(
    _ bytes: Span<UInt8>, direction: Direction, offset: UInt64, final: FinalReason? = nil
  ) {
    self.bytes = bytes
    self.direction = direction
    self.offset = offset
    self.final = final
  }

  /// The offset behind the last byte.
  public var endOffset: UInt64 { offset &+ UInt64(bytes.count) }
}

/// Why a peek cannot be continued.
public enum FinalReason: String, Hashable, Sendable {
  case fin, reset
  case peekLimit = "peek_limit"
  case peekTimeout = "peek_timeout"
  case buffersShort = "buffers_short"
  /// Too many packets waited to be written.
  case spoolFull = "spool_full"
  case gap
  case endOfInput = "end_of_input"
  /// The socket was given up: it had been idle for too long, or made room for others.
  case timeout, evicted, superseded
}
