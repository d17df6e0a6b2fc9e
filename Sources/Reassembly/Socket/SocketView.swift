import Buffers
public import Sockets
import Wire

/// A socket as a handler sees it, during a call. Asking it for `info` makes a value to keep.
public struct SocketView: BitwiseCopyable {
  let reference: ElementReference<SocketObject>
  /// Which of the 64 shards it belongs to.
  public let shard: Int

  /// Its place in the shard, used again after it has gone: an index for what a handler keeps.
  public var index: Int { reference.index }

  public var id: SocketID {
    SocketID(
      socket: UInt64(shard) << 32 | UInt64(index), sequence: reference.element.sequence)
  }

  /// The number of its first packet. No two sockets share one, so that it orders them.
  public var firstOrdinal: UInt64 { reference.element.firstPacket.ordinal }

  /// All that is known of it at this moment.
  public var info: SocketInfo { reference.element.info(id: id, shard: shard) }
}
