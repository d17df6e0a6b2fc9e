import Foundation
import Testing

@Suite("Usage")
struct UsageTests {
  @Test(
    "A usage error is one line on standard error, and exit status 2",
    arguments: [
      ([], "nothing to read"),
      (["analyze"], "nothing to read"),
      (["--foo"], "unknown option '--foo'"),
      (["-r"], "missing value for '-r <file>'"),
      (["-r", "-", "-r", "-"], "there is one standard input"),
      (["-r", "x", "-i", "lo"], "-r and -i together"),
      (["-i", "lo", "-i", "eth0"], "-i is given twice"),
      (["-i", "lo", "--separate"], "--separate is about files"),
      (["analyse", "-r", "x"], "did you mean 'analyze'"),
      (["-r", "x", "prt", "80"], "filter 'prt 80': "),
      (["-r", "x", "-f", "prt 80"], "filter 'prt 80': "),
      (["-r", "x", "-f", "tcp", "port", "80"], "both filters"),
      (["-r", "x", "y.pcap"], "y.pcap: no such file; to read a capture"),
      (["analyzer"], "did you mean 'analyze'"),
      (["x.pcap"], "x.pcap: no such file"),
      (["-r", "x", "-a", "flwo"], "did you mean 'flow'"),
      (["-r", "x", "-a", "flow:prot=80"], "did you mean 'port'"),
      (["-r", "x", "-k", "some"], "'auto', 'all' or 'none'"),
      (["-r", "x", "--midstream", "perhaps"], "'perhaps' is invalid"),
      (["-r", "x", "--tcp-policy", "linx"], "there is no policy 'linx'; did you mean 'linux'"),
      (["-r", "x", "--frag-policy", "linx"], "there is no policy 'linx'; did you mean 'linux'"),
      (["-r", "x", "--frag-policy", "@/no/such"], "/no/such: no such file"),
      (["-r", "x", "--format", "zeek", "-a", "print"], "with -l DIR"),
      (["-r", "x", "--flow", "abc"], "'abc' is invalid"),
      (["-r", "x", "--count", "-1"], "--count"),
      (["-r", "x", "--memory", "lots"], "--memory"),
      (["-r", "x", "-w", "-"], "-w - needs -o FILE"),
      (["-r", "x", "-w", "-", "-o", "-"], "-w - needs -o FILE"),
      (["-r", "x", "-w", "y", "-o", "y"], "the same file"),
      (["generate"], "sluice generate --help"),
      (["generate", "bulk"], "missing expected argument '--write"),
      (["generate", "blk", "-w", "x"], "'blk' is invalid"),
      (["generate", "bulk", "-w", "x", "--vlan", "4096"], "--vlan is more than 4095"),
      (["generate", "bulk", "-w", "x", "--connections", "0"], "--connections is less than 1"),
      (["analyzers", "flwo"], "did you mean 'flow'"),
    ] as [([String], String)])
  func errors(arguments: [String], reason: String) throws {
    let result = try Binary.sluice.run(arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("sluice: "))
    #expect(result.errors.contains(reason), "\(result.errors)")
  }

  @Test("A file without -r is answered with how to read it")
  func strayFile() throws {
    let path = try #require(Optional(Binary.sluice.path))
    let result = try Binary.sluice.run(path)
    #expect(result.errors == "sluice: \(path): to read a capture: sluice -r \(path)\n")
    #expect(result.status == 2)
  }

  @Test(
    "Help is data: on standard output, with status 0",
    arguments: [
      ["--help"], ["-h"], ["help"], ["analyze", "--help"], ["generate", "--help"],
      ["help", "generate"], ["analyzers", "--help"],
    ])
  func help(arguments: [String]) throws {
    let result = try Binary.sluice.run(arguments)
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(result.text.contains("sluice"))
    #expect(result.lines.count > 5)
  }

  @Test("-V is the version", arguments: ["-V", "--version"])
  func version(option: String) throws {
    let result = try Binary.sluice.run(option)
    #expect(result.status == 0)
    #expect(result.text.wholeMatch(of: /sluice \d+\.\d+\.\d+\n/) != nil)
  }

  @Test("sluice analyzers lists the analyzers and the settings of all of them")
  func analyzers() throws {
    let result = try Binary.sluice.run("analyzers")
    #expect(result.status == 0)
    for word in ["flow: ", "settings of all analyzers", "port=", "net=", "direction=", "filter="] {
      #expect(result.text.contains(word), "\(word)")
    }
    #expect(try Binary.sluice.run("analyzers", "flow").lines.count < result.lines.count)
  }

  @Test("A full standard output does not hang", arguments: [["--help"], ["analyzers"]])
  func fullOutput(arguments: [String]) throws {
    let command = ([Binary.sluice.path] + arguments).joined(separator: " ")
    let result = try Binary(path: "/bin/sh").run("-c", command + " > /dev/full")
    #expect(result.status == 0)
  }

  @Test("A terminal is no capture, for reading as for writing")
  func terminals() throws {
    let script = Binary(path: "/usr/bin/script")
    guard FileManager.default.isExecutableFile(atPath: script.path) else { return }
    for arguments in ["-r -", "generate bulk -w -", "-r /etc/passwd -o /dev/null -w -"] {
      let result = try script.run("-qec", "\(Binary.sluice.path) \(arguments)", "/dev/null")
      #expect(result.status == 2)
      #expect(result.text.contains("terminal"), "\(arguments): \(result.text)")
    }
  }
}
