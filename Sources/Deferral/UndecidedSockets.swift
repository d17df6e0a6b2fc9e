package import Sockets

/// A packet whose fate has been open for too long.
package struct UndecidedPacket {
  package let socket: DeferredSocket
  package let direction: Direction
}

/// The sockets with packets whose fate is open, by the place of the oldest of these among all packets.
struct UndecidedSockets {
  private struct Mark {
    var position: UInt64
    /// `SocketID.sequence`
    var socket: UInt64
  }

  /// In ascending order from `first` on. A mark may stand before the place of its socket's oldest open
  /// packet, never behind it.
  private var marks: [Mark] = []
  private var first = 0
  private var sockets: [UInt64: DeferredSocket] = [:]

  /// A packet of a socket without a mark is open.
  mutating func add(_ socket: DeferredSocket, at position: UInt64) {
    socket.isMarked = true
    sockets[socket.id.sequence] = socket
    insert(Mark(position: position, socket: socket.id.sequence))
  }

  /// A socket has gone.
  mutating func remove(_ socket: DeferredSocket) {
    guard socket.isMarked else { return }
    socket.isMarked = false
    sockets[socket.id.sequence] = nil
  }

  private mutating func insert(_ mark: Mark) {
    var place = marks.endIndex
    while place > first, marks[place - 1].position > mark.position { place -= 1 }
    marks.insert(mark, at: place)
  }

  mutating func oldest(before position: UInt64) -> UndecidedPacket? {
    while first < marks.count, marks[first].position < position {
      let mark = marks[first]
      if let socket = sockets[mark.socket] {
        if let open = socket.oldestOpen {
          if open.position < position {
            return UndecidedPacket(socket: socket, direction: open.direction)
          }
          insert(Mark(position: open.position, socket: mark.socket))
        } else {
          remove(socket)
        }
      }
      first += 1
      if first > 1024, first > marks.count / 2 {
        marks.removeFirst(first)
        first = 0
      }
    }
    return nil
  }
}
