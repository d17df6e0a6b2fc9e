import Analysis
import Crypto
import Foundation
import Testing

@testable import Analyzers

@Suite("digest")
struct DigestTests {
  private static let nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  private func digest(
    of steps: [Step], _ socket: SocketInfo = .sample()
  ) throws -> [Record] {
    let engine = RecordingEngine(socket)
    try engine.play(steps, to: DigestAnalyzer(Options()))
    return engine.records
  }

  @Test("Each direction has its bytes, hash and gaps that bytes follow, in this form")
  func literal() throws {
    let records = try digest(of: [
      .out(Array("ab".utf8), at: 0), .in([], at: 0), .out(Array("c".utf8), at: 2),
      .event(.gap(.in, offset: 0, length: 1448)), .in(Array("d".utf8), at: 1448),
      .event(.gap(.in, offset: 1449, length: 10)),
    ])
    #expect(records.count == 1)
    #expect(records[0].eventType == "digest")
    #expect(
      json(records[0]) == """
        {"digest":{"midstream":false,"originator":{"bytes":3,"sha256":\
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","gaps":[]},\
        "responder":{"bytes":1,"sha256":\
        "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4","gaps":[[0,1448]]}}}
        """)
    #expect(
      records[0].text == """
        out 3 bytes ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, \
        in 1 bytes 18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4 1 gaps
        """)
  }

  @Test("How the stream is cut into chunks does not show", arguments: [UInt64(1), 2, 3, 4, 5])
  func cuts(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let stream = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let whole = try digest(of: [.in(stream, at: 0)])
    for _ in 0..<10 {
      var steps: [Step] = []
      var start = 0
      while start < stream.count {
        let end = min(stream.count, start + Int.random(in: 0...3000, using: &random))
        steps.append(.in(Array(stream[start..<end]), at: UInt64(start)))
        start = end
      }
      #expect(try digest(of: steps).map(json) == whole.map(json), "seed \(seed)")
    }
    let expected = SHA256.hash(data: stream).description.split(separator: " ").last
    #expect(json(whole[0]).contains(#""bytes":20000,"sha256":"\#(try #require(expected))""#))
  }

  @Test("Bytes behind a gap are hashed as if they followed, and neighbouring gaps are one")
  func gaps() throws {
    let split = try digest(of: [
      .out(Array("a".utf8), at: 0), .event(.gap(.out, offset: 1, length: 10)),
      .event(.gap(.out, offset: 11, length: 5)), .out(Array("bc".utf8), at: 16),
      .event(.gap(.out, offset: 18, length: 1)), .out(Array("d".utf8), at: 19),
    ])
    #expect(
      json(split[0]).contains(
        #""originator":{"bytes":4,"sha256":"88d4266fd4e6338d13b845fcf289579d209c897823b9217da3"#
          + #"e161936f031589","gaps":[[1,15],[18,1]]}"#))
  }

  @Test("The list of gaps ends at its limit and says so")
  func manyGaps() throws {
    for (count, isTruncated) in [(GapList.limit, false), (GapList.limit + 1, true)] {
      let gaps = (0..<count).flatMap {
        [
          Step.event(.gap(.in, offset: UInt64($0) * 2, length: 1)),
          .in([UInt8(ascii: "a")], at: UInt64($0) * 2 + 1),
        ]
      }
      let text = try json(#require(try digest(of: gaps).first))
      let last = "[\((GapList.limit - 1) * 2),1]]"
      #expect(text.contains(isTruncated ? last + #","gaps_truncated":true}"# : last + "}"))
    }
  }

  @Test("Sockets of a shard share a budget for gaps, and give back what they held")
  func gapBudget() {
    let budget = GapBudget(3)
    func gaps(_ count: UInt64) -> GapList {
      var list = GapList()
      for index in 0..<count { list.add(offset: index * 2, length: 1, within: budget) }
      return list
    }
    let first = gaps(2)
    let second = gaps(2)
    #expect(!first.isTruncated && first.count == 2)
    #expect(second.isTruncated && second.count == 1)
    #expect(gaps(1).isTruncated)
    first.release(to: budget)
    second.release(to: budget)
    #expect(!gaps(3).isTruncated)
  }

  @Test("Midstream is said, and datagrams count like stream bytes")
  func midstreamAndUDP() throws {
    var socket = SocketInfo.sample(transport: .udp)
    socket.isMidstream = true
    let records = try digest(
      of: [.out(Array("ab".utf8), at: 0), .out(Array("c".utf8), at: 2)], socket)
    #expect(
      json(records[0]).hasPrefix(
        #"{"digest":{"midstream":true,"originator":{"bytes":3,"sha256":"ba7816bf"#))
  }

  @Test("A socket without data reports the hash of nothing")
  func empty() throws {
    let text = json(try digest(of: [])[0])
    #expect(text.components(separatedBy: Self.nothing).count == 3)
  }
}
