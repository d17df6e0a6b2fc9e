package import Sockets

/// The numbers of a captured header in their new form, and where the header lies. Small and plain, as in
/// a stream that was changed every packet has them.
package struct Renumbering: BitwiseCopyable {
  /// What is added to the numbers, modulo 2³².
  package var sequenceDelta: UInt32 = 0
  package var acknowledgmentDelta: UInt32 = 0
  package var window: UInt16
  let acknowledges: Bool
  let headerLength: UInt8
  private(set) var networkOffset: UInt32
  private(set) var transportOffset: UInt32
  /// Bytes of text as they were sent, and those of them that the capture holds.
  let length: UInt32
  let captured: UInt32

  package init(_ packet: CapturedPacket) {
    window = packet.window
    acknowledges = packet.traits.contains(.acknowledges)
    headerLength = packet.headerLength
    networkOffset = packet.networkOffset
    transportOffset = packet.transportOffset
    length = packet.length
    captured = packet.captured
  }

  /// The header lies elsewhere now.
  mutating func move(to packet: CapturedPacket) {
    networkOffset = packet.networkOffset
    transportOffset = packet.transportOffset
  }

  /// Whether the numbers are as they were after all.
  func changesNothing(of packet: CapturedPacket) -> Bool {
    sequenceDelta == 0 && acknowledgmentDelta == 0 && window == packet.window
  }
}

/// What has to be changed about a captured packet, where that is more than numbers.
package struct PacketRewrite {
  package var packet: CapturedPacket
  package var numbers: Renumbering
  /// The text in its new form; `nil` where it stays.
  package var text: Text?
  /// The selective acknowledgements in their new form, as they stand in the header; `nil` where they
  /// stay.
  package var blocks: [SACKChange]?
  /// Where the urgent pointer points to, behind the packet's new sequence number; `nil` where there is
  /// none, or no longer.
  package var urgentDistance: Int64?
  /// The newest TSval that it may echo, where it could echo one that was left out.
  package var newestEcho: UInt32?
  /// What its fragments were put together to, behind the IP header.
  package var datagram: [UInt8]?
  /// What becomes of the quote of an ICMP error; `nil` for a packet that is none.
  package var quote: Quote?
  /// Resets that the packet gives rise to, behind which it is left out.
  package var resets: [Reset] = []

  package init(_ packet: CapturedPacket, _ numbers: Renumbering? = nil) {
    self.packet = packet
    self.numbers = numbers ?? Renumbering(packet)
  }

  /// What the other end says first, so that there is room for the text.
  package var windowUpdate: WindowUpdate?

  /// Whether the packet is as it was after all.
  var changesNothing: Bool {
    numbers.changesNothing(of: packet) && text == nil && newestEcho == nil && resets.isEmpty
      && urgentDistance.map { $0 == Int64(packet.urgentPointer) } ?? true
      && blocks.map { $0.allSatisfy { $0.left == 0 && $0.right == 0 } } ?? true
  }

  /// The quoted header has the new numbers.
  package struct Quote {
    /// Whether nothing is quoted behind it.
    package var losesText: Bool
  }

  /// An acknowledgement of the other end that says again how far it is, and opens its window
  /// (RFC 9293 §3.8.6).
  package struct WindowUpdate {
    /// Its numbers, as distances from those of the packet's header that speak of the same stream.
    package var sequenceDistance: Int64
    package var acknowledgmentDistance: Int64
    package var window: UInt16
    /// TSval and TSecr, for where the packet has timestamps; the packet's own echo where the first is
    /// not known.
    package var timestamp: UInt32?
    package var echo: UInt32
  }

  package struct Text {
    package var runs: [SequenceMap.Run]
    /// Bytes of text in one packet, at most.
    package var limit: Int
    /// Whether one packet is enough: of what was sent before, the end is repeated, as much of it as finds
    /// room.
    package var isRepetition = false
    /// Whether the end of what was captured is not among it, and a FIN behind that neither.
    package var isCutShort = false
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
  /// With other numbers in its header.
  case renumbered(Renumbering)
  /// Indirect, as it is large and handed on several times, and most packets have none.
  indirect case rewritten(PacketRewrite)
}
