import Sockets
import Wire

// Oddities: counted, told, and no reason to stop.
extension Shard {
  /// What few sockets have, made when it is first needed; `nil` when the budget for it is reached.
  @inline(never)
  mutating func details(of socket: SocketReference) -> DetailStore.Reference? {
    if let details = socket.element.details { return details }
    guard let details = makeDetails() else {
      handler.weird(WeirdNote(.detailBudgetReached), of: view(socket), packet: packet)
      return nil
    }
    socket.element.details = details
    return details
  }

  /// Whether the next oddity of this name is to be written, as far as the socket knows.
  mutating func isTold(_ name: Weird, of socket: SocketReference) -> Bool {
    guard let count = socket.element.details?.element.weirds.count(of: name) else { return true }
    return WeirdSample.contains(UInt64(count) &+ 1)
  }

  /// An oddity of a socket.
  mutating func note(_ weird: WeirdNote, of socket: SocketReference) {
    var weird = weird
    if let details = details(of: socket) { weird.count = details.element.weirds.add(weird.name) }
    handler.weird(weird, of: view(socket), packet: packet)
  }

  /// An oddity of a segment: where its text lies in the stream, as far as that is known.
  @inline(never)
  mutating func note(
    _ name: Weird, _ segment: DissectionReference, of socket: SocketReference,
    _ direction: Direction
  ) {
    var weird = WeirdNote(name, direction)
    if isStarted(socket, direction) {
      let place = textStart(of: segment, socket, direction)
      if place >= 0 { weird.offset = UInt64(place) }
    }
    weird.length = UInt64(segment.element.length)
    note(weird, of: socket)
  }

  /// An oddity of a packet that belongs to no socket.
  @inline(never)
  mutating func noteStray(_ name: Weird) {
    handler.weird(WeirdNote(name), of: nil, packet: packet)
  }
}
