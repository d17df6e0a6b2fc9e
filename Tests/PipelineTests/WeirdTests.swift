import Analysis
import Analyzers
import Foundation
import Reassembly
import Support
import Testing
import Wire

@testable import Pipeline

/// The `weird` records of a log, each in words: `5 overlap_conflict out 4+2 ×1`.
private func weirds(_ log: MemoryLog) -> [String] {
  log.records.compactMap { record in
    guard let weird = record["weird"] as? [String: Any] else { return nil }
    var text = "\(record["pcap_cnt"] ?? "none") \(weird["name"] ?? "none")"
    if let direction = weird["direction"] { text += " \(direction)" }
    if let offset = weird["offset"] { text += " \(offset)" }
    if let length = weird["length"] { text += "+\(length)" }
    if let value = weird["value"] { text += " =\(value)" }
    if let count = weird["count"] { text += " ×\(count)" }
    return text
  }
}

extension Conversation {
  /// Makes the checksum of the last segment or datagram wrong.
  fileprivate func spoilsLast() { changeLast { $0.bytes[$0.bytes.count - 1] ^= 0x55 } }

  /// Makes the header checksum of the last packet wrong.
  fileprivate func spoilsLastHeader() { changeLast { $0.bytes[14 + 8] ^= 0x55 } }
}

@Suite("Oddities of sockets in the log")
struct SocketWeirdTests {
  /// Text behind a hole, other text for a part of it, and the hole.
  private func conflict(_ client: Int = 1) -> Conversation {
    let talk = Conversation(client: client)
    talk.opens()
    talk.originator.sends("cdEF", at: 2)
    talk.originator.sends("xy", at: 4)
    talk.originator.sends("ab", at: 0)
    talk.closes()
    return talk
  }

  private func digest() throws -> ChainLink {
    ChainLink(name: "digest", analyzer: try DigestAnalyzer(Options()))
  }

  @Test("name the socket, the packet and the place in the stream")
  func place() throws {
    let outcome = try run(conflict().frames, [digest()])
    #expect(weirds(outcome.log) == ["5 overlap_conflict out 4+2 ×1"])
    let record = try #require(outcome.log.records.first)
    #expect(record["event_type"] as? String == "weird")
    #expect(record["src_port"] as? Int == 40_001)
    #expect(record["dest_port"] as? Int == 80)
    #expect(record["proto"] as? String == "TCP")
    #expect(record["flow_id"] as? Int == outcome.log.records.last?["flow_id"] as? Int)
    #expect(record["community_id"] != nil)
    #expect(record["timestamp"] as? String == "2023-11-14T22:13:20.004000+0000")
  }

  @Test("stand behind what their packet did before, and in front of what it does then")
  func order() throws {
    // The text behind its own FIN is cut off when the hole is filled, and then the FIN is reported.
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("cd", at: 2, [.fin])
    talk.originator.sends("abcdEF", at: 0)
    let diary = Diary()
    var configured = try run(talk.frames, [link(ScriptedAnalyzer("a", diary))])
    func words(_ log: MemoryLog) -> [String] {
      log.records.filter { $0["pcap_cnt"] as? Int == 5 }.compactMap {
        $0["event"] as? String ?? ($0["weird"] as? [String: Any])?["name"] as? String
      }
    }
    let expected = words(configured.log)
    #expect(expected.first == "data_after_fin")
    #expect(expected.contains { $0 == "cant_send_more" })
    configured = try run(talk.frames, [link(ScriptedAnalyzer("a", diary)), digest()])
    #expect(words(configured.log) == expected)
  }

  @Test("are written the first, tenth, hundredth time and so on", arguments: [1, 2, 7])
  func samples(workers: Int) throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("right")
    for _ in 1...10_000 {
      talk.originator.sends("wrong", at: 5)
      talk.spoilsLast()
    }
    let outcome = try run(talk.frames, []) { $0.workers = workers }
    #expect(
      weirds(outcome.log)
        == [1, 10, 100, 1000, 10_000].map {
          "\(4 + $0) bad_checksum out 5+5 ×\($0)"
        })
    #expect(outcome.summary.weirds == ["bad_checksum": 10_000])
  }

  @Test("are written for each socket")
  func sockets() throws {
    let frames = merged(conflict(1), conflict(2), conflict(3))
    let outcome = try run(frames, [digest()]) { $0.workers = 3 }
    #expect(weirds(outcome.log).count == 3)
    let ports = outcome.log.records.filter { $0["weird"] != nil }.map { $0["src_port"] as? Int }
    #expect(ports == [40_001, 40_002, 40_003])
  }

  @Test("are written of the selected sockets alone")
  func selected() throws {
    let talks = [Conversation(client: 1), Conversation(client: 2)]
    for talk in talks {
      talk.opens()
      talk.originator.sends("right")
      talk.originator.sends("wrong")
      talk.spoilsLast()
    }
    let outcome = try run(merged(talks[0], talks[1]), [digest()]) {
      $0.isSelected = { $0.originator.port == 40_002 }
    }
    #expect(outcome.log.records.allSatisfy { $0["src_port"] as? Int == 40_002 })
    #expect(weirds(outcome.log) == ["10 bad_checksum out 5+5 ×1"])
    #expect(outcome.summary.weirds == ["bad_checksum": 2])
  }

  @Test("come at the end of the input behind all of the last packet, in the order of the sockets")
  func end() throws {
    // What stands behind the FIN is thrown away when the hole before it is given up.
    let talks = (1...20).map { client in
      let talk = Conversation(client: client)
      talk.opens()
      talk.originator.sends("y", at: 9)
      talk.originator.sends("x", at: 3, [.fin])
      return talk
    }
    let frames = talks.flatMap(\.frames)
    let one = try run(frames, [digest()])
    let found = weirds(one.log)
    #expect(found.count == 20)
    #expect(found.allSatisfy { $0.hasPrefix("\(frames.count) data_after_fin out 4") }, "\(found)")
    let ports = one.log.records.compactMap { $0["weird"] == nil ? nil : $0["src_port"] as? Int }
    #expect(ports == (1...20).map { 40_000 + $0 })
    for workers in [2, 7, 64] {
      #expect(try run(frames, [digest()]) { $0.workers = workers }.log.bytes == one.log.bytes)
    }
  }

  @Test("do not depend on when verdicts come, nor on the number of workers")
  func deferred() throws {
    let frames = merged(
      conflict(1), conflict(2), conflict(3), conflict(4), conflict(5), conflict(6))
    var first: MemoryLog?
    for answer in ["now", "later", "reverse", "mixed"] {
      for workers in [1, 2, 7] {
        let settings = ["answer": Array(answer.utf8), "peek": Array("3".utf8)]
        let trial = try TrialAnalyzer(Options(settings, settings: TrialAnalyzer.settings))
        let chain = [
          ChainLink(name: "trial", analyzer: trial), try digest(),
          link(ScriptedAnalyzer("a", Diary())),
        ]
        let outcome = try run(frames, chain) { $0.workers = workers }
        #expect(weirds(outcome.log).count == 6)
        let expected = first ?? outcome.log
        first = expected
        let isSame = outcome.log.bytes == expected.bytes
        #expect(isSame, "\(answer), \(workers) workers")
      }
    }
  }

  @Test("of more sockets than have room for counts are written by the shard", arguments: [1, 7])
  func uncounted(workers: Int) throws {
    var frames: [CapturedFrame] = []
    for client in 1...22_000 {
      let talk = Conversation(client: client)
      talk.originator.sends("right")
      talk.originator.sends("wrong")
      talk.spoilsLast()
      frames += talk.frames
    }
    let outcome = try run(frames, []) {
      $0.workers = workers
      $0.memory = 64 << 20
    }
    let found = weirds(outcome.log)
    let budget = found.filter { $0.contains("detail_budget_reached") }
    #expect((64...(64 * 4)).contains(budget.count), "\(budget.count) \(outcome.summary.weirds)")
    #expect(outcome.summary.weirds["detail_budget_reached", default: 0] > 3000)
    #expect(outcome.summary.weirds["bad_checksum", default: 0] > 21_900)
    let uncounted = found.filter { $0.hasSuffix("bad_checksum out 5+5") }
    #expect((64...(64 * 4)).contains(uncounted.count))
  }
}

@Suite("Oddities of packets without a socket in the log")
struct StrayWeirdTests {
  @Test("are written the first, tenth, hundredth time of the run", arguments: [1, 2, 7])
  func samples(workers: Int) throws {
    var frames: [CapturedFrame] = []
    for number in 0..<10_000 {
      let talk = Conversation(client: number % 50)
      talk.originator.datagram("x")
      talk.spoilsLastHeader()
      frames += talk.frames
    }
    for dispatch in RunConfiguration.Dispatch.allCases {
      let outcome = try run(frames, [], batchSize: dispatch == .ahead ? 7 : .max) {
        $0.workers = workers
        $0.dispatch = dispatch
      }
      #expect(
        weirds(outcome.log) == [1, 10, 100, 1000, 10_000].map { "\($0) ip_bad_checksum ×\($0)" })
      let record = try #require(outcome.log.records.first)
      #expect(record["src_ip"] as? String == "10.0.0.0")
      #expect(record["dest_ip"] as? String == "10.0.0.200")
      #expect(record["src_port"] == nil)
      #expect(record["flow_id"] == nil)
      #expect(record["timestamp"] as? String == "2023-11-14T22:13:20.000000+0000")
      #expect(outcome.summary.weirds == ["ip_bad_checksum": 10_000])
    }
  }

  /// What a frame is found to be: the records about it, each with the keys of its ends.
  private func found(
    _ frames: [CapturedFrame], _ configure: (inout RunConfiguration) -> Void = { _ in }
  ) throws -> [String] {
    try run(frames, [], configure).log.records.map { record in
      let weird = record["weird"] as? [String: Any]
      let ends = ["src_ip", "src_port", "dest_ip", "dest_port", "proto"].compactMap { key in
        record[key].map { "\($0)" }
      }
      return ([weird?["name"] as? String ?? "none"] + ends).joined(separator: " ")
    }
  }

  @Test("have the ports where the transport header begins well")
  func malformed() throws {
    let talk = Conversation()
    talk.responder.acknowledges()
    talk.changeLast { $0.bytes[14 + 20 + 12] = 0x10 }
    talk.originator.datagram("x")
    talk.changeLast { $0.bytes[14 + 20 + 5] = 3 }
    #expect(
      try found(talk.frames) == [
        "tcp_malformed_header 10.0.1.200 80 10.0.0.1 40001 TCP",
        "udp_malformed_header 10.0.0.1 40001 10.0.1.200 80 UDP",
      ])
  }

  @Test("of a connection that is not taken up have the ends of the packet")
  func midstream() throws {
    let talk = Conversation(.ipv6)
    talk.responder.sends("x")
    #expect(
      try found(talk.frames) { $0.midstream = false }
        == ["midstream_ignored 2001:db8::1c8 80 2001:db8::1 40001 TCP"])
  }

  @Test("of tunnels too deep have the ends of the last one")
  func tunnels() throws {
    let talk = Conversation()
    talk.originator.datagram("x")
    var packet = Array(talk.frames[0].bytes.dropFirst(14))
    for number in 1...9 { packet = Layer.ip(packet, .ipv4, false, number) }
    let frame = CapturedFrame(Layer.ethernet(packet), at: talk.now)
    #expect(try found([frame]) == ["tunnel_limit_reached 198.51.100.1 192.0.2.1"])
  }

  @Test("of layers without IP have no ends")
  func labels() throws {
    let talk = Conversation()
    talk.originator.datagram("x")
    // The next one stands where an IP header did.
    let label: [UInt8] = [0, 1, 0x01, 64]
    let wrapped = (0..<9).reduce(Array(talk.frames[0].bytes.dropFirst(14))) { packet, number in
      label + Layer.ethernet(packet, type: number == 0 ? [8, 0] : [0x88, 0x47])
    }
    let frames =
      talk.frames + [
        CapturedFrame(Layer.ethernet(wrapped, type: [0x88, 0x47]), at: talk.now)
      ]
    #expect(try found(frames) == ["tunnel_limit_reached"])
  }

  @Test("of fragments have the ends of the fragment, but where they are others' fragments")
  func fragments() throws {
    let talk = Conversation()
    let eight = [UInt8](repeating: 7, count: 8)
    talk.sendsFragment(eight, from: talk.originator, at: 64, more: true, protocol: .udp)
    talk.sendsFragment(eight, from: talk.responder, at: 64, more: true, protocol: .udp)
    talk.sendsFragment(
      [UInt8](repeating: 9, count: 8), from: talk.responder, at: 64, more: true, protocol: .udp)
    talk.waits(seconds: 40)
    talk.sendsFragment(
      [1, 2, 3], from: talk.responder, at: 64, more: true, identification: 2, protocol: .udp)
    talk.sendsFragment(
      eight, from: talk.responder, at: 64, more: true, identification: 3, protocol: .udp)
    let outcome = try run(talk.frames, [])
    #expect(
      weirds(outcome.log) == [
        "3 frag_overlap ×1", "3 frag_overlap_conflict ×1",
        "4 frag_bad_length ×1", "4 frag_timeout ×1",
      ])
    #expect(outcome.summary.weirds["frag_timeout"] == 3)
    #expect(
      try found(talk.frames) == [
        "frag_overlap 10.0.1.200 10.0.0.1", "frag_overlap_conflict 10.0.1.200 10.0.0.1",
        "frag_bad_length 10.0.1.200 10.0.0.1", "frag_timeout",
      ])
  }

  @Test("of one packet are counted together, and at the end of the input stand at the last packet")
  func many() throws {
    let talk = Conversation()
    func begins(_ identifications: ClosedRange<UInt32>) {
      for number in identifications {
        talk.sendsFragment(
          [UInt8](repeating: 7, count: 8), from: talk.originator, at: 64, more: true,
          identification: number, protocol: .udp)
      }
    }
    begins(1...150)
    talk.waits(seconds: 100)
    begins(1001...1900)
    let outcome = try run(talk.frames, [])
    #expect(
      weirds(outcome.log) == [
        "151 frag_timeout ×1", "151 frag_timeout ×10", "151 frag_timeout ×100",
        "1050 frag_timeout ×1000",
      ])
    #expect(outcome.summary.weirds["frag_timeout"] == 1050)
  }

  @Test("are nobody's with --flow")
  func selected() throws {
    let talk = Conversation()
    talk.originator.datagram("x")
    talk.originator.datagram("x")
    talk.spoilsLastHeader()
    #expect(try found(talk.frames) { $0.isSelected = { _ in true } } == [])
  }

  @Test("come in front of what their packet does to sockets, the same for every number of workers")
  func order() throws {
    var frames: [CapturedFrame] = []
    for client in 1...300 {
      let talk = Conversation(client: client)
      talk.originator.acknowledges()
      talk.originator.datagram("x")
      talk.spoilsLast()
      talk.originator.datagram("y")
      talk.spoilsLastHeader()
      frames += talk.frames
    }
    let flow = ChainLink(name: "flow", analyzer: try FlowAnalyzer(Options()))
    let one = try run(frames, [flow]) {
      $0.midstream = false
      $0.checksums = .all
    }
    let numbers = one.log.records.compactMap { $0["pcap_cnt"] as? Int }
    #expect(numbers == numbers.sorted())
    #expect(
      Set(weirds(one.log)) == [
        "1 midstream_ignored ×1", "28 midstream_ignored ×10", "298 midstream_ignored ×100",
        "2 bad_checksum ×1", "29 bad_checksum ×10", "299 bad_checksum ×100",
        "3 ip_bad_checksum ×1", "30 ip_bad_checksum ×10", "300 ip_bad_checksum ×100",
      ])
    for workers in [2, 7, 64] {
      let other = try run(frames, [flow], batchSize: workers == 2 ? 5 : .max) {
        $0.midstream = false
        $0.checksums = .all
        $0.workers = workers
      }
      #expect(other.log.bytes == one.log.bytes)
    }
  }
}

@Suite("Which of many oddities are written")
struct WeirdSampleTests {
  @Test("Powers of ten")
  func powers() {
    let found = (0...100_000 as ClosedRange<UInt64>).filter { WeirdSample.contains($0) }
    #expect(found == [1, 10, 100, 1000, 10_000, 100_000])
    #expect(WeirdSample.contains(10_000_000_000_000_000_000))
    #expect(!WeirdSample.contains(.max))
    #expect(WeirdSample.counts(from: 0, to: 100_000) == found)
    #expect(WeirdSample.counts(from: 1, to: 9) == [])
    #expect(WeirdSample.counts(from: 9, to: 10) == [10])
    #expect(WeirdSample.counts(from: 10, to: 10) == [])
    #expect(WeirdSample.counts(from: .max - 1, to: .max) == [])
  }
}
