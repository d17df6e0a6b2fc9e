import Foundation
import Testing

@Suite("sluice --format zeek")
struct ZeekTests {
  private let folder: Scratch
  private let path: String

  init() throws {
    folder = try Scratch()
    let frames =
      CaptureBuilder.conversation() + CaptureBuilder.conversation(client: 40_001, server: 443)
    path = try folder.file("x.pcap", CaptureBuilder.pcap(frames))
  }

  private static let fields = """
    ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes \
    conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts \
    resp_ip_bytes tunnel_parents ip_proto community_id
    """
  private static let types = """
    time string addr port addr port enum string interval count count string bool bool count string \
    count count count count set[string] count string
    """

  @Test("conn.log in columns, the same in every run")
  func columns() throws {
    let result = try Binary.sluice.run("-q", "-r", path, "--format", "zeek")
    #expect(result.status == 0)
    let lines = result.lines
    #expect(lines.count == 11)
    #expect(
      lines.prefix(6) == [
        "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-",
        "#path\tconn", "#open\t2023-11-14-22-13-20",
      ])
    #expect(lines[6] == "#fields\t" + Self.fields.replacing(" ", with: "\t"))
    #expect(lines[7] == "#types\t" + Self.types.replacing(" ", with: "\t"))
    let first = lines[8].split(separator: "\t").map(String.init)
    #expect(first.count == 23)
    #expect(first[0] == "1700000000.250000")
    #expect(first[1].wholeMatch(of: /C[0-9A-Za-z]{1,9}/) != nil)
    #expect(
      first[2..<22].joined(separator: " ") == """
        10.0.0.1 40000 10.0.0.2 80 tcp - 7.000000 6 13 SF T T 0 ShADdFf 6 246 3 133 - 6
        """)
    #expect(first[22].hasPrefix("1:"))
    #expect(lines[10] == "#close\t2023-11-14-22-13-29")
    #expect(try Binary.sluice.run("-q", "-r", path, "--format", "zeek").output == result.output)
  }

  @Test("conn.log as JSON Lines, without what is not set")
  func json() throws {
    let result = try Binary.sluice.run("-q", "-r", path, "--format", "zeek-json")
    #expect(result.records.count == 2)
    #expect(result.lines.count == 2)
    let record = try #require(result.records.first)
    let names = Set(Self.fields.split(separator: " ").map(String.init))
    #expect(Set(record.keys) == names.subtracting(["service", "tunnel_parents"]))
    #expect(result.lines[0].hasPrefix(#"{"ts":1700000000.250000,"uid":"C"#))
    #expect(record["local_orig"] as? Bool == true)
    #expect(record["duration"] as? Double == 7)
  }

  @Test("In a folder other records go to eve.json")
  func folders() throws {
    let logs = folder.file("logs")
    let alone = try Binary.sluice.run("-q", "-r", path, "--format", "zeek", "-l", logs)
    #expect(alone.status == 0)
    #expect(alone.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: logs + "/eve.json"))
    let expected = try Binary.sluice.run("-q", "-r", path, "--format", "zeek").output
    #expect(try folder.bytes("logs/conn.log") == expected)
    let mixed = try Binary.sluice.run(
      "-q", "-r", path, "--format", "zeek", "-l", logs, "-a", "digest", "-a", "flow", "-a", "count")
    #expect(mixed.status == 0)
    #expect(try folder.bytes("logs/conn.log") == expected)
    let others = String(decoding: try folder.bytes("logs/eve.json"), as: UTF8.self)
    #expect(others.split(separator: "\n").count == 3)
    #expect(others.contains(#""event_type":"count""#))
  }

  @Test("Without a folder there is no place for other records", arguments: ["zeek", "zeek-json"])
  func mixed(format: String) throws {
    let result = try Binary.sluice.run("-r", path, "--format", format, "-a", "digest", "-a", "flow")
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("with -l DIR the records of digest go to DIR/eve.json"))
  }

  @Test("A log without records has no head either")
  func empty() throws {
    let result = try Binary.sluice.run(
      "-q", "-r", path, "--format", "zeek", "-a", "flow:port=9")
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
  }
}
