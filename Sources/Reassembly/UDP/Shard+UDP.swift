import Sockets
import Wire

extension Shard {
  /// Takes a UDP datagram: a chunk of its own. `bytes` are the captured ones of the IP payload.
  mutating func receiveUDP(
    _ bytes: RawSpan, _ dissection: borrowing Dissection, frameLength: Int, packet: PacketInfo,
    to handler: any SocketHandler
  ) {
    guard let udp = try? UDPDatagram(validating: bytes) else {
      counts.malformedPackets += 1
      handler.weird(.malformedUDP, packet: packet)
      return
    }
    if configuration.checksums != .none,
      !acceptsChecksum(of: udp, dissection, packet: packet, handler)
    {
      return
    }
    let socket: SocketReference
    if let found = find(dissection) {
      socket = found
    } else {
      var flags: SocketFlags = [.udp, .connected]
      if dissection.isReversed { flags.insert(.originatorIsSecond) }
      socket = open(dissection, flags: flags, packet: packet, to: handler)
      report(.connected(midstream: false), of: socket, packet: packet, to: handler)
    }
    let direction = socket.element.direction(isReversed: dissection.isReversed)
    if direction == .in { socket.element.flags.insert(.answered) }
    let segment = Segment(
      sequence: SequenceNumber(0), acknowledgment: SequenceNumber(0), flags: [],
      captured: udp.payload.byteCount, missing: dissection.missing)
    count(segment, of: socket, direction, frameLength, dissection.ipLength, packet, handler)
    if segment.captured > 0 {
      deliver(udp.payload, of: socket, direction, packet: packet, to: handler)
    }
    if segment.missing > 0 {
      handler.weird(.truncatedSegment, packet: packet)
      giveUp(
        until: socket.element.positions[direction.index].offset &+ UInt64(segment.missing), socket,
        direction,
        packet: packet, to: handler)
    }
  }
}
