import Foundation
import Testing

@Suite("What is done when an analyzer fails, or asks for what cannot be")
struct PolicyTests {
  /// A row of the policy table: what the analyzer does, the options, and what comes of it.
  struct Row: CustomTestStringConvertible {
    var trial: String
    var options: [String] = []
    var status: Int32
    /// Action and reason of the first `verdict` record; `nil` when there is none.
    var verdict: String?
    /// Whether all packets are written.
    var isWhole = true

    var testDescription: String { "\(trial) \(options.joined(separator: " "))" }
  }

  private static let rows = [
    Row(trial: "answer=now", status: 0),
    Row(trial: "answer=later,delay=1000", status: 0),
    Row(trial: "peek=5", status: 0),
    Row(trial: "crash=throw", status: 5, verdict: "allow crash"),
    Row(
      trial: "crash=throw", options: ["--on-crash", "drop"], status: 5,
      verdict: "drop crash", isWhole: false),
    Row(trial: "crash=event", status: 5, verdict: "allow crash"),
    Row(trial: "crash=release", status: 5, verdict: "allow crash"),
    Row(
      trial: "crash=forget", options: ["--on-crash", "drop"], status: 5,
      verdict: "drop crash", isWhole: false),
    Row(
      trial: "answer=never", options: ["--deadline", "0.05"], status: 5, verdict: "allow timeout"),
    Row(
      trial: "answer=never", options: ["--deadline", "0.05", "--on-timeout", "drop"], status: 5,
      verdict: "drop timeout", isWhole: false),
    Row(
      trial: "answer=never", options: ["--deadline", "0.05", "--on-timeout", "reset"], status: 5,
      verdict: "reset timeout", isWhole: false),
    Row(
      trial: "answer=never", options: ["--deadline", "0.05", "--on-timeout", "deny"], status: 5,
      verdict: "deny timeout", isWhole: false),
    Row(
      trial: "crash=throw", options: ["--on-crash", "deny"], status: 5, verdict: "deny crash",
      isWhole: false),
    Row(
      trial: "crash=release", options: ["--on-crash", "reset"], status: 5,
      verdict: "reset crash", isWhole: false),
    Row(trial: "verdict=deny", status: 0, verdict: "deny analyzer", isWhole: false),
    Row(trial: "verdict=edit", status: 0, verdict: "edit analyzer", isWhole: false),
    Row(trial: "verdict=reset", status: 0, verdict: "reset analyzer", isWhole: false),
    Row(
      trial: "verdict=reset,when=attached", status: 0, verdict: "reset analyzer",
      isWhole: false),
    Row(trial: "verdict=edit", options: ["--dry-run"], status: 0, verdict: "would_edit analyzer"),
    Row(trial: "verdict=reset", options: ["--dry-run"], status: 0, verdict: "would_reset analyzer"),
    Row(trial: "verdict=deny", options: ["--dry-run"], status: 0, verdict: "would_deny analyzer"),
    Row(trial: "verdict=drop", status: 0, verdict: "drop analyzer", isWhole: false),
    Row(trial: "verdict=drop", options: ["--dry-run"], status: 0, verdict: "would_drop analyzer"),
    Row(
      trial: "verdict=drop,when=attached", status: 0, verdict: "drop analyzer",
      isWhole: false),
    Row(trial: "verdict=bypass", status: 0, verdict: "bypass analyzer"),
    Row(trial: "crash=release,answer=later,delay=500", status: 5, verdict: "allow crash"),
    Row(trial: "answer=later,respond=careless", status: 0),
    Row(trial: "client=late,delay=1000", status: 0),
    Row(
      trial: "client=no", options: ["--on-no-client", "pass"], status: 5,
      verdict: "allow no_client"),
    Row(
      trial: "client=no", options: ["--on-no-client", "refuse"], status: 5,
      verdict: "drop no_client", isWhole: false),
    Row(
      trial: "client=no", options: ["--on-no-client", "refuse", "--dry-run"], status: 5,
      verdict: "would_drop no_client"),
    Row(trial: "client=no,port=1", status: 0),
  ]

  @Test("Each row of the table", arguments: rows)
  func row(_ row: Row) throws {
    let folder = try Scratch()
    let capture = CaptureBuilder.pcap(CaptureBuilder.conversation())
    let path = try folder.file("x.pcap", capture)
    let result = try Binary.sluice.run(
      ["-r", path, "-a", "trial:\(row.trial)", "-w", folder.file("y.pcap")] + row.options)
    #expect(result.status == row.status, "\(result.errors)")
    let records = try result.output.split(separator: 10).map {
      try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
    }
    let verdict = records.lazy.compactMap { $0?["verdict"] as? [String: Any] }.first
    let text = verdict.map { "\($0["action"] ?? "") \($0["reason"] ?? "")" }
    #expect(text == row.verdict)
    #expect((try folder.bytes("y.pcap").count == capture.count) == row.isWhole)
  }

  @Test("Without a client, that is waited for, the run ends")
  func noClient() throws {
    let folder = try Scratch()
    let path = try folder.file("x.pcap", CaptureBuilder.pcap(CaptureBuilder.conversation()))
    let result = try Binary.sluice.run(
      "-r", path, "-a", "trial:client=no", "--deadline", "0.1", "-j", "2")
    #expect(result.status == 5)
    #expect(result.errors.contains("x.pcap: trial: no client has come"))
    #expect(result.output.isEmpty)
  }

  @Test("Responses that fit nothing are told in the summary")
  func careless() throws {
    let folder = try Scratch()
    let path = try folder.file("x.pcap", CaptureBuilder.pcap(CaptureBuilder.conversation()))
    let result = try Binary.sluice.run(
      "-r", path, "-a", "trial:answer=later,respond=careless,direction=out")
    #expect(result.errors.contains("unknown data"))
    #expect(result.errors.contains("stale socket"))
  }

  @Test("An edit that is not possible names what is in the way, and the policy says what is done")
  func refusedEdit() throws {
    let folder = try Scratch()
    // The capture has cut off the end of what was asked.
    var bytes = CaptureBuilder.header()
    for (index, frame) in CaptureBuilder.conversation().enumerated() {
      var record = CaptureBuilder.record(
        index == 3 ? frame.dropLast(3) : frame, second: 1_700_000_000 + UInt32(index))
      record[12] = UInt8(frame.count)
      bytes += record
    }
    let path = try folder.file("x.pcap", bytes)
    let result = try Binary.sluice.run(
      "-r", path, "-a", "trial:verdict=edit,direction=out", "-w", folder.file("o.pcap"))
    #expect(result.status == 0)
    #expect(result.text.contains(#""action":"allow""#))
    #expect(result.text.contains(#""reason":"refused_edit","refusal":"truncated""#))
    #expect(result.errors.contains("not possible to edit: 1 truncated; data allowed"))
    let dropped = try Binary.sluice.run(
      "-r", path, "-a", "trial:verdict=edit,direction=out", "--on-refused-edit", "drop", "-w",
      folder.file("o.pcap"))
    #expect(dropped.text.contains(#""action":"drop""#))
    #expect(dropped.errors.contains("not possible to edit: 1 truncated; flows dropped"))
  }

  @Test("What is not possible cannot be answered by an edit")
  func denyRefused() throws {
    let result = try Binary.sluice.run("-r", "x.pcap", "--on-refused-edit", "deny")
    #expect(result.status == 2)
    #expect(result.errors.contains("--on-refused-edit deny: would be an edit itself"))
  }
}
