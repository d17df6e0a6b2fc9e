import Buffers

/// Connections that were given up as idle lately: whoever waits for that long goes unseen otherwise.
struct ForgottenSockets: ~Copyable {
  struct Entry: BitwiseCopyable {
    var key: FlowKey
    var wide: WideAddresses
    var flowID: UInt64
  }

  private static var capacity: Int { 256 }
  private var entries: ReservedArray<Entry>
  private var next = 0

  init() { entries = ReservedArray(capacity: Self.capacity) }

  mutating func add(_ socket: SocketReference) {
    let entry = Entry(
      key: socket.element.key, wide: socket.element.wide, flowID: socket.info.flowID)
    if entries.isFull { entries[next] = entry } else { entries.append(entry) }
    next = (next &+ 1) % Self.capacity
  }

  /// The flow_id that a connection had before; each is found once.
  mutating func take(_ socket: SocketReference) -> UInt64? {
    for index in 0..<entries.count
    where entries[index].key == socket.element.key && entries[index].flowID != 0 {
      if socket.element.key.isWide, entries[index].wide != socket.element.wide { continue }
      defer { entries[index].flowID = 0 }
      return entries[index].flowID
    }
    return nil
  }
}
