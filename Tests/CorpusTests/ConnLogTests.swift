import Analysis
import Analyzers
import Buffers
import Capture
import Foundation
import Pipeline
import Support
import Testing

@Suite("conn.log of the corpus", .enabled(if: Corpus.isThere, "\(Corpus.absence)"))
struct ConnLogTests {
  /// What goes one way between two ports.
  struct Way: Hashable, Sendable {
    var `protocol`: UInt8
    var source: String
    var sourcePort: Int
    var destination: String
    var destinationPort: Int
  }

  struct Traffic: Hashable, Sendable {
    var packets = 0
    var bytes = 0
  }

  /// Captures of Ethernet frames, none of them cut, without fragments, tunnels and lying lengths: what
  /// is left can be counted by looking at each packet alone.
  @Test("has the packets and bytes of every connection")
  func traffic() async throws {
    let entries = Corpus.entries.filter(\.isCapture)
    let results = try await inParallel(entries) { entry -> (ways: Int, wrong: [String])? in
      guard let counted = try PlainCounter.count(entry.path) else { return nil }
      let logged = try logged(entry.path)
      let wrong = Set(counted.keys).union(logged.keys).filter {
        counted[$0] ?? Traffic() != logged[$0] ?? Traffic()
      }
      return (
        counted.count,
        wrong.map {
          "\(entry.file): \($0): \(String(describing: counted[$0])), \(String(describing: logged[$0]))"
        }
      )
    }.compactMap { $0 }
    let ways = results.reduce(0) { $0 + $1.ways }
    print("\(ways) ways in \(results.count) captures")
    #expect(results.count > 300)
    #expect(ways > 5000)
    #expect(results.flatMap(\.wrong) == [])
  }

  private func logged(_ path: String) throws -> [Way: Traffic] {
    var configuration = RunConfiguration()
    configuration.checksums = .none
    configuration.chain = [ChainLink(name: "flow", analyzer: try FlowAnalyzer(Options()))]
    let log = MemoryLog()
    let run = try Run(
      configuration, source: try openCapture(path: path), log: log, formatter: ZeekFormatter(.json))
    _ = try run.perform()
    var traffic: [Way: Traffic] = [:]
    for line in log.lines where line.contains("conn_state") {
      let line = Data(line.utf8.dropFirst())
      let record = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      for (from, to) in [("orig", "resp"), ("resp", "orig")] {
        let way = Way(
          protocol: UInt8(record["ip_proto"] as! Int),
          source: Corpus.normal(record["id.\(from)_h"] as! String),
          sourcePort: record["id.\(from)_p"] as! Int,
          destination: Corpus.normal(record["id.\(to)_h"] as! String),
          destinationPort: record["id.\(to)_p"] as! Int)
        guard let packets = record["\(from)_pkts"] as? Int, packets > 0 else { continue }
        traffic[way, default: Traffic()].packets += packets
        traffic[way, default: Traffic()].bytes += record["\(from)_ip_bytes"] as! Int
      }
    }
    return traffic
  }
}

/// Counts packets without knowing anything but where the fields of plain headers are.
private enum PlainCounter {
  typealias Way = ConnLogTests.Way
  typealias Traffic = ConnLogTests.Traffic

  /// `nil` when there is a packet that is not plain.
  static func count(_ path: String) throws -> [Way: Traffic]? {
    let source = try openCapture(path: path)
    var batch = FrameBatch(capacity: 128)
    var traffic: [Way: Traffic] = [:]
    while source.fill(&batch) {
      for index in 0..<batch.count {
        let frame = CapturedFrame(batch[index])
        guard frame.linkType == .ethernet, frame.bytes.count == frame.originalLength,
          frame.bytes.count >= 14
        else { return nil }
        switch packet(frame.bytes) {
        case .counted(let way, let bytes):
          traffic[way, default: Traffic()].packets += 1
          traffic[way, default: Traffic()].bytes += bytes
        case .other: break
        case .notPlain: return nil
        }
      }
    }
    return traffic
  }

  enum Finding {
    case counted(Way, bytes: Int)
    case other
    case notPlain
  }

  private static func packet(_ frame: [UInt8]) -> Finding {
    var start = 14
    var type = number(frame, 12)
    // No conversation is split between tags in the log.
    if type == 0x8100 || type == 0x88A8 { return .notPlain }
    if type < 1536 || type == 0x8847 || type == 0x8848 || type == 0x8864 { return .notPlain }
    if type == 0x0806 { return .other }
    if type == 0x0800, frame.count >= start + 20 {
      let header = Int(frame[start] & 15) * 4
      let length = number(frame, start + 2)
      guard frame[start] >> 4 == 4, header >= 20, length >= header, start + length <= frame.count,
        number(frame, start + 6) & 0x3FFF == 0
      else { return .notPlain }
      let ends = [start + 12, start + 16].map { offset in
        frame[offset..<offset + 4].map(String.init).joined(separator: ".")
      }
      type = Int(frame[start + 9])
      start += header
      return transport(frame, start, length - header, length, type, ends)
    }
    if type == 0x86DD, frame.count >= start + 40 {
      let length = number(frame, start + 4)
      guard frame[start] >> 4 == 6, length > 0, start + 40 + length <= frame.count else {
        return .notPlain
      }
      let ends = [start + 8, start + 24].map { offset in
        Corpus.normal(
          stride(from: 0, to: 16, by: 2).map { String(number(frame, offset + $0), radix: 16) }
            .joined(separator: ":"))
      }
      type = Int(frame[start + 6])
      return transport(frame, start + 40, length, length + 40, type, ends)
    }
    return .notPlain
  }

  private static func transport(
    _ frame: [UInt8], _ start: Int, _ length: Int, _ total: Int, _ protocol: Int, _ ends: [String]
  ) -> Finding {
    switch `protocol` {
    case 1, 2, 58: return .other
    case 6:
      guard length >= 20, frame[start + 12] >> 4 >= 5, Int(frame[start + 12] >> 4) * 4 <= length
      else { return .notPlain }
    case 17:
      guard length >= 8, number(frame, start + 4) == length else { return .notPlain }
    default: return .notPlain
    }
    // Tunnels, perhaps.
    let ports = [number(frame, start), number(frame, start + 2)]
    if `protocol` == 17, !tunnelPorts.isDisjoint(with: ports) { return .notPlain }
    let way = Way(
      protocol: UInt8(`protocol`), source: ends[0], sourcePort: number(frame, start),
      destination: ends[1], destinationPort: number(frame, start + 2))
    return .counted(way, bytes: total)
  }

  private static let tunnelPorts: Set<Int> = [2152, 3544, 4789, 6081]

  private static func number(_ bytes: [UInt8], _ offset: Int) -> Int {
    Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
  }
}
