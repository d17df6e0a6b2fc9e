import Analysis

/// How the file of a stream is called: by its endpoints, so that a listing is in their order, and by
/// the flow, so that two conversations never share one.
enum StreamFileName {
  /// `record/192.0.2.1.1234-198.51.100.2.80-123456789.out`, below the log folder; the colons of
  /// IPv6 become `_`.
  static func of(_ socket: SocketInfo, _ direction: Direction) -> String {
    "record/\(part(socket.originator))-\(part(socket.responder))-\(socket.flowID)"
      + (direction == .out ? ".out" : ".in")
  }

  private static func part(_ endpoint: SocketInfo.Endpoint) -> String {
    let address = endpoint.address.description.map { $0 == ":" ? "_" : $0 }
    return "\(String(address)).\(endpoint.port)"
  }
}
