import Foundation
import Testing

@Suite("sluice analyze")
struct AnalyzeTests {
  private let folder: Scratch
  private let capture: [UInt8]
  private let path: String

  /// Two conversations, to ports 80 and 443.
  init() throws {
    folder = try Scratch()
    let frames =
      CaptureBuilder.conversation() + CaptureBuilder.conversation(client: 40_001, server: 443)
    capture = CaptureBuilder.pcap(frames)
    path = try folder.file("x.pcap", capture)
  }

  @Test("Without -a it is a flow record for each conversation, and a summary")
  func flows() throws {
    let result = try Binary.sluice.run("-r", path)
    #expect(result.status == 0)
    #expect(result.records.count == 2)
    #expect(result.records.count == result.lines.count)
    for record in result.records { #expect(record["event_type"] as? String == "flow") }
    #expect(result.errors.contains("18 packets"))
    #expect(result.errors.contains("2 TCP sockets, 38 stream bytes"))
    #expect(try Binary.sluice.run("analyze", "-n", "-r", path).output == result.output)
  }

  @Test("-q says nothing, -v says more")
  func volume() throws {
    #expect(try Binary.sluice.run("-q", "-r", path).errors.isEmpty)
    #expect(try Binary.sluice.run("-v", "-r", path).errors.contains("time: "))
  }

  @Test("--flow takes the flow_id or the community_id of a record")
  func oneFlow() throws {
    let first = try #require(try Binary.sluice.run("-r", path).records.first)
    let flowID = try #require(first["flow_id"] as? Int)
    let communityID = try #require(first["community_id"] as? String)
    for name in [String(flowID), communityID] {
      let result = try Binary.sluice.run("-r", path, "--flow", name)
      #expect(result.status == 0)
      #expect(result.records.map { $0["flow_id"] as? Int } == [flowID])
    }
    let absent = try Binary.sluice.run("-r", path, "--flow", "1")
    #expect(absent.status == 4)
    #expect(absent.errors.contains("no such conversation"))
  }

  @Test("--count stops after so many packets")
  func count() throws {
    let result = try Binary.sluice.run("-r", path, "--count", "4")
    #expect(result.status == 0)
    #expect(result.records.count == 1)
    #expect(result.errors.contains("4 packets"))
  }

  @Test("An analyzer is shown what its settings choose")
  func selection() throws {
    let result = try Binary.sluice.run("-r", path, "-a", "flow:port=440-450")
    #expect(result.records.map { $0["dest_port"] as? Int } == [443])
  }

  @Test("--midstream no leaves connections alone whose start was not seen")
  func midstream() throws {
    let frames = CaptureBuilder.conversation().dropFirst(3)
    let path = try folder.file("late.pcap", CaptureBuilder.pcap(Array(frames)))
    #expect(try Binary.sluice.run("-r", path).status == 0)
    #expect(try Binary.sluice.run("-r", path, "--midstream", "no").status == 4)
  }

  @Test("--format text is lines for people")
  func text() throws {
    let result = try Binary.sluice.run("-r", path, "-a", "print", "--format", "text")
    #expect(result.status == 0)
    #expect(result.text.contains("good morning"))
    #expect(result.records.isEmpty)
  }

  @Test("Logs go to a file or a folder, and standard output stays empty")
  func logs() throws {
    let expected = try Binary.sluice.run("-r", path).output
    let file = try Binary.sluice.run("-r", path, "-o", folder.file("log"))
    #expect(file.output.isEmpty)
    #expect(try folder.bytes("log") == expected)
    let logs = try Binary.sluice.run("-r", path, "-l", folder.file("logs"))
    #expect(logs.output.isEmpty)
    #expect(try folder.bytes("logs/eve.json") == expected)
  }

  @Test("One's own analyzer is one of a whole sluice")
  func ownAnalyzer() throws {
    let list = try Binary.shout.run("analyzers")
    #expect(list.text.contains("shout: what is said, in capitals"))
    #expect(list.text.contains("flow: "))
    let result = try Binary.shout.run("-r", path, "-a", "shout:direction=in", "--format", "text")
    #expect(result.status == 0)
    #expect(result.text.contains("GOOD MORNING"))
    #expect(!result.text.contains("HELLO"))
  }
}
