import Sockets
import Wire

// Whether a receiver would have taken a segment (`-k`).
extension Shard {
  @inline(__always)
  mutating func acceptsChecksum(
    _ segment: DissectionReference, of socket: SocketReference?
  ) -> Bool {
    switch segment.element.checksum {
    case .notVerified: return true
    case .right:
      if let socket { noteRightChecksum(segment, socket) }
      return true
    case .wrong, .offloaded: return acceptsWrongChecksum(segment, of: socket)
    }
  }

  @inline(__always)
  private mutating func noteRightChecksum(
    _ segment: DissectionReference, _ socket: SocketReference
  ) {
    if socket.element.flags.contains(.plain) { return }
    let direction = socket.element.direction(isReversed: segment.element.isReversed)
    socket.element.histories[direction.index].state.insert(.checksummed)
  }

  /// Offload shows in every packet of the capturing host: a direction that has shown a right checksum
  /// is not offloaded, but for packets that were put together.
  @inline(never)
  private mutating func acceptsWrongChecksum(
    _ segment: DissectionReference, of socket: SocketReference?
  ) -> Bool {
    var isOffloaded = segment.element.checksum == .offloaded
    if let socket {
      let direction = socket.element.direction(isReversed: segment.element.isReversed)
      if socket.element.histories[direction.index].state.contains(.checksummed) {
        isOffloaded = false
      }
    }
    isOffloaded = isOffloaded || segment.element.isAggregate
    if configuration.checksums == .auto, isOffloaded {
      counts.offloadedChecksums += 1
      return true
    }
    counts.badChecksums += 1
    if let socket {
      let direction = socket.element.direction(isReversed: segment.element.isReversed)
      note(.badChecksum, segment, of: socket, direction)
    } else {
      noteStray(.badChecksum)
    }
    return false
  }

  /// A packet that no receiver took came over the wire nevertheless.
  @inline(never)
  mutating func countRefused(_ segment: DissectionReference, of socket: SocketReference?) {
    guard let socket else {
      reportLateCorrupt(segment)
      if segment.element.length > 0 { handler.untaken(.all, .badChecksum, packet, of: nil) }
      return
    }
    let direction = socket.element.direction(isReversed: segment.element.isReversed)
    countPacket(segment, of: socket, direction)
    if socket.element.flags.contains(.wantsPackets) {
      reportPacket(segment, of: socket, direction, isCorrupt: true)
    }
    recordBadChecksum(of: socket, direction)
  }
}
