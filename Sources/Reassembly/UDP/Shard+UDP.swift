import Sockets
import Wire

extension Shard {
  /// Takes a UDP datagram, whose content lies in `frame`: a chunk of its own.
  @inline(never)
  mutating func receiveUDP(_ datagram: DissectionReference, in frame: RawSpan) {
    let found = find(datagram)
    if configuration.checksums != .none, !acceptsChecksum(datagram, of: nil) {
      countRefused(datagram, of: found)
      return
    }
    let socket: SocketReference
    if let found {
      socket = found
    } else {
      var flags: SocketFlags = [.udp, .connected]
      if datagram.element.isReversed { flags.insert(.originatorIsSecond) }
      socket = open(datagram, flags: flags)
      report(.connected(midstream: false), of: socket)
    }
    let direction = socket.element.direction(isReversed: datagram.element.isReversed)
    if direction == .in { socket.element.flags.insert(.answered) }
    count(datagram, of: socket, direction)
    if socket.element.lacking[direction.index].contains(.data) {
      recordFirst(.data, of: socket, direction)
    }
    if datagram.element.captured > 0 {
      deliver(frame.extracting(datagram.element.text), of: socket, direction)
    }
    if datagram.element.missing > 0 {
      note(.truncatedSegment, datagram, of: socket, direction)
      let end = socket.element.positions[direction.index].offset &+ UInt64(datagram.element.missing)
      giveUp(until: end, socket, direction)
    }
  }
}
