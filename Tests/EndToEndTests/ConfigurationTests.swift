import Foundation
import Testing

@Suite("Configuration")
struct ConfigurationTests {
  private let folder: Scratch
  private let path: String

  init() throws {
    folder = try Scratch()
    path = try folder.file("x.pcap", CaptureBuilder.pcap(CaptureBuilder.conversation()))
  }

  private func yaml(_ text: String) throws -> String {
    try folder.file("sluice.yaml", Array(text.utf8))
  }

  @Test("A file and --set are as if their options had been typed")
  func sameAsTyped() throws {
    let file = try yaml("read: [\(path)]\nanalyzer: [print: {port: 80}]\nformat: text\nquiet: yes")
    let typed = try Binary.sluice.run("-q", "-r", path, "-a", "print:port=80", "--format", "text")
    #expect(typed.status == 0 && !typed.lines.isEmpty)
    for arguments in [["-c", file], ["analyze", "--config", file]] {
      let result = try Binary.sluice.run(arguments)
      #expect(result.status == 0)
      #expect(result.output == typed.output)
      #expect(result.errors.isEmpty)
    }
    let set = try Binary.sluice.run(
      "--set", "read=\(path)", "--set", "analyzer=print:port=80", "--set", "format=text")
    #expect(set.output == typed.output)
    let over = try Binary.sluice.run("-c", file, "--set", "format=eve", "-a", "flow")
    #expect(over.records.map { $0["event_type"] as? String } == ["flow"])
  }

  @Test("--dump-config is a configuration that changes nothing")
  func dump() throws {
    let arguments = ["-r", path, "-a", "flow:port=80", "-vv", "--memory", "64M"]
    let dump = try Binary.sluice.run(arguments + ["--dump-config"])
    #expect(dump.status == 0)
    #expect(dump.errors.isEmpty)
    #expect(dump.text.contains("\nmemory: 64M\n"))
    let again = try Binary.sluice.run("-c", yaml(dump.text), "--dump-config")
    #expect(again.output == dump.output)
    #expect(
      try Binary.sluice.run("-c", yaml(dump.text)).output == Binary.sluice.run(arguments).output)
  }

  @Test("-T runs nothing and writes nothing")
  func check() throws {
    let copy = folder.file("copy.pcap")
    let logs = folder.file("logs")
    let arguments = ["-T", "-r", path, "-w", copy, "-l", logs, "-a", "record"]
    let result = try Binary.sluice.run(arguments)
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    #expect(result.errors == "sluice: configuration is right\n")
    #expect(!FileManager.default.fileExists(atPath: copy))
    #expect(!FileManager.default.fileExists(atPath: logs))
    #expect(try Binary.sluice.run(arguments + ["-q"]).errors.isEmpty)
  }

  @Test(
    "-T finds what is wrong",
    arguments: [
      (["-r", "/no/such"], "no such file"),
      (["-a", "flow:filter=prot 80"], "can't parse filter"),
      (["-a", "flow:port=x"], "port=x"),
      (["--set", "memory=x"], "'x' is not a size"),
      (["-w", "-"], "-w - needs -o"),
    ])
  func checkFails(arguments: [String], reason: String) throws {
    let input = arguments.contains("-r") ? [] : ["-r", path]
    let result = try Binary.sluice.run(["-T"] + input + arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(reason), "\(result.errors)")
  }

  @Test("A mistake in a file is one line with its place, and exit status 2")
  func mistake() throws {
    let file = try yaml("read: [\(path)]\nmemory: 12Q\n")
    let result = try Binary.sluice.run("-c", file)
    #expect(result.status == 2)
    #expect(
      result.errors
        == "sluice: \(file):2: memory: '12Q' is not a size such as 4096, 64K or 1G\n")
  }
}
