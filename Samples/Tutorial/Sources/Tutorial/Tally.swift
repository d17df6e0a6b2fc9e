import Analysis

/// Sockets and stream bytes by the port of the responder, for the whole run.
final class Tally: Analyzer {
  static let name = "tally"
  static let summary = "sockets and stream bytes by the port of the responder"

  private let shards = PerShard { ShardTally() }

  init(_ options: Options) {}

  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { shards[socket] }

  func finish(_ context: inout FinishContext) {
    var total: [UInt16: PortSums] = [:]
    for shard in shards.all { total.merge(shard.ports) { $0 + $1 } }
    for (port, sums) in total.sorted(by: { $0.key < $1.key }) {
      var record = Record("tally")
      record["tally"] = [
        "port": Record.Value(port), "sockets": Record.Value(sums.sockets),
        "bytes": Record.Value(sums.bytes),
      ]
      context.emit(record)
    }
    context.summarize("\(total.count) ports")
  }
}

/// Serves all sockets of its shard.
final class ShardTally: SocketAnalyzer {
  private(set) var ports: [UInt16: PortSums] = [:]

  var interest: Interest { [.events, .observing] }

  func event(_ event: SocketEvent, _ context: inout Context) {
    guard case .disconnected = event else { return }
    let socket = context.socket
    let sums = PortSums(sockets: 1, bytes: socket.out.streamBytes + socket.in.streamBytes)
    ports[socket.responder.port, default: PortSums()] += sums
  }
}

struct PortSums {
  var sockets: UInt64 = 0
  var bytes: UInt64 = 0

  static func + (left: Self, right: Self) -> Self {
    Self(sockets: left.sockets + right.sockets, bytes: left.bytes + right.bytes)
  }

  static func += (left: inout Self, right: Self) { left = left + right }
}
