import Analysis
import Testing

@testable import Analyzers

@Suite("flow")
struct FlowTests {
  private func record(of socket: SocketInfo) throws -> Record {
    let engine = RecordingEngine(socket)
    try engine.play([.event(.connecting), .event(.closing)], to: FlowAnalyzer(Options()))
    #expect(engine.records.count == 1)
    return try #require(engine.records.first)
  }

  private var closed: SocketInfo {
    var socket = SocketInfo.sample()
    socket.out.state = .timeWait
    socket.in.state = .closed
    (socket.out.packets, socket.out.frameBytes, socket.out.tcpFlags) = (6, 480, 0x1B)
    (socket.in.packets, socket.in.frameBytes, socket.in.tcpFlags) = (5, 4410, 0x13)
    return socket
  }

  @Test("A closed connection is reported in EVE's names and order")
  func literal() throws {
    var socket = closed
    socket.out.state = .closed
    let record = try record(of: socket)
    #expect(record.eventType == "flow")
    #expect(
      json(record) == """
        {"flow":{"pkts_toserver":6,"pkts_toclient":5,"bytes_toserver":480,"bytes_toclient":4410,\
        "start":"2026-11-23T08:43:45.123456+0000","end":"2026-11-23T08:43:55.373456+0000",\
        "age":10,"state":"closed","reason":"timeout","disconnect":"fin"},\
        "tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"13",\
        "syn":true,"fin":true,"psh":true,"ack":true,"state":"closed"}}
        """)
    #expect(
      record.text == """
        TCP closed by fin, 10.250 s, out 6 packets 480 bytes, in 5 packets 4410 bytes, flags SFPA
        """)
  }

  @Test("Midstream, gaps and all flags are said where there are such")
  func extras() throws {
    var socket = closed
    socket.isMidstream = true
    socket.out.tcpFlags = 0xFF
    (socket.in.gaps, socket.in.gapBytes) = (2, 3000)
    let record = try record(of: socket)
    #expect(
      json(try #require(record["tcp"])) == """
        {"tcp_flags":"ff","tcp_flags_ts":"ff","tcp_flags_tc":"13","syn":true,"fin":true,\
        "rst":true,"psh":true,"ack":true,"urg":true,"ecn":true,"cwr":true,"state":"time_wait",\
        "midstream":true,"tc_gap":true,"tc_gaps":2,"tc_gap_bytes":3000}
        """)
    #expect(record.text?.hasSuffix("flags SFRPAUEC, midstream, 3000 bytes missing") == true)
  }

  @Test("UDP has no tcp object, and is established when both ends have spoken")
  func udp() throws {
    var socket = SocketInfo.sample(transport: .udp)
    socket.disconnectReason = .timeout
    socket.out.packets = 1
    #expect(try record(of: socket)["tcp"] == nil)
    #expect(try record(of: socket).text?.hasPrefix("UDP new by timeout, 10.250 s") == true)
    socket.in.packets = 1
    #expect(json(try record(of: socket)).contains(#""state":"established","reason":"timeout""#))
  }

  struct Words {
    var out: TCPState
    var `in`: TCPState
    var reason: DisconnectReason?
    var tcp: String
    var flow: String
    var why: String
  }

  @Test(
    "States and reasons are said in Suricata's words",
    arguments: [
      Words(
        out: .closed, in: .closed, reason: .endOfInput, tcp: "none", flow: "new", why: "shutdown"),
      Words(out: .closed, in: .closed, reason: .fin, tcp: "closed", flow: "closed", why: "timeout"),
      Words(
        out: .established, in: .established, reason: .reset, tcp: "closed", flow: "closed",
        why: "timeout"),
      Words(
        out: .synSent, in: .closed, reason: .timeout, tcp: "syn_sent", flow: "new", why: "timeout"),
      Words(
        out: .synSent, in: .listen, reason: .evicted, tcp: "syn_sent", flow: "new", why: "forced"),
      Words(
        out: .synSent, in: .synReceived, reason: .superseded, tcp: "syn_recv", flow: "new",
        why: "tcp_reuse"),
      Words(
        out: .established, in: .established, reason: nil, tcp: "established", flow: "established",
        why: "shutdown"),
      Words(
        out: .finWait2, in: .closeWait, reason: .endOfInput, tcp: "close_wait", flow: "established",
        why: "shutdown"),
      Words(
        out: .closeWait, in: .finWait1, reason: .endOfInput, tcp: "fin_wait1", flow: "established",
        why: "shutdown"),
      Words(
        out: .timeWait, in: .lastAck, reason: .timeout, tcp: "last_ack", flow: "closed",
        why: "timeout"),
      Words(
        out: .timeWait, in: .closed, reason: .fin, tcp: "time_wait", flow: "closed", why: "timeout"),
    ])
  func words(_ words: Words) throws {
    var socket = SocketInfo.sample()
    socket.out.state = words.out
    socket.in.state = words.in
    socket.disconnectReason = words.reason
    let text = json(try record(of: socket))
    #expect(text.contains(#""state":"\#(words.flow)","reason":"\#(words.why)""#))
    #expect(text.hasSuffix(#""state":"\#(words.tcp)"}}"#))
  }

  @Test("A clock that runs back gives no negative age")
  func backwards() throws {
    var socket = closed
    socket.lastSeen = Timestamp(nanoseconds: 0)
    #expect(json(try record(of: socket)).contains(#""age":0,"#))
  }

  @Test("It needs no data, so that nothing is reassembled for it")
  func interest() throws {
    #expect(try FlowAnalyzer(Options()).attach(to: .sample())?.interest == .events)
  }
}
