public import Buffers
public import Sockets
import Wire

/// A socket as a handler sees it, during a call. Asking it for `info` makes a value to keep.
@safe
@frozen
public struct SocketView: BitwiseCopyable {
  @usableFromInline let object: UnsafeMutableRawPointer
  /// In the socket itself: zeros when it is attached, the handler's own from then on until `detached`.
  public let room: Room

  @inline(__always)
  init(_ reference: SocketReference) {
    unsafe object = reference.address
    unsafe room = Room(
      withUnsafeMutablePointer(to: &reference.element.room) { UnsafeMutableRawPointer($0) })
  }

  private var reference: SocketReference { unsafe SocketReference(object) }

  /// Which of the 64 shards it belongs to.
  public var shard: Int { reference.element.place.shard }

  /// Its place in the shard, used again after it has gone: an index for what a handler keeps.
  public var index: Int { reference.element.place.index }

  public var id: SocketID { reference.element.id }

  /// Whether its data are datagrams, each one piece.
  public var isDatagrams: Bool { reference.element.flags.contains(.udp) }

  /// What is told of it.
  public var interest: SocketInterest {
    var interest: SocketInterest = []
    let flags = reference.element.flags
    if flags.contains(.wantsDataOut) { interest.insert(.dataOut) }
    if flags.contains(.wantsDataIn) { interest.insert(.dataIn) }
    if flags.contains(.wantsEvents) { interest.insert(.events) }
    if flags.contains(.wantsPackets) { interest.insert(.packets) }
    return interest
  }

  /// The number of its first packet. No two sockets share one, so that it orders them.
  public var firstOrdinal: UInt64 { reference.element.firstPacket.ordinal }

  /// All that is known of it at this moment.
  public var info: SocketInfo { reference.info }
}

/// One socket of a shard, reached in place: its address is worked out and checked once.
typealias SocketReference = ElementReference<SocketObject>

extension SocketReference {
  /// Its place in the shard.
  var index: Int { element.place.index }
}
