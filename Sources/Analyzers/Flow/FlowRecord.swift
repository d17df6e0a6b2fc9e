import Analysis

/// The record of a conversation: EVE's `flow` and `tcp` objects.
enum FlowRecord {
  static func record(of socket: SocketInfo) -> Record {
    var record = Record("flow")
    record["flow"] = flow(of: socket)
    if socket.transport == .tcp { record["tcp"] = tcp(of: socket) }
    record.describe { text(of: socket) }
    return record
  }

  /// Bytes are those of whole frames, as in EVE; `age` is in whole seconds. `disconnect` is ours:
  /// EVE's `reason` does not tell a FIN from a time-out.
  private static func flow(of socket: SocketInfo) -> Record.Value {
    var members: [(key: String, value: Record.Value)] = [
      ("pkts_toserver", .unsigned(socket.out.packets)),
      ("pkts_toclient", .unsigned(socket.in.packets)),
      ("bytes_toserver", .unsigned(socket.out.frameBytes)),
      ("bytes_toclient", .unsigned(socket.in.frameBytes)),
      ("start", .time(socket.firstPacket.timestamp)),
      ("end", .time(socket.lastSeen)),
      ("age", .integer(socket.duration / 1_000_000_000)),
      ("state", .string(socket.eveFlowState)),
      ("reason", .string(socket.eveReason)),
    ]
    if let reason = socket.disconnectReason {
      members.append(("disconnect", .string(reason.rawValue)))
    }
    return .object(members)
  }

  private static func tcp(of socket: SocketInfo) -> Record.Value {
    let flags = TCPFlags(rawValue: socket.out.tcpFlags | socket.in.tcpFlags)
    var members: [(key: String, value: Record.Value)] = [
      ("tcp_flags", .string(flags.hex)),
      ("tcp_flags_ts", .string(TCPFlags(rawValue: socket.out.tcpFlags).hex)),
      ("tcp_flags_tc", .string(TCPFlags(rawValue: socket.in.tcpFlags).hex)),
    ]
    for flag in TCPFlags.named where flags.contains(flag.flag) { members.append((flag.name, true)) }
    members.append(("state", .string(socket.eveTCPState)))
    if socket.isMidstream { members.append(("midstream", true)) }
    for (prefix, stream) in [("ts", socket.out), ("tc", socket.in)] where stream.gaps > 0 {
      members.append(("\(prefix)_gap", true))
      members.append(("\(prefix)_gaps", .unsigned(UInt64(stream.gaps))))
      members.append(("\(prefix)_gap_bytes", .unsigned(stream.gapBytes)))
    }
    return .object(members)
  }

  /// `TCP closed by fin, 1.250 s, out 5 packets 560 bytes, in 4 packets 4480 bytes, flags SFPA`
  private static func text(of socket: SocketInfo) -> String {
    let isTCP = socket.transport == .tcp
    let end = socket.disconnectReason.map { " by \($0.rawValue)" } ?? ""
    var parts = [
      "\(socket.transport.name) \(isTCP ? socket.eveTCPState : socket.eveFlowState)\(end)",
      seconds(socket.duration),
      "out \(traffic(of: socket.out))",
      "in \(traffic(of: socket.in))",
    ]
    if isTCP {
      parts.append("flags \(TCPFlags(rawValue: socket.out.tcpFlags | socket.in.tcpFlags))")
    }
    if socket.isMidstream { parts.append("midstream") }
    let missing = socket.out.gapBytes &+ socket.in.gapBytes
    if missing > 0 { parts.append("\(missing) bytes missing") }
    return parts.joined(separator: ", ")
  }

  private static func traffic(of stream: SocketInfo.Stream) -> String {
    "\(stream.packets) packets \(stream.frameBytes) bytes"
  }

  /// With milliseconds, cut.
  private static func seconds(_ nanoseconds: Int64) -> String {
    let milliseconds = String(nanoseconds / 1_000_000 % 1000)
    return "\(nanoseconds / 1_000_000_000)."
      + String(repeating: "0", count: 3 - milliseconds.utf8.count) + "\(milliseconds) s"
  }
}
