import Analysis

/// Suricata's words for the states of a conversation.
extension SocketInfo {
  /// Nanoseconds from the first packet to the last; 0 when the clock of the capture ran back.
  var duration: Int64 { max(0, lastSeen.since(firstPacket.timestamp)) }

  /// EVE has one state for a connection: that of the responder, and before it spoke, that of the
  /// originator.
  var eveTCPState: String {
    let state = tcpState
    return state == .closed && disconnectReason != .fin && disconnectReason != .reset
      ? "none" : state.rawValue
  }

  private var tcpState: TCPState {
    if disconnectReason == .reset { return .closed }
    return `in`.state == .closed || `in`.state == .listen ? out.state : `in`.state
  }

  /// `new`, `established` or `closed`.
  var eveFlowState: String {
    guard transport == .tcp else {
      return out.packets > 0 && `in`.packets > 0 ? "established" : "new"
    }
    switch tcpState {
    case .listen, .synSent, .synReceived: return "new"
    case .established, .finWait1, .finWait2, .closeWait, .closing: return "established"
    case .lastAck, .timeWait: return "closed"
    case .closed: return eveTCPState == "none" ? "new" : "closed"
    }
  }

  /// Why the flow is reported now. A connection that has ended is reported when its entry times out.
  var eveReason: String {
    switch disconnectReason {
    case .fin, .reset, .timeout: "timeout"
    case .evicted: "forced"
    case .superseded: "tcp_reuse"
    case .endOfInput, nil: "shutdown"
    }
  }
}
