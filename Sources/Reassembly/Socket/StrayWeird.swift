public import Sockets

/// An oddity of a packet that belongs to no socket.
public struct StrayWeird: Sendable, BitwiseCopyable {
  public var name: Weird
  public var packet: PacketInfo
  /// Of the packet, as far as they could be read; `nil` too where the oddity is one of others, such
  /// as fragments that waited too long when it came.
  public var ends: PacketEnds?
  /// How often the packet had it.
  public var times: UInt64

  public init(_ name: Weird, of packet: PacketInfo, _ ends: PacketEnds? = nil, times: UInt64 = 1) {
    self.name = name
    self.packet = packet
    self.ends = ends
    self.times = times
  }

  /// Packet by packet, and those of one packet by their names: the same order whoever found them.
  public func isBefore(_ other: Self) -> Bool {
    (packet.ordinal, name.number) < (other.packet.ordinal, other.name.number)
  }
}

extension [StrayWeird] {
  /// Adds one, or counts it where the packet has just had the same: so there are never many more of
  /// them than there are packets.
  public mutating func note(_ name: Weird, of packet: PacketInfo, _ ends: PacketEnds?) {
    if let last, last.name == name, last.packet.ordinal == packet.ordinal {
      self[count - 1].times += 1
    } else {
      append(StrayWeird(name, of: packet, ends))
    }
  }
}
