import Buffers
import Capture
import Support
import Testing
import Wire

@Suite("A filter in front of a run")
struct FilteredSourceTests {
  private let folder = TemporaryFolder()

  /// 200 Ethernet frames, of which every third is an ARP packet.
  private func source(linkType: UInt32 = 1) throws -> any PacketSource {
    var file = PcapBytes(linkType: linkType)
    for index in 0..<200 {
      let type: [UInt8] = index % 3 == 0 ? [8, 6] : [0x86, 0xdd]
      file.packet([UInt8](repeating: 1, count: 12) + type + .pattern(50), seconds: UInt32(index))
    }
    return try openCapture(path: folder.write(file.bytes, to: "x.pcap"))
  }

  @Test("What matches keeps its number, and the rest is counted")
  func keepsNumbers() throws {
    let filtered = FilteredSource(try source(), expression: "arp")
    let reading = Reading(filtered)
    #expect(
      reading.packets.map(\.ordinal) == stride(from: 1, through: 200, by: 3).map { UInt64($0) })
    #expect(filtered.omissions.filteredOut == 200 - 67)
    #expect(filtered.omissions.unfiltered.isEmpty)
    #expect(filtered.framesStay)
  }

  @Test("Where nothing matches, whoever fills is asked now and then whether to go on")
  func returns() throws {
    let filtered = FilteredSource(try source(), expression: "tcp port 1")
    var batch = FrameBatch(capacity: 1)
    var fills = 0
    while filtered.fill(&batch) { fills += 1 }
    #expect(fills > 1)
    #expect(filtered.omissions.filteredOut == 200)
  }

  @Test("An expression that a link type does not know matches nothing of it, and is said")
  func linkTypes() throws {
    let filtered = FilteredSource(try source(linkType: 101), expression: "ether host 1:1:1:1:1:1")
    #expect(Reading(filtered).packets.isEmpty)
    #expect(Array(filtered.omissions.unfiltered.keys) == [.raw])
  }

  @Test("An expression is good if some link type knows it")
  func check() throws {
    for expression in ["tcp port 80", "wlan addr1 1:2:3:4:5:6", "ether host 1:2:3:4:5:6", ""] {
      try BPFProgram.check(expression)
    }
    #expect(throws: FilterError.self) { try BPFProgram.check("prt 80") }
  }
}
