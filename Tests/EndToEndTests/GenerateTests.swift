import Foundation
import Testing

@Suite("sluice generate")
struct GenerateTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  private func generate(_ arguments: [String], name: String) throws -> [String: Any] {
    let result = try Binary.sluice.run(["generate"] + arguments + ["-w", folder.file(name)])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.lines.count == 1)
    return try #require(result.records.first)
  }

  private static let small = ["--bytes", "256K", "--connections", "8"]

  @Test(
    "What it says it wrote is what it wrote",
    arguments: ["bulk", "http", "adverse", "many", "mail"])
  func report(workload: String) throws {
    let report = try generate([workload] + Self.small, name: "x.pcap")
    #expect(report["file_bytes"] as? Int == (try folder.bytes("x.pcap").count))
    let count = try Binary.sluice.run("-r", folder.file("x.pcap"), "-a", "count")
    #expect(count.status == 0)
    let record = try #require(count.records.last?["count"] as? [String: Any])
    #expect(record["bytes"] as? Int == report["stream_bytes"] as? Int)
    let packets = try #require(report["packets"] as? Int)
    #expect(count.errors.replacing(",", with: "").contains(": \(packets) packets"))
    #expect(!count.errors.contains("bad checksums"))
  }

  @Test("The same arguments are the same capture, another seed is another")
  func deterministic() throws {
    let arguments = ["http"] + Self.small
    _ = try generate(arguments, name: "a.pcap")
    _ = try generate(arguments, name: "b.pcap")
    _ = try generate(arguments + ["--seed", "7"], name: "c.pcap")
    #expect(try folder.bytes("a.pcap") == folder.bytes("b.pcap"))
    #expect(try folder.bytes("a.pcap") != folder.bytes("c.pcap"))
  }

  @Test("IPv6 and VLAN on request")
  func familyAndTag() throws {
    _ = try generate(["http", "--ipv6", "--vlan", "42"] + Self.small, name: "x.pcapng")
    let result = try Binary.sluice.run("-r", folder.file("x.pcapng"))
    let record = try #require(result.records.first)
    #expect((record["src_ip"] as? String)?.contains(":") == true)
    #expect(record["vlan"] as? [Int] == [42])
  }
}
