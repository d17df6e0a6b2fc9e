import Analysis
import Analyzers
import Foundation
import Pipeline
import Support
import Testing
import Wire

@Suite("conn.log")
struct ConnLogTests {
  /// A conversation, and what Zeek would say of it.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var state: String
    var history: String
    var talk: @Sendable (Conversation, End, End) -> Void
    var testDescription: String { name }

    init(
      _ name: String, _ state: String, _ history: String,
      _ talk: @escaping @Sendable (Conversation, End, End) -> Void
    ) {
      self.name = name
      self.state = state
      self.history = history
      self.talk = talk
    }
  }

  static let states: [Case] = [
    Case("a SYN without an answer", "S0", "S") { _, originator, _ in originator.opens() },
    Case("a repeated SYN is one", "S0", "S") { _, originator, _ in
      originator.opens()
      originator.opens()
    },
    Case("established, and not closed", "S1", "ShADad") { talk, originator, responder in
      talk.opens()
      originator.sends("question")
      responder.acknowledges()
      responder.sends("answer")
    },
    Case("opened and closed", "SF", "ShADaFf") { talk, originator, responder in
      talk.opens()
      originator.sends("question")
      responder.acknowledges()
      talk.closes()
    },
    Case("refused", "REJ", "Sr") { _, originator, responder in
      originator.opens()
      responder.resets()
    },
    Case("closed by the originator alone", "S2", "ShAFa") { talk, originator, responder in
      talk.opens()
      originator.finishes()
      responder.acknowledges()
    },
    Case("closed by the responder alone", "S3", "ShAf") { talk, originator, responder in
      talk.opens()
      responder.finishes()
      originator.acknowledges()
    },
    Case("aborted by the originator", "RSTO", "ShADR") { talk, originator, _ in
      talk.opens()
      originator.sends("question")
      originator.resets()
    },
    Case("aborted by the responder", "RSTR", "ShADr") { talk, originator, responder in
      talk.opens()
      originator.sends("question")
      responder.resets()
    },
    Case("a SYN and a reset", "RSTOS0", "SR") { _, originator, _ in
      originator.opens()
      originator.segment(
        [.rst], sequence: originator.sequence(0), acknowledgment: 0, [])
    },
    Case("an answer and a reset", "RSTRH", "^hr") { _, _, responder in
      responder.answers()
      responder.resets()
    },
    Case("a SYN and a FIN", "SH", "SF") { _, originator, _ in
      originator.opens()
      originator.finishes()
    },
    Case("an answer and a FIN", "SHR", "^hf") { _, _, responder in
      responder.answers()
      responder.finishes()
    },
    Case("midstream", "OTH", "DadA") { _, originator, responder in
      originator.sends("question")
      responder.acknowledges()
      responder.sends("answer")
      originator.acknowledges()
    },
    Case("the answer, and on without the SYN", "SF", "^hADFf") { talk, originator, responder in
      responder.answers()
      originator.acknowledges()
      originator.sends("question")
      talk.closes()
    },
    Case("a reset behind both FINs changes nothing", "SF", "ShAFfR") { talk, originator, _ in
      talk.opens()
      talk.closes()
      originator.segment(
        [.rst], sequence: originator.sequence(1), acknowledgment: 0, [])
    },
    Case("a FIN with a reset behind it, answered by a FIN", "SF", "ShAFRf") {
      talk, originator, responder in
      talk.opens()
      originator.finishes()
      originator.segment([.rst], sequence: originator.sequence(1), acknowledgment: 0, [])
      responder.finishes()
    },
    Case("datagrams both ways", "SF", "Dd") { _, originator, responder in
      originator.datagram("question")
      responder.datagram("answer")
      originator.datagram("question")
    },
    Case("datagrams without answer", "S0", "D") { _, originator, _ in
      originator.datagram("question")
    },
  ]

  static let letters: [Case] = [
    Case("c: a wrong checksum", "S1", "ShADC") { talk, originator, _ in
      talk.opens()
      originator.sends("right")
      originator.sends("wrong", at: 5)
      talk.changeLast { $0.bytes[$0.bytes.count - 1] ^= 0x55 }
    },
    Case("c: a datagram with a wrong checksum", "S0", "DC") { talk, originator, _ in
      originator.datagram("right")
      originator.datagram("wrong")
      talk.changeLast { $0.bytes[$0.bytes.count - 1] ^= 0x55 }
    },
    Case("g: bytes that were acknowledged and never seen", "SF", "ShADdaGFf") {
      talk, originator, responder in
      talk.opens()
      originator.sends("abc")
      originator.loses(3)
      originator.sends("ghi")
      responder.received = 9
      for _ in 1...10 { responder.sends("x") }
      responder.acknowledges()
      talk.closes()
    },
    Case("t: the 1st, 10th and 100th retransmission", "S1", "ShADTTT") { talk, originator, _ in
      talk.opens()
      originator.sends("abc")
      for _ in 1...101 { originator.sends("abc", at: 0) }
    },
    Case("t: the other way", "S1", "ShADdatt") { talk, originator, responder in
      talk.opens()
      originator.sends("abc")
      responder.sends("def")
      responder.acknowledges()
      for _ in 1...12 { responder.sends("def", at: 0) }
    },
    Case("w: zero windows", "S1", "ShADaww") { talk, originator, responder in
      talk.opens()
      originator.sends("abc")
      responder.window = 0
      for _ in 1...10 { responder.acknowledges() }
    },
    Case("w: not behind the peer's FIN", "S2", "ShAFa") { talk, originator, responder in
      talk.opens()
      originator.finishes()
      responder.window = 0
      responder.acknowledges()
    },
    Case("i: FIN and RST", "RSTO", "ShAI") { talk, originator, _ in
      talk.opens()
      originator.segment(
        [.fin, .rst, .ack], sequence: originator.sequence(0), acknowledgment: 5001, [])
    },
    Case("q: SYN and FIN", "SH", "Q") { _, originator, _ in
      originator.segment([.syn, .fin], sequence: 1000, acknowledgment: 0, [])
    },
    Case("q: SYN and RST", "OTH", "Q") { _, originator, _ in
      originator.segment([.syn, .rst], sequence: 1000, acknowledgment: 0, [])
    },
    Case("r: resets with other numbers count", "RSTR", "ShADrr") { talk, originator, responder in
      talk.opens()
      originator.sends("abc")
      responder.resets()
      responder.resets()
      responder.resets(at: 7)
    },
    Case("a is recorded once, and d with it", "S1", "ShADad") {
      talk, originator, responder in
      talk.opens()
      for _ in 1...20 { originator.sends("abc") }
      for _ in 1...20 { responder.acknowledges() }
      for _ in 1...20 { responder.sends("abc") }
      for _ in 1...20 { originator.acknowledges() }
    },
  ]

  @Test("conn_state and history", arguments: states + letters)
  func connState(_ expected: Case) throws {
    let log = try records(of: expected)
    #expect(log.count == 1)
    #expect(log.first?["conn_state"] as? String == expected.state)
    #expect(log.first?["history"] as? String == expected.history)
  }

  @Test("x: a socket that was given up for want of memory")
  func partial() throws {
    var talks: [CapturedFrame] = []
    for client in 1...20_000 {
      let talk = Conversation(client: client)
      talk.originator.opens()
      talks += talk.frames
    }
    let log = try records(of: talks, memory: 1 << 20)
    #expect(log.contains { $0["history"] as? String == "SX" })
    #expect(log.contains { $0["history"] as? String == "S" })
  }

  @Test("Bytes are those of the sequence numbers, with what was lost, without SYN and FIN")
  func bytes() throws {
    let record = try #require(
      try records(
        of: Case("", "", "") { talk, originator, responder in
          talk.opens()
          originator.sends("abc")
          originator.loses(3)
          originator.sends("ghi")
          responder.received = 9
          responder.sends("0123456789")
          // Acknowledged, and never seen.
          originator.acknowledges(30)
          talk.closes()
        }
      ).first)
    #expect(record["orig_bytes"] as? Int == 9)
    #expect(record["missed_bytes"] as? Int == 3)
    #expect(record["orig_pkts"] as? Int == 7)
    #expect(record["resp_pkts"] as? Int == 3)
    #expect(record["orig_ip_bytes"] as? Int == 7 * 40 + 4 + 6)
    #expect(record["ip_proto"] as? Int == 6)
  }

  @Test(
    "g: the first gap and the tenth, whether or not anybody wants the data",
    arguments: [1, 9, 10, 12])
  func gaps(count: Int) throws {
    for wantsData in [false, true] {
      let record = try #require(
        try records(
          of: Case("", "", "") { talk, originator, responder in
            talk.opens()
            for _ in 1...count {
              originator.sends("abc")
              originator.loses(3)
            }
            originator.sends("end")
            responder.acknowledges(originator.sent)
            talk.closes()
          }, wantsData: wantsData
        ).first)
      let letters = (record["history"] as? String)?.count { $0 == "G" }
      #expect(letters == (count < 10 ? 1 : 2))
      #expect(record["missed_bytes"] as? Int == 3 * count)
    }
  }

  @Test(
    "What was acknowledged and never seen, with nothing behind it, is missing",
    arguments: [false, true])
  func missingEnd(wantsData: Bool) throws {
    let record = try #require(
      try records(
        of: Case("", "", "") { talk, originator, responder in
          talk.opens()
          originator.sends("abc")
          responder.acknowledges(103)
          responder.sends("x")
        }, wantsData: wantsData
      ).first)
    #expect(record["orig_bytes"] as? Int == 103)
    #expect(record["missed_bytes"] as? Int == 100)
    #expect(record["history"] as? String == "ShADadG")
  }

  @Test("What is sent after a reset is counted")
  func afterReset() throws {
    let record = try #require(
      try records(
        of: Case("", "", "") { talk, originator, responder in
          talk.opens()
          originator.sends("abc")
          originator.resets()
          responder.sends("0123456789")
        }
      ).first)
    #expect(record["resp_bytes"] as? Int == 10)
    #expect(record["missed_bytes"] as? Int == 0)
  }

  @Test("The duration ends where both ends have closed, and one packet has none")
  func duration() throws {
    let closed = Case("", "", "") { talk, originator, _ in
      talk.opens()
      originator.finishes()
      talk.waits(seconds: 2)
      talk.responder.finishes()
      talk.waits(seconds: 5)
      originator.acknowledges()
    }
    #expect(try records(of: closed).first?["duration"] as? Double == 2.004)
    let single = Case("", "", "") { _, originator, _ in originator.datagram("alone") }
    let record = try #require(try records(of: single).first)
    #expect(record["duration"] == nil)
    #expect(record["orig_bytes"] == nil)
    #expect(record["orig_pkts"] as? Int == 1)
  }

  private func records(
    of conversation: Case, wantsData: Bool = false
  ) throws -> [[String: Any]] {
    let talk = Conversation()
    conversation.talk(talk, talk.originator, talk.responder)
    return try records(of: talk.frames, wantsData: wantsData)
  }

  private func records(
    of frames: [CapturedFrame], memory: Int? = nil, wantsData: Bool = false
  ) throws -> [[String: Any]] {
    var configuration = RunConfiguration()
    if let memory { configuration.memory = memory }
    configuration.chain = [ChainLink(name: "flow", analyzer: try FlowAnalyzer(Options()))]
    if wantsData {
      configuration.chain.append(
        ChainLink(name: "digest", analyzer: try DigestAnalyzer(Options())))
    }
    let log = MemoryLog()
    let run = try Run(
      configuration, source: MemorySource(frames), log: log, formatter: ZeekFormatter(.json))
    _ = try run.perform()
    return log.lines.compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8.dropFirst())) as? [String: Any]
    }
    .filter { $0["conn_state"] != nil }
  }
}
