import Foundation
import Testing

@Suite("IP fragments that overlap")
struct FragmentTests {
  private let folder: Scratch
  private let path: String

  /// The same datagram to two hosts: of its third unit there are two copies, and the second one
  /// begins before the first one and ends behind it.
  init() throws {
    folder = try Scratch()
    func units(_ text: String) -> [UInt8] {
      text.utf8.flatMap { [UInt8](repeating: $0, count: 8) }
    }
    let header: [UInt8] = [0x13, 0x88, 0x13, 0x89, 0, 32, 0, 0]
    let frames = [2, 3].flatMap { host in
      [
        CaptureBuilder.fragment(units("o"), at: 16, more: true, to: host),
        CaptureBuilder.fragment(units("nnn"), at: 8, more: false, to: host),
        CaptureBuilder.fragment(header, at: 0, more: true, to: host),
      ]
    }
    path = try folder.file("x.pcap", CaptureBuilder.pcap(frames))
  }

  private func run(_ options: String...) throws -> (texts: [String], errors: String) {
    let result = try Binary.sluice.run(["-r", path, "-a", "print"] + options)
    // Beside what is printed there are records of the overlaps.
    let isPrinted = result.lines.count > result.records.count
    #expect(result.status == (isPrinted ? 0 : 4), "\(result.errors)")
    let texts = ["non", "nnn"].flatMap { pattern in
      let text = pattern.map { String(repeating: $0, count: 8) }.joined()
      return result.lines.filter { $0.contains(text) }.map { _ in pattern }
    }
    return (texts, result.errors)
  }

  @Test("--frag-policy says which copy a receiver takes")
  func names() throws {
    #expect(try run().texts == ["non", "non"])
    for (name, text) in [
      ("first", "non"), ("last", "nnn"), ("linux", "nnn"), ("windows", "nnn"), ("irix", "nnn"),
      ("hpux11", "non"),
    ] {
      let result = try run("--frag-policy", name)
      #expect(result.texts == [text, text], "\(name)")
      #expect(result.errors.contains("frag_overlap_conflict 2"), "\(result.errors)")
    }
    let dropped = try run("--frag-policy", "drop-on-overlap")
    #expect(dropped.texts == [])
    #expect(dropped.errors.contains("frag_datagram_dropped 2"), "\(dropped.errors)")
  }

  @Test("--frag-policy @FILE says it by network")
  func files() throws {
    for text in [
      "10.0.0.0/24: first\n10.0.0.3: linux\n", "host-os-policy:\n  linux: [10.0.0.3]\n  bsd: []\n",
    ] {
      let file = try folder.file("policies.yaml", Array(text.utf8))
      #expect(try run("--frag-policy", "@" + file).texts == ["non", "nnn"])
      let configuration = try folder.file(
        "sluice.yaml", Array("frag-policy: \"@\(file)\"\n".utf8))
      #expect(try run("-c", configuration).texts == ["non", "nnn"])
    }
    let file = try folder.file("policies.yaml", Array("10.0.0.3: linx\n".utf8))
    let result = try Binary.sluice.run("-T", "-r", path, "--frag-policy", "@" + file)
    #expect(result.status == 2)
    #expect(
      result.errors == "sluice: \(file):1: there is no policy 'linx'; did you mean 'linux'\n")
  }
}
