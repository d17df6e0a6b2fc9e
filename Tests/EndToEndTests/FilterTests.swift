import Testing

@Suite("Filters")
struct FilterTests {
  private let folder: Scratch
  private let path: String

  init() throws {
    folder = try Scratch()
    let frames = CaptureBuilder.conversation() + CaptureBuilder.conversation(client: 50_000)
    path = try folder.file("x.pcap", CaptureBuilder.pcap(frames))
  }

  @Test(
    "-f and words say the same, and what does not match is not read",
    arguments: [
      ["-f", "tcp port 50000"], ["tcp", "port", "50000"], ["tcp port 50000"],
      ["host", "10.0.0.1", "and", "port", "50000"],
    ])
  func filters(filter: [String]) throws {
    let result = try Binary.sluice.run(["-r", path] + filter)
    #expect(result.status == 0)
    #expect(result.records.count == 1)
    #expect(result.records.first?["src_port"] as? Int == 50_000)
    // The number of the packet in the capture, not of those that are left.
    #expect(result.records.first?["pcap_cnt"] as? Int == 18)
    #expect(result.errors.contains("x.pcap: 9 packets"))
    #expect(result.errors.contains("filtered out: 9 packets"))
  }

  @Test("--count counts what matches")
  func count() throws {
    let result = try Binary.sluice.run("-r", path, "--count", "2", "dst port 80", "-a", "count")
    #expect(result.errors.contains("x.pcap: 2 packets"))
    #expect(result.errors.contains("filtered out: 1 packet\n"))
  }

  @Test("--validity any takes segments with wrong checksums too, unless -k is all")
  func wrongChecksums() throws {
    var frames = CaptureBuilder.conversation()
    for index in frames.indices { frames[index][50] ^= 0x5A }
    let path = try folder.file("wrong.pcap", CaptureBuilder.pcap(frames))
    func bytes(_ options: [String]) throws -> Int? {
      let result = try Binary.sluice.run(["-r", path, "-a", "count"] + options)
      return (result.records.last?["count"] as? [String: Any])?["bytes"] as? Int
    }
    let all = try bytes(["-k", "none"])
    #expect(all ?? 0 > 0)
    #expect(try bytes(["--validity", "any"]) == all)
    #expect(try bytes(["--validity", "any", "-k", "all"]) != all)
    #expect(try bytes([]) != all)
  }

  @Test("A filter that lets nothing pass says so")
  func nothing() throws {
    let result = try Binary.sluice.run("-r", path, "udp")
    #expect(result.status == 4)
    #expect(result.errors.contains("nothing to analyze: no packet matches the filter"))
    #expect(result.errors.contains("filtered out: 18 packets"))
  }

  @Test("A filter that makes no sense for a link type says so")
  func linkType() throws {
    let raw = try folder.file("raw.pcap", CaptureBuilder.pcap([[0x45]], linkType: 101))
    let result = try Binary.sluice.run("-r", raw, "-r", path, "-f", "ether host 2:0:0:0:0:1")
    #expect(result.status == 0)
    #expect(result.records.count == 2)
    #expect(result.errors.contains("nothing of link type RAW matches"))
  }
}
