import Analysis
import Reassembly
import Sockets

// Oddities: counted, and of those of one name on a socket the first, the tenth and so on written.
extension ChainRunner {
  func weird(_ weird: WeirdNote, of socket: SocketView?, packet: PacketInfo) {
    weirds.add(weird.name)
    guard let socket else {
      strays.note(weird.name, of: packet)
      return
    }
    if isToBeWritten(weird, of: socket) {
      emitter.emit(weird.record(count: UInt64(weird.count)), of: socket, packet: packet)
    }
  }

  private func isToBeWritten(_ weird: WeirdNote, of socket: SocketView) -> Bool {
    if weird.count > 0 {
      return WeirdSample.contains(UInt64(weird.count)) && isSelected(socket)
    }
    guard isSelected(socket) else { return false }
    // The socket does not know how often it had this one: those of its shard stand in for it.
    let name = ShardWeird(shard: socket.shard, name: weird.name)
    uncounted[name, default: 0] += 1
    return WeirdSample.contains(uncounted[name, default: 0])
  }

  private func isSelected(_ socket: SocketView) -> Bool { isSelected?(socket.info) ?? true }

  /// The oddities of packets without a socket since it was last asked.
  func takeStrays() -> [StrayNote] {
    if strays.isEmpty { return [] }
    defer { strays = [] }
    return strays
  }
}

/// An oddity in a shard, which is the same for every number of workers.
struct ShardWeird: Hashable {
  var shard: Int
  var name: Weird
}
