import Sockets
import Wire

extension Shard {
  /// Notes an ICMP error of the socket whose packet it quotes.
  ///
  /// Nothing else comes of it: whether the host believed it shows in what it does next, and anybody can
  /// send one (RFC 5927). An error about no socket opens none.
  @inline(never)
  mutating func receiveICMPError(_ error: DissectionReference) {
    guard let socket = find(error) else { return }
    let direction = socket.element.direction(isReversed: error.element.isReversed)
    let name: Weird = error.element.kind == .pathMTU ? .pathMTU : .icmpError
    note(
      WeirdNote(
        name, direction, offset: quotedOffset(error, socket, direction),
        value: UInt64(error.element.icmpValue)),
      of: socket)
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
