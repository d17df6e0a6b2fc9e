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
      verdict: "drop_flow crash", isWhole: false),
    Row(trial: "crash=event", status: 5, verdict: "allow crash"),
    Row(trial: "crash=release", status: 5, verdict: "allow crash"),
    Row(
      trial: "crash=forget", options: ["--on-crash", "drop"], status: 5,
      verdict: "drop_flow crash", isWhole: false),
    Row(
      trial: "answer=never", options: ["--deadline", "0.05"], status: 5, verdict: "allow timeout"),
    Row(
      trial: "answer=never", options: ["--deadline", "0.05", "--on-timeout", "drop"], status: 5,
      verdict: "drop_flow timeout", isWhole: false),
    Row(trial: "verdict=deny", status: 0, verdict: "allow refused_deny"),
    Row(trial: "verdict=edit", status: 0, verdict: "allow refused_edit"),
    Row(
      trial: "verdict=reset", options: ["--on-refused-edit", "drop"], status: 0,
      verdict: "drop_flow refused_reset_flow", isWhole: false),
    Row(trial: "verdict=deny", options: ["--dry-run"], status: 0, verdict: "would_deny analyzer"),
    Row(trial: "verdict=drop", status: 0, verdict: "drop_flow analyzer", isWhole: false),
    Row(trial: "verdict=drop", options: ["--dry-run"], status: 0, verdict: "would_drop analyzer"),
    Row(
      trial: "verdict=drop,when=attached", status: 0, verdict: "drop_flow analyzer",
      isWhole: false),
    Row(trial: "verdict=bypass", status: 0, verdict: "bypass analyzer"),
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

  @Test(
    "A policy that would change the stream is refused with a reason",
    arguments: ["--on-crash", "--on-timeout", "--on-refused-edit"])
  func notYet(option: String) throws {
    let result = try Binary.sluice.run("-r", "x.pcap", option, "reset")
    #expect(result.status == 2)
    #expect(result.errors.contains("\(option) reset: streams cannot be changed yet"))
  }
}
