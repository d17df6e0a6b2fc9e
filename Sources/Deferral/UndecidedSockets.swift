import HeapModule
package import Sockets

/// A packet whose fate has been open for too long.
package struct UndecidedPacket {
  package let socket: DeferredSocket
  package let direction: Direction
}

/// The sockets with packets whose fate is open, by the place of the oldest of these among all packets.
struct UndecidedSockets {
  private struct Mark: Comparable {
    var position: UInt64
    /// `SocketID.sequence`
    var socket: UInt64

    static func < (left: Self, right: Self) -> Bool {
      (left.position, left.socket) < (right.position, right.socket)
    }
  }

  /// A mark may stand before the place of its socket's oldest open packet, never behind it.
  private var marks = Heap<Mark>()
  private var sockets: [UInt64: DeferredSocket] = [:]

  /// A packet of a socket without a mark is open.
  mutating func add(_ socket: DeferredSocket, at position: UInt64) {
    socket.isMarked = true
    sockets[socket.id.sequence] = socket
    marks.insert(Mark(position: position, socket: socket.id.sequence))
  }

  /// A socket has gone.
  mutating func remove(_ socket: DeferredSocket) {
    guard socket.isMarked else { return }
    socket.isMarked = false
    sockets[socket.id.sequence] = nil
  }

  mutating func oldest(before position: UInt64) -> UndecidedPacket? {
    while let mark = marks.min, mark.position < position {
      if let socket = sockets[mark.socket] {
        if let open = socket.oldestOpen {
          if open.position < position {
            return UndecidedPacket(socket: socket, direction: open.direction)
          }
          marks.replaceMin(with: Mark(position: open.position, socket: mark.socket))
          continue
        }
        remove(socket)
      }
      marks.removeMin()
    }
    return nil
  }
}
