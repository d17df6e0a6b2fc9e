import Sockets
import Wire

// How far a sender may go: the window that its receiver announces (RFC 9293 §3.8, RFC 7323 §2).
extension Shard {
  /// Notes the window of a segment that came in `direction`: it is for the other direction's stream.
  @inline(__always)
  mutating func takeWindow(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    let window = Int(segment.element.window) &<< Int(socket.element.shifts[direction.index])
    let edge = segment.element.acknowledgment + window
    let stream = direction.reversed.index
    let last = socket.element.edges[stream]
    if edge == last { return }
    if edge.isAfter(last), socket.element.checks.contains(.edge(direction.reversed)) {
      socket.element.edges[stream] = edge
    } else {
      takeOtherWindow(edge, segment, socket, direction)
    }
  }

  /// The first window, or one that ends before what was announced already (RFC 9293 §3.8.6.2.1 advises
  /// against that). A receiver that rounds to its scale takes nothing back.
  @inline(never)
  private mutating func takeOtherWindow(
    _ edge: SequenceNumber, _ segment: DissectionReference, _ socket: SocketReference,
    _ direction: Direction
  ) {
    let stream = direction.reversed
    guard socket.element.checks.contains(.edge(stream)) else {
      socket.element.checks.insert(.edge(stream))
      socket.element.edges[stream.index] = edge
      return
    }
    let lost = socket.element.edges[stream.index].distance(from: edge)
    let isNewest =
      segment.element.acknowledgment == socket.element.positions[stream.index].acknowledged
    guard isNewest else { return }
    // What was on its way may be taken still: then it is acknowledged.
    socket.element.edges[stream.index] = edge
    if lost >= 1 << Int(socket.element.shifts[direction.index]),
      socket.element.histories[direction.index].state.contains(.synSeen)
    {
      note(
        WeirdNote(.windowShrunk, direction, length: UInt64(lost)), of: socket)
    }
  }

  /// The window of a SYN or of its answer, which is never scaled (RFC 7323 §2.2).
  mutating func takeUnscaledWindow(
    _ segment: DissectionReference, _ socket: SocketReference, _ direction: Direction
  ) {
    let stream = direction.reversed
    socket.element.checks.insert(.edge(stream))
    socket.element.edges[stream.index] =
      segment.element.acknowledgment + Int(segment.element.window)
  }

  /// After a SYN: windows are scaled when both ends said so. Of an end whose SYN was not seen nothing
  /// is known but that it does not, when the other did not.
  mutating func settleScales(_ socket: SocketReference) {
    var isPossible = true
    for direction in Direction.allCases
    where socket.element.histories[direction.index].state.contains(.synSeen) {
      let offer = socket.element.offers[direction.index]
      if !offer.options.contains(.windowScale) { isPossible = false }
      socket.element.shifts[direction.index] = offer.windowScale
    }
    if !isPossible { socket.element.shifts = InlineArray(repeating: 0) }
  }

  /// A stream of whose receiver no window is known may go on: far, but not so far that it could not be
  /// told what lies before and what behind.
  @inline(__always)
  mutating func openUnknownWindow(_ socket: SocketReference, _ stream: Direction) {
    if !socket.element.checks.contains(.edge(stream)) {
      let next = socket.element.positions[stream.index].next
      socket.element.edges[stream.index] = next + 1 << 30
      // No window is larger: so what is further back has been acknowledged, though nobody saw it.
      if next.rawValue &- socket.element.positions[stream.index].acknowledged.rawValue >= 1 << 30 {
        socket.element.positions[stream.index].noteAcknowledged(next + -(1 << 30))
      }
    }
  }
}
