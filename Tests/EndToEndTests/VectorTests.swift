import Foundation
import Testing

@Suite("sluice generate vector")
struct VectorTests {
  private let folder: Scratch

  init() throws { folder = try Scratch() }

  private func text(_ arguments: [String], _ more: [String] = []) throws -> String {
    let path = folder.file("v.pcap")
    let made = try Binary.sluice.run(["generate", "vector", "-w", path] + arguments)
    #expect(made.status == 0, "\(made.errors)")
    let result = try Binary.sluice.run(
      ["-q", "-r", path, "-k", "none", "-a", "record"] + more
        + ["-l", folder.file("logs"), "-o", folder.file("o")])
    #expect(result.status == 0, "\(result.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("logs/record"))
    let name = try #require(files.first { $0.hasSuffix(".out") })
    return String(decoding: try folder.bytes("logs/record/" + name), as: UTF8.self)
  }

  @Test(
    "Segments arrive as the list says, and overlap as the policy says", arguments: [[], ["--ipv6"]])
  func segments(more: [String]) throws {
    let list = ["--segments", "2:cdEF,4:xy,0:ab", "--isn", "4294967290"] + more
    #expect(try text(list) == "abcdEF")
  }

  @Test("Fragments, with a letter for eight bytes")
  func fragments() throws {
    #expect(
      try text(["--fragments", "0:^a,2:b,3:c"])
        == "aaaaaaaabbbbbbbbcccccccc")
  }

  @Test(
    "What makes no vector is a usage error",
    arguments: [
      (["vector"], "--segments or --fragments"), (["vector", "--segments", "x:a"], "--segments"),
      (["vector", "--segments", "-1:a"], "--segments"),
      (["vector", "--segments", "0:"], "--segments"),
      (["vector", "--segments", "0:a", "--bytes", "1M"], "for the others"),
      (["bulk", "--segments", "0:a"], "are for vector"),
      (["vector", "--fragments", "7999:aa"], "at most 8000 units"),
    ] as [([String], String)])
  func usage(arguments: [String], reason: String) throws {
    let result = try Binary.sluice.run(["generate"] + arguments + ["-w", folder.file("x.pcap")])
    #expect(result.status == 2)
    #expect(result.errors.contains(reason), "\(result.errors)")
  }
}
