import Foundation
import Testing

@Suite("Several files and folders")
struct SeveralInputsTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  /// Three captures whose conversations overlap in time.
  private func captures() throws -> [String] {
    try (0..<3).map { index in
      let frames = CaptureBuilder.conversation(client: 40_000 + UInt16(index))
      return try folder.file("\(index).pcap", CaptureBuilder.pcap(frames))
    }
  }

  /// The log without the names of files, which depend on how the input was named.
  private func log(_ arguments: [String]) throws -> [String] {
    let result = try Binary.sluice.run(["-q"] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    return result.lines.map { $0.replacing(/"pcap_filename":"[^"]*",/, with: "") }
  }

  @Test("Conversations that are cut over two files come to the same log in any order")
  func anyOrder() throws {
    let frames = CaptureBuilder.conversation()
    let bytes = CaptureBuilder.pcap(frames)
    let cut = 24 + frames.prefix(5).reduce(0) { $0 + $1.count + 16 }
    let whole = try folder.file("whole", bytes)
    let first = try folder.file("first", Array(bytes[..<cut]))
    let second = try folder.file("second", Array(bytes[..<24] + bytes[cut...]))
    let expected = try log(["-r", whole, "-a", "flow", "-a", "digest"])
    #expect(try log(["-r", first, "-r", second, "-a", "flow", "-a", "digest"]) == expected)
    #expect(try log(["-r", second, "-r", first, "-a", "flow", "-a", "digest"]) == expected)
    // With the names, too: each record names the file that its packet comes from.
    let one = try Binary.sluice.run("-q", "-r", first, "-r", second)
    let other = try Binary.sluice.run("-q", "-r", second, "-r", first)
    #expect(one.output == other.output)
    #expect(one.records.compactMap { $0["pcap_filename"] as? String } == [second])
  }

  @Test("A folder goes on over damaged files and other files, and says each damage")
  func damagedFolder() throws {
    let paths = try captures()
    let cut = try folder.file("cut.pcap", Array(try folder.bytes("0.pcap").dropLast(5)))
    let empty = try folder.file("empty", [])
    _ = try folder.file("notes.txt", Array("text of more than 24 bytes: no capture".utf8))
    let result = try Binary.sluice.run("-v", "-r", folder.path, "-a", "count")
    #expect(result.status == 3)
    #expect(result.errorLines.contains("sluice: \(empty): is empty"))
    #expect(result.errorLines.contains { $0.hasPrefix("sluice: \(cut): byte ") })
    #expect(result.errors.contains("passed over 1 file in folders"))
    #expect(result.errors.contains("\(folder.path): 35 packets"))
    #expect(result.text.contains(#""sockets":3"#))
    // Named itself, it is one of several, too.
    for more in [[], ["--separate"]] {
      let named = try Binary.sluice.run(["-r", paths[0], "-r", empty, "-r", "/no/such"] + more)
      #expect(named.status == 3)
      #expect(named.errorLines.contains("sluice: \(empty): is empty"))
      #expect(named.errorLines.contains { $0.hasPrefix("sluice: /no/such: no such file") })
      #expect(named.text.contains(#""event_type":"flow""#))
    }
    let none = try Binary.sluice.run("-r", empty, "-r", "/no/such")
    #expect(none.status == 2)
    #expect(none.errors.contains("none of its captures can be opened"))
  }

  @Test("The files of an earlier rotation in the folder are captures like others, and are kept")
  func rotatedOutput() throws {
    _ = try captures()
    let other = try Scratch()
    let arguments = [
      "-q", "-r", folder.path, "-a", "count", "-o", other.file("o.json"), "-w",
      folder.file("rot.pcap"), "--rotate-size", "600",
    ]
    let result = try Binary.sluice.run(arguments)
    #expect(result.status == 0, "\(result.errors)")
    let log = String(decoding: try other.bytes("o.json"), as: UTF8.self)
    #expect(log.contains(#""sockets":3"#))
    let rotated = try folder.bytes("rot-00001.pcap")
    let again = try Binary.sluice.run(arguments)
    #expect(again.status == 2)
    #expect(again.errors.contains("would be overwritten"))
    #expect(try folder.bytes("rot-00001.pcap") == rotated)
  }

  @Test("A folder without captures has nothing to analyze; one of broken ones cannot be opened")
  func emptyFolders() throws {
    let result = try Binary.sluice.run("-r", folder.path)
    #expect(result.status == 4)
    #expect(result.errors.contains("\(folder.path): nothing to analyze: holds no captures"))
    _ = try folder.file("empty", [])
    let broken = try Binary.sluice.run("-r", folder.path)
    #expect(broken.status == 2)
    #expect(broken.errorLines.count == 2)
  }

  @Test("What is written into the folder is no part of it")
  func outputInFolder() throws {
    _ = try captures()
    let arguments = [
      "-r", folder.path, "-w", folder.file("out.pcap"), "-o", folder.file("log.json"),
    ]
    let result = try Binary.sluice.run(arguments)
    #expect(result.status == 0)
    #expect(result.errors.contains("27 packets"))
    // What it was is a capture of the folder now.
    let written = try folder.bytes("out.pcap")
    let again = try Binary.sluice.run(arguments)
    #expect(again.status == 2)
    #expect(again.errors.contains("would be overwritten"))
    #expect(try folder.bytes("out.pcap") == written)
    // Redirected, it is empty when the folder is read.
    let command = "\(Binary.sluice.path) -q -r . > all.json 2> messages"
    let shell = try Binary(path: "/bin/sh").run("-c", "cd \(folder.path) && \(command)")
    #expect(shell.status == 0)
  }

  @Test("--separate: sockets do not join, each file has its summary, and -w has all packets")
  func separate() throws {
    let bytes = CaptureBuilder.pcap(CaptureBuilder.conversation())
    let paths = try [folder.file("a", bytes), folder.file("b", Array(bytes.dropLast(1)))]
    let output = folder.file("out.pcapng")
    let result = try Binary.sluice.run(
      "-r", paths[0], "-r", paths[1], "--separate", "-w", output, "-a", "flow", "-a", "count")
    #expect(result.status == 3)
    #expect(result.records.compactMap { $0["pcap_filename"] as? String } == paths)
    #expect(result.records.filter { $0["event_type"] as? String == "count" }.count == 2)
    #expect(result.errorLines.contains { $0.hasPrefix("\(paths[0]): 9 packets") })
    #expect(result.errorLines.contains { $0.hasPrefix("\(paths[1]): 8 packets") })
    let again = try Binary.sluice.run("-r", output, "-a", "count")
    #expect(again.errors.contains("17 packets"))
  }

  @Test(
    "Many files at the same time need no more descriptors than one",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit")))
  func manyFiles() throws {
    let bytes = CaptureBuilder.pcap(CaptureBuilder.conversation())
    for index in 0..<400 { _ = try folder.file("\(index)", bytes) }
    let result = try Binary(path: "/usr/bin/prlimit").run(
      "--nofile=32", Binary.sluice.path, "-r", folder.path, "-a", "count")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("3,600 packets"))
  }
}
