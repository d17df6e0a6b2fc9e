import Reassembly
import Sockets
import Wire

/// What tells connections apart, the same for both directions.
struct ConnectionKey: Hashable {
  private let first: SocketInfo.Endpoint
  private let second: SocketInfo.Endpoint
  private let vlans: VLANTags
  private let tunnel: UInt64

  init(_ view: SegmentView) {
    let isReversed = Self.isBefore(view.destination, view.source)
    first = isReversed ? view.destination : view.source
    second = isReversed ? view.source : view.destination
    vlans = view.vlans
    tunnel = view.tunnelKey
  }

  private static func isBefore(
    _ left: SocketInfo.Endpoint, _ right: SocketInfo.Endpoint
  ) -> Bool {
    (left.address.high, left.address.low, left.port)
      < (right.address.high, right.address.low, right.port)
  }
}

/// The connections that are followed. The one that was heard of least recently makes room for others.
final class ConnectionTable {
  private let ledger: Ledger
  private var places: [ConnectionKey: Int] = [:]
  private var connections: [(key: ConnectionKey, connection: Connection)?] = []
  private var free: [Int] = []
  private var order = RecencyOrder()
  /// Those that keep bytes of their streams.
  private var keepers = RecencyOrder()
  /// How many there have been: the number of the next one.
  private var serial: UInt64 = 0

  init(_ ledger: Ledger) {
    self.ledger = ledger
    ledger.makeRoom = { [unowned self] keeper in makeRoom(for: keeper) }
  }

  deinit { ledger.makeRoom = { _ in false } }

  /// - Parameter bytes: those that the view's ranges speak of.
  func take(_ view: SegmentView, _ packet: PacketInfo, _ bytes: RawSpan) {
    let segment = Segment(view, packet, bytes)
    let key = ConnectionKey(view)
    guard let place = places[key], let connection = connections[place]?.connection else {
      let (place, connection) = add(key, segment)
      connection.take(segment, bytes)
      return noteBytes(of: connection, place)
    }
    order.touch(place)
    var current = connection
    switch connection.succession(by: segment) {
    case .none: break
    case .begins: current = replace(place, segment)
    case .began(let opening):
      // The SYN has been confirmed after the fact. Its text, if any, is gone.
      current = replace(place, opening)
      current.take(opening, bytes.extracting(0..<0))
    }
    current.take(segment, bytes)
    noteBytes(of: current, place)
  }

  private func noteBytes(of connection: Connection, _ place: Int) {
    if connection.hasBytes { keepers.touch(place) }
  }

  private func add(_ key: ConnectionKey, _ segment: Segment) -> (Int, Connection) {
    if places.count >= ledger.options.connections, let oldest = order.oldest { forget(oldest) }
    let place = free.popLast() ?? connections.count
    if place == connections.count { connections.append(nil) }
    let connection = makeConnection(segment)
    connections[place] = (key, connection)
    places[key] = place
    order.touch(place)
    return (place, connection)
  }

  private func makeConnection(_ segment: Segment) -> Connection {
    serial += 1
    ledger.counts.connections += 1
    return Connection(segment, serial, ledger)
  }

  /// The same ends have begun another connection.
  private func replace(_ place: Int, _ segment: Segment) -> Connection {
    connections[place]?.connection.settle()
    keepers.remove(place)
    let successor = makeConnection(segment)
    connections[place]?.connection = successor
    successor.note(.portReused, segment)
    return successor
  }

  private func forget(_ place: Int) {
    connections[place]?.connection.noteForgotten()
    remove(place)
  }

  private func remove(_ place: Int) {
    guard let (key, connection) = connections[place] else { return }
    connection.settle()
    connections[place] = nil
    places[key] = nil
    order.remove(place)
    keepers.remove(place)
    free.append(place)
  }

  private func makeRoom(for keeper: Connection) -> Bool {
    guard var place = keepers.oldest else { return false }
    if connections[place]?.connection === keeper {
      guard let next = keepers.after(place) else { return false }
      place = next
    }
    connections[place]?.connection.letGoOfBytes()
    keepers.remove(place)
    return true
  }

  func finish() {
    while let oldest = order.oldest { remove(oldest) }
  }
}
