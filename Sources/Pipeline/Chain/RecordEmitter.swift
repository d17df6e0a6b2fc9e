import Analysis
import Reassembly
import Sockets
import Wire

/// What stands behind the analyzers' contexts: knows which socket and packet a call is about, and
/// collects what the calls emit.
final class RecordEmitter: AnalysisEngine {
  /// What is being reported; `nil` between calls and at the end of the run.
  var socket: SocketView?
  var packet = PacketInfo(ordinal: 0, timestamp: Timestamp(nanoseconds: 0))
  /// How many ends of the input have been reached: of the packets, then of the sockets. What is
  /// written then stands behind all that the last packet caused.
  var ends: UInt64 = 0
  var lane = OutputLane()
  private let formatter: any RecordFormatter
  /// Named in records; `nil` on an interface.
  private let captureName: String?

  init(formatter: any RecordFormatter, captureName: String?) {
    self.formatter = formatter
    self.captureName = captureName
  }

  /// Behind the packet that caused it; of several sockets that a packet moves (by its time), the
  /// older comes first.
  private var key: OutputKey {
    OutputKey(ordinal: packet.ordinal &+ ends, subIndex: socket?.firstOrdinal ?? .max)
  }

  func currentSocket() -> SocketInfo {
    guard let socket else { preconditionFailure("a context outlived its call") }
    return socket.info
  }

  func emit(_ record: Record) {
    let subject = socket.map {
      RecordSubject(socket: $0.info, packet: packet, captureName: captureName)
    }
    lane.append(key) { formatter.append(record, about: subject, to: &$0) }
  }

  func print(_ line: String) {
    lane.append(key) {
      $0 += line.utf8
      $0.append(UInt8(ascii: "\n"))
    }
  }
}
