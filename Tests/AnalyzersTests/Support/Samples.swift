import Analysis
import Analyzers
import Buffers
import Wire

extension Timestamp {
  /// 2026-11-23T08:43:45.123456789Z
  static let sample = Timestamp(seconds: 1_795_423_425, nanoseconds: 123_456_789)
}

extension SocketInfo.Endpoint {
  init(_ address: String, _ port: UInt16) {
    self.init(address: IPAddress(address)!, port: port)
  }
}

extension SocketInfo {
  /// A connection of ten seconds that was closed by both FINs.
  static func sample(
    _ originator: Endpoint = Endpoint("192.0.2.1", 1234),
    _ responder: Endpoint = Endpoint("198.51.100.2", 80), transport: Transport = .tcp,
    flowID: UInt64 = 42
  ) -> SocketInfo {
    SocketInfo(
      id: SocketID(socket: 3, sequence: 9), flowID: flowID, transport: transport,
      originator: originator, responder: responder, vlans: [], shard: 5, isMidstream: false,
      firstPacket: PacketInfo(ordinal: 2, timestamp: .sample),
      lastSeen: Timestamp.sample.advanced(by: 10_250_000_000), disconnectReason: .fin,
      out: Stream(), in: Stream())
  }
}

extension RecordFormatter {
  /// One record as it is written.
  func line(_ record: Record, about socket: SocketInfo? = nil, in capture: String? = nil) -> String
  {
    var output = TextBuffer()
    let subject = socket.map {
      RecordSubject(
        socket: $0, packet: PacketInfo(ordinal: 7, timestamp: .sample), captureName: capture)
    }
    append(record, about: subject, to: &output)
    return String(output)
  }
}

/// The JSON of a value.
func json(_ value: Record.Value) -> String {
  var output = TextBuffer()
  output.appendJSON(value)
  return String(output)
}

/// The JSON of a record's fields.
func json(_ record: Record) -> String { json(.object(record.fields)) }
