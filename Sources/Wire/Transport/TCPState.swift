/// The state of one end of a TCP connection (RFC 9293 §3.3.2).
@frozen
public enum TCPState: String, Hashable, Sendable, BitwiseCopyable {
  case closed
  case listen
  case synSent = "syn_sent"
  case synReceived = "syn_recv"
  case established
  case finWait1 = "fin_wait1"
  case finWait2 = "fin_wait2"
  case closeWait = "close_wait"
  case closing
  case lastAck = "last_ack"
  case timeWait = "time_wait"
}
