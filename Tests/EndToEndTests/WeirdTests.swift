import Foundation
import Testing

@Suite("Oddities in the log")
struct WeirdTests {
  private let folder: Scratch
  private let path: String

  /// A segment that comes again with other bytes, made by the program.
  init() throws {
    folder = try Scratch()
    path = folder.file("v.pcap")
    let made = try Binary.sluice.run(
      "generate", "vector", "-w", path, "--isn", "4294967290", "--segments", "2:cdEF,4:xy,0:ab")
    #expect(made.status == 0, "\(made.errors)")
  }

  /// A connection of which one byte is sent ten thousand times with a wrong checksum, and a header that
  /// is wrong for each of them.
  private func flood() throws -> String {
    var frames = Array(CaptureBuilder.conversation().prefix(5))
    var spoiled = frames[3]
    spoiled[spoiled.count - 1] ^= 0x55
    var spoiledHeader = frames[3]
    spoiledHeader[14 + 8] ^= 0x55
    for _ in 1...10_000 { frames += [spoiled, spoiledHeader] }
    let records = frames.flatMap { CaptureBuilder.record($0, second: 1_700_000_000) }
    return try folder.file("flood.pcap", CaptureBuilder.header() + records)
  }

  private func weirds(_ result: Binary.Result) -> [[String: Any]] {
    result.records.filter { $0["event_type"] as? String == "weird" }
  }

  @Test("A record says which flow, which packet and which bytes")
  func record() throws {
    let result = try Binary.sluice.run("-r", path, "-a", "digest")
    #expect(result.status == 0)
    #expect(result.lines.count == 2)
    let record = try #require(weirds(result).first)
    #expect(record["pcap_cnt"] as? Int == 5)
    #expect(record["pcap_filename"] as? String == path)
    #expect(record["src_ip"] as? String == "10.0.0.1")
    #expect(record["flow_id"] as? Int == result.records.last?["flow_id"] as? Int)
    #expect(
      result.lines[0].hasSuffix(
        #""weird":{"name":"overlap_conflict","direction":"out","offset":4,"length":2,"count":1}}"#))
    #expect(result.errors.contains("weird: overlap_conflict 1"))
  }

  @Test("--format text has a line for it")
  func text() throws {
    let result = try Binary.sluice.run("-r", path, "-a", "digest", "--format", "text")
    #expect(
      result.lines.first == """
        2026-01-01 00:00:00.005000 weird 10.0.0.1:40000 -> 192.0.2.1:80 overlap_conflict out 4+2
        """)
  }

  @Test("Of ten thousand of one kind five are written, the same with every -j")
  func floods() throws {
    let path = try flood()
    let result = try Binary.sluice.run("-r", path, "-a", "flow", "-j", "1")
    #expect(result.status == 0)
    let numbers = weirds(result).map { record in
      let weird = record["weird"] as? [String: Any]
      return "\(weird?["name"] ?? "") \(weird?["count"] ?? "") \(record["pcap_cnt"] ?? "")"
    }
    let counts = [1, 10, 100, 1000, 10_000]
    #expect(
      numbers.sorted()
        == (counts.map { "bad_checksum \($0) \(4 + 2 * $0)" }
        + counts.map { "ip_bad_checksum \($0) \(5 + 2 * $0)" }).sorted())
    let ordinals = result.records.compactMap { $0["pcap_cnt"] as? Int }
    #expect(ordinals == ordinals.sorted())
    #expect(result.errors.contains("bad_checksum 10,000"))
    for workers in ["2", "7"] {
      let other = try Binary.sluice.run("-r", path, "-a", "flow", "-j", workers)
      #expect(other.output == result.output, "-j \(workers)")
    }
  }

  @Test("A packet without a socket has its addresses and no flow")
  func strays() throws {
    let result = try Binary.sluice.run("-r", try flood(), "-a", "count")
    let record = try #require(
      weirds(result).first {
        ($0["weird"] as? [String: Any])?["name"] as? String == "ip_bad_checksum"
      })
    #expect(
      Set(record.keys) == [
        "timestamp", "event_type", "pcap_cnt", "pcap_filename", "src_ip", "dest_ip", "weird",
      ])
    #expect(record["src_ip"] as? String == "10.0.0.1")
    #expect(record["dest_ip"] as? String == "10.0.0.2")
  }

  @Test("--flow leaves those of the selected flow")
  func flow() throws {
    let both = try folder.file(
      "both.pcap",
      CaptureBuilder.pcap(
        CaptureBuilder.conversation()
          + CaptureBuilder.conversation(client: 40_001).enumerated().map { index, frame in
            index == 3 ? frame.dropLast() + [frame[frame.count - 1] ^ 0x55] : frame
          } + [CaptureBuilder.conversation()[0].enumerated().map { $0 == 22 ? 9 : $1 }]))
    let all = try Binary.sluice.run("-q", "-r", both)
    // What is acknowledged afterwards was never sent, as far as can be told.
    #expect(weirds(all).count == 3)
    for record in all.records where record["event_type"] as? String == "flow" {
      let identifier = try #require(record["flow_id"] as? Int)
      let selected = try Binary.sluice.run("-q", "-r", both, "--flow", String(identifier))
      let isOdd = record["src_port"] as? Int == 40_001
      #expect(weirds(selected).count == (isOdd ? 2 : 0))
      #expect(selected.records.allSatisfy { $0["flow_id"] as? Int == identifier })
    }
  }

  @Test("--format zeek has a weird.log beside conn.log")
  func zeek() throws {
    let logs = folder.file("logs")
    let result = try Binary.sluice.run(
      "-q", "-r", path, "--format", "zeek", "-l", logs, "-a", "digest", "-a", "flow")
    #expect(result.status == 0)
    let lines = String(decoding: try folder.bytes("logs/weird.log"), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(6) == [
        "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-",
        "#path\tweird", "#open\t2026-01-01-00-00-00",
      ])
    #expect(
      lines[6] == "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tname\taddl"
        + "\tnotice\tpeer\tsource")
    let conn = String(decoding: try folder.bytes("logs/conn.log"), as: UTF8.self)
    let identifier = try #require(conn.firstMatch(of: /\t(C[0-9A-Za-z]+)\t/)).1
    #expect(
      lines.dropFirst(8) == [
        "1767225600.005000\t\(identifier)\t10.0.0.1\t40000\t192.0.2.1\t80\toverlap_conflict"
          + "\tout offset=4 length=2 count=1\tF\tsluice\tTCP",
        "#close\t2026-01-01-00-00-00",
      ])
    #expect(!conn.contains("overlap_conflict"))
    #expect(!String(decoding: try folder.bytes("logs/eve.json"), as: UTF8.self).contains("weird"))
  }

  @Test("--format zeek-json has it as JSON Lines; without a folder it has no place")
  func zeekJSON() throws {
    let logs = folder.file("logs")
    _ = try Binary.sluice.run(
      "-q", "-r", try flood(), "--format", "zeek-json", "-l", logs)
    let records = try String(decoding: folder.bytes("logs/weird.log"), as: UTF8.self)
      .split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    #expect(records.count == 10)
    let stray = try #require(records.first { $0["uid"] == nil })
    #expect(stray["name"] as? String == "ip_bad_checksum")
    #expect(stray["id.orig_h"] as? String == "10.0.0.1")
    #expect(stray["notice"] as? Bool == false)
    let alone = try Binary.sluice.run("-q", "-r", path, "--format", "zeek-json")
    #expect(alone.status == 0)
    #expect(alone.lines.count == 1)
    #expect(alone.records.first?["conn_state"] != nil)
  }

  @Test(
    "Where nothing is odd there is no weird.log, and with -l in EVE's form they are in eve.json")
  func folders() throws {
    let plain = try folder.file("x.pcap", CaptureBuilder.pcap(CaptureBuilder.conversation()))
    _ = try Binary.sluice.run("-q", "-r", plain, "--format", "zeek", "-l", folder.file("a"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("a/weird.log")))
    _ = try Binary.sluice.run("-q", "-r", path, "-a", "digest", "-l", folder.file("b"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("b/weird.log")))
    let log = String(decoding: try folder.bytes("b/eve.json"), as: UTF8.self)
    #expect(log.contains(#""event_type":"weird""#))
  }
}
