package import Sockets

/// What has to be changed about a captured packet.
package struct PacketRewrite {
  package var packet: CapturedPacket
  /// What is added to the numbers of the header, modulo 2³².
  package var sequenceDelta: UInt32 = 0
  package var acknowledgmentDelta: UInt32 = 0
  package var window: UInt16 = 0
  /// The text in its new form; `nil` where it stays.
  package var text: Text?
  /// The selective acknowledgements in their new form, as they stand in the header; `nil` where they
  /// stay.
  package var blocks: [SACKChange]?
  /// Where the urgent pointer points to, behind the packet's new sequence number; `nil` where there is
  /// none, or no longer.
  package var urgentDistance: Int64?
  /// What its fragments were put together to, behind the IP header.
  package var datagram: [UInt8]?
  /// Resets that the packet gives rise to, behind which it is left out.
  package var resets: [Reset] = []

  package init(_ packet: CapturedPacket) {
    self.packet = packet
    window = packet.window
  }

  /// Whether the packet is as it was after all.
  var changesNothing: Bool {
    sequenceDelta == 0 && acknowledgmentDelta == 0 && window == packet.window && text == nil
      && resets.isEmpty && urgentDistance.map { $0 == Int64(packet.urgentPointer) } ?? true
      && blocks.map { $0.allSatisfy { $0.left == 0 && $0.right == 0 } } ?? true
  }

  package struct Text {
    package var runs: [SequenceMap.Run]
    /// Bytes of text in one packet, at most.
    package var limit: Int
    /// Whether one packet is enough: of what was sent before, the end is repeated, as much of it as finds
    /// room.
    package var isRepetition = false
  }

  /// A block of the option, by its place there; `nil` for one of which nothing is left.
  package struct SACKChange {
    package var left: UInt32
    package var right: UInt32
    package var isKept: Bool
  }

  /// A reset to one end, as if the other had sent it.
  package struct Reset {
    /// Whether it goes the way of the packet.
    package var isForward: Bool
    /// Its numbers, as distances from those of the packet's header.
    package var sequenceDistance: Int64
    package var acknowledgmentDistance: Int64
  }
}

/// What becomes of a packet in the written capture.
package enum PacketOutcome {
  case written
  case leftOut
  /// Indirect, as it is large and handed on several times, and most packets have none.
  indirect case rewritten(PacketRewrite)
}
