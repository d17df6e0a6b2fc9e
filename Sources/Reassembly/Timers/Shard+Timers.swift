import Sockets
import Wire

extension Shard {
  /// Puts a socket that is in no slot where its time comes.
  mutating func schedule(_ index: Int) {
    wheel.schedule(index, at: deadline(of: index), in: sockets)
  }

  /// The second of packet time after which a socket is given up.
  private mutating func deadline(of index: Int) -> Int64 {
    sockets[index].lastSeen.wholeSeconds &+ Int64(timeout(sockets[index].flags)) &+ 1
  }

  private mutating func timeout(_ flags: SocketFlags) -> Int {
    let timeouts = configuration.timeouts
    if flags.contains(.ended) { return timeouts.ended }
    if flags.contains(.udp) {
      return flags.contains(.answered) ? timeouts.udpAnswered : timeouts.udpUnanswered
    }
    return flags.contains(.connected) ? timeouts.established : timeouts.opening
  }

  /// Moves packet time on and removes the sockets whose time is over.
  mutating func advance(to second: Int64, packet: PacketInfo, to handler: any SocketHandler) {
    while let index = wheel.popExpired(until: second, in: sockets) {
      if deadline(of: index) > second {
        schedule(index)
      } else {
        remove(index, reason: .timeout, packet: packet, to: handler)
      }
    }
  }
}
