import Sockets
import Wire

extension Shard {
  /// Puts a socket that is in no slot where its time comes.
  mutating func schedule(_ socket: SocketReference) {
    wheel.schedule(socket, at: deadline(of: socket))
    if wheel.isMostlyStale(with: sockets.count) { wheel.dropStaleEntries(sockets) }
  }

  /// The second of packet time after which a socket is given up.
  private mutating func deadline(of socket: SocketReference) -> Int64 {
    socket.element.lastSeen.wholeSeconds
      &+ Int64(timeout(socket.element.flags, socket.element.checks)) &+ 1
  }

  private mutating func timeout(_ flags: SocketFlags, _ checks: SegmentChecks) -> Int {
    let timeouts = configuration.timeouts
    // After a reset as long as after the end: who is silent for so long has taken it.
    if flags.contains(.ended) || !checks.isDisjoint(with: .anyReset) { return timeouts.ended }
    if flags.contains(.udp) {
      return flags.contains(.answered) ? timeouts.udpAnswered : timeouts.udpUnanswered
    }
    return flags.contains(.connected) ? timeouts.established : timeouts.opening
  }

  /// Moves packet time on and removes the sockets whose time is over.
  mutating func advance(to second: Int64) {
    while let index = wheel.popExpired(until: second, in: sockets) {
      let socket = sockets.reference(to: index)
      if deadline(of: socket) > second {
        schedule(socket)
      } else {
        remove(socket, reason: .timeout)
      }
    }
  }
}
