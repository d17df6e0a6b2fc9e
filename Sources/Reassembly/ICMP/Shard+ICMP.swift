import Sockets
import Wire

extension Shard {
  /// Notes an ICMP error of the socket whose packet it quotes.
  ///
  /// Nothing else comes of it: whether the host believed it shows in what it does next, and anybody can
  /// send one (RFC 5927). An error about no socket opens none.
  @inline(never)
  mutating func receiveICMPError(_ error: DissectionReference, in frame: RawSpan) {
    guard let socket = find(error) else { return receiveLateError(error, frame) }
    let direction = socket.element.direction(isReversed: error.element.isReversed)
    let name: Weird = error.element.kind == .pathMTU ? .pathMTU : .icmpError
    note(
      WeirdNote(
        name, direction, offset: quotedOffset(error, socket, direction),
        value: UInt64(error.element.icmpValue)),
      of: socket)
    guard socket.element.flags.contains(.wantsPackets),
      case (var packet, let acknowledgment)? = quote(of: error, direction, frame)
    else { return }
    let isTCP = !socket.element.flags.contains(.udp)
    if isTCP, isStarted(socket, direction) {
      packet.traits.insert(.tcp)
      packet.offset = place(of: error.element.sequence, socket, direction)
    }
    if isTCP, let acknowledgment, isStarted(socket, direction.reversed) {
      packet.traits.insert(.acknowledges)
      packet.acknowledged = place(of: acknowledgment, socket, direction.reversed)
    }
    handler.packet(packet, of: view(socket))
  }

  /// An error about a connection that has gone, or about none.
  private mutating func receiveLateError(_ error: DissectionReference, _ frame: RawSpan) {
    let entry = findDeparted(error).flatMap { departed?.entry($0) }
    let direction = entry?.direction(isReversed: error.element.isReversed) ?? .out
    guard case (var packet, let acknowledgment)? = quote(of: error, direction, frame) else {
      return
    }
    guard let entry, entry.memo != .none, entry.traits.contains(.isStarted(direction)) else {
      if packet.captured > 0 { handler.untaken(.all, .quote, packet.info, of: nil) }
      return
    }
    packet.traits.insert(.tcp)
    packet.offset = Int64(error.element.sequence.distance(from: entry.next[direction.index]))
    let peer = direction.reversed
    if let acknowledgment, entry.traits.contains(.isStarted(peer)) {
      packet.traits.insert(.acknowledges)
      packet.acknowledged = Int64(acknowledgment.distance(from: entry.next[peer.index]))
    }
    handler.packet(packet, ofDeparted: entry.memo, shard: number)
  }

  /// What an error quotes, without its place in a stream, and the acknowledgement number of the quote.
  private func quote(
    of error: DissectionReference, _ direction: Direction, _ frame: RawSpan
  ) -> (CapturedPacket, SequenceNumber?)? {
    let start = error.element.transportOffset
    guard start < error.element.end, error.element.end <= frame.byteCount else { return nil }
    let message = frame.extracting(start..<error.element.end)
    guard
      let icmp = try? ICMPError(
        validating: message, error.element.isIPv6 ? .icmpv6 : .icmp),
      let (number, offset) = icmp.quotedTransport, offset + 8 <= message.byteCount
    else { return nil }
    var packet = CapturedPacket(self.packet, direction, .quote)
    packet.networkOffset = UInt32(start)
    packet.transportOffset = UInt32(start + offset)
    let header = message.extracting(droppingFirst: offset)
    var length = 8
    var acknowledgment: SequenceNumber?
    if number == .tcp {
      length = header.byteCount > 12 ? max(Int(header.byte(at: 12) >> 4) * 4, 20) : header.byteCount
      if header.byteCount >= 14, TCPFlags(rawValue: header.byte(at: 13)).contains(.ack) {
        acknowledgment = SequenceNumber(header.load(bigEndianAt: 8))
      }
    }
    packet.headerLength = UInt8(min(length, header.byteCount))
    packet.captured = UInt32(header.byteCount - min(length, header.byteCount))
    return (packet, acknowledgment)
  }

  /// Where the quoted segment lies in its stream; `nil` where that is not known, or not in the stream.
  private mutating func quotedOffset(
    _ error: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) -> UInt64? {
    guard !socket.element.flags.contains(.udp), isStarted(socket, direction) else { return nil }
    let position = socket.element.positions[direction.index]
    let ahead = error.element.sequence.distance(from: position.next)
    let offset = Int(truncatingIfNeeded: position.offset) &+ ahead
    // A SYN has the number in front of the first byte, and stands at its place.
    return offset >= -1 ? UInt64(max(offset, 0)) : nil
  }
}
