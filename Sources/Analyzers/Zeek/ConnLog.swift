import Analysis

/// The columns of Zeek's conn.log, in its order.
enum ConnLog {
  typealias Column = ZeekColumn<SocketInfo>

  static let columns: [Column] =
    identity + traffic + [
      Column(name: "conn_state", type: "string") { .text($0.zeekState) },
      Column(name: "local_orig", type: "bool") {
        .flag(LocalNetworks.contain($0.originator.address))
      },
      Column(name: "local_resp", type: "bool") {
        .flag(LocalNetworks.contain($0.responder.address))
      },
      Column(name: "missed_bytes", type: "count") { .count($0.missedBytes) },
      Column(name: "history", type: "string") {
        $0.history == ConnectionHistory() ? nil : .text($0.history.description)
      },
    ] + packets + [
      Column(name: "tunnel_parents", type: "set[string]") { _ in nil },
      Column(name: "ip_proto", type: "count") { .count(UInt64($0.transport.rawValue)) },
      Column(name: "community_id", type: "string") { .text(CommunityID.text(for: $0)) },
    ]

  private static let identity: [Column] = [
    Column(name: "ts", type: "time") { .time($0.firstPacket.timestamp.nanoseconds / 1000) },
    Column(name: "uid", type: "string") { .text($0.zeekUID) },
    Column(name: "id.orig_h", type: "addr") { .address($0.originator.address) },
    Column(name: "id.orig_p", type: "port") { .count(UInt64($0.originator.port)) },
    Column(name: "id.resp_h", type: "addr") { .address($0.responder.address) },
    Column(name: "id.resp_p", type: "port") { .count(UInt64($0.responder.port)) },
    Column(name: "proto", type: "enum") { .text($0.transport.name.lowercased()) },
    Column(name: "service", type: "string") { _ in nil },
  ]

  /// As in Zeek, where no time passed the bytes are not set either.
  private static let traffic: [Column] = [
    Column(name: "duration", type: "interval") { $0.zeekDuration.map { .time($0) } },
    Column(name: "orig_bytes", type: "count") {
      $0.zeekDuration == nil ? nil : .count($0.out.sentBytes)
    },
    Column(name: "resp_bytes", type: "count") {
      $0.zeekDuration == nil ? nil : .count($0.in.sentBytes)
    },
  ]

  private static let packets: [Column] = [
    Column(name: "orig_pkts", type: "count") { .count($0.out.packets) },
    Column(name: "orig_ip_bytes", type: "count") { .count($0.out.ipBytes) },
    Column(name: "resp_pkts", type: "count") { .count($0.in.packets) },
    Column(name: "resp_ip_bytes", type: "count") { .count($0.in.ipBytes) },
  ]
}

extension SocketInfo {
  /// Of a UDP conversation nothing can be known to be missing.
  fileprivate var missedBytes: UInt64 {
    transport == .tcp ? out.gapBytes &+ `in`.gapBytes : 0
  }
}
