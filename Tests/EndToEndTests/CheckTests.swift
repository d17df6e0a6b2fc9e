import Foundation
import Testing

@Suite("sluice check")
struct CheckTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  private func generate(_ arguments: String...) throws -> String {
    let path = folder.file("\(arguments[0]).pcap")
    let made = try Binary.sluice.run(["generate"] + arguments + ["-w", path])
    #expect(made.status == 0, "\(made.errors)")
    return path
  }

  /// A segment that comes again with other bytes.
  private func conflict() throws -> String {
    try generate("vector", "--isn", "4294967290", "--segments", "0:abcdef,2:xy")
  }

  @Test("A good capture has status 0 and a summary", arguments: ["http", "bulk", "many", "mail"])
  func good(workload: String) throws {
    let result = try Binary.sluice.run("check", try generate(workload, "--bytes", "100K"))
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    #expect(result.errorLines.first?.contains(", no errors") == true)
  }

  @Test("An error is a record that says which packet, and makes the status 1")
  func record() throws {
    let path = try conflict()
    let result = try Binary.sluice.run("check", path)
    #expect(result.status == 1)
    #expect(result.lines.count == 1)
    let record = try #require(result.records.first)
    #expect(record["event_type"] as? String == "check")
    #expect(record["pcap_cnt"] as? Int == 5)
    #expect(record["pcap_filename"] as? String == path)
    #expect((record["community_id"] as? String)?.hasPrefix("1:") == true)
    #expect(
      result.lines[0].hasSuffix(
        #""check":{"name":"conflicting_copy","severity":"error","direction":"out","offset":2,"length":2,"count":1}}"#
      ), "\(result.lines[0])")
    #expect(result.errorLines.contains("  errors: conflicting_copy 1"))
    // The flow has the name that it has elsewhere.
    let flows = try Binary.sluice.run("-r", path, "-a", "flow")
    #expect(flows.records.last?["flow_id"] as? Int == record["flow_id"] as? Int)
  }

  @Test("Notes are said with --notes, lines are for people with --format text")
  func text() throws {
    let path = try conflict()
    let result = try Binary.sluice.run("check", path, "--notes", "--format", "text", "-q")
    #expect(result.status == 1)
    #expect(result.errors.isEmpty)
    #expect(
      result.lines.contains {
        $0.hasSuffix("packet 5: error conflicting_copy out, offset=2 length=2")
      })
    #expect(result.lines.contains { $0.contains("packet 5: note retransmission out") })
  }

  @Test("Notes alone leave the status 0")
  func notes() throws {
    let path = try generate("vector", "--segments", "0:abc,6:ghi,3:def")
    let result = try Binary.sluice.run("check", "-v", path)
    #expect(result.status == 0)
    #expect(
      result.records.contains { ($0["check"] as? [String: Any])?["severity"] as? String == "note" })
  }

  @Test("Standard input, folders, and captures that are no good")
  func inputs() throws {
    let path = try conflict()
    #expect(try Binary.sluice.run(["check", "-"], input: path).status == 1)
    #expect(try Binary.sluice.run("check", folder.path).status == 1)
    #expect(try Binary.sluice.run("check", folder.file("nothing.pcap")).status == 2)
    #expect(try Binary.sluice.run("check").status == 2)
    let frames = CaptureBuilder.conversation()
    let cut = try folder.file("cut", CaptureBuilder.pcap(frames).dropLast(3).map { $0 })
    let damaged = try Binary.sluice.run("check", cut)
    #expect(damaged.status == 3)
    #expect(damaged.errors.contains("record cut off"))
    let arp = try folder.file("arp", CaptureBuilder.pcap([CaptureBuilder.arp]))
    #expect(try Binary.sluice.run("check", arp).status == 4)
  }

  @Test("--ordered takes no acknowledgement in front of its bytes")
  func ordered() throws {
    var frames = CaptureBuilder.conversation()
    frames.swapAt(4, 5)
    // Times within the tenth of a second that a capture may be out of order.
    let records = frames.flatMap { CaptureBuilder.record($0, second: 1_700_000_000) }
    let path = try folder.file("late", CaptureBuilder.header() + records)
    #expect(try Binary.sluice.run("check", path).status == 0)
    #expect(try Binary.sluice.run("check", "--ordered", path).status == 1)
  }

  @Test("sluice explain says what a complaint means")
  func explained() throws {
    let result = try Binary.sluice.run("explain", "ack_unseen", "retransmission")
    #expect(result.status == 0)
    #expect(result.lines.contains("ack_unseen (error of check)"))
    #expect(result.lines.contains("retransmission (note of check)"))
  }
}
