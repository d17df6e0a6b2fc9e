import Foundation
import Testing

@Suite("Inputs, good and bad")
struct InputTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  @Test("What cannot be opened is one line and exit status 2, and no output is touched")
  func notThere() throws {
    let log = try folder.file("log", Array("precious".utf8))
    let result = try Binary.sluice.run("-r", "/no/such.pcap", "-o", log, "-w", log + ".pcap")
    #expect(result.status == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("sluice: /no/such.pcap: "))
    #expect(try folder.bytes("log") == Array("precious".utf8))
    #expect(!FileManager.default.fileExists(atPath: log + ".pcap"))
  }

  @Test(
    "What is no capture is one line and exit status 2",
    arguments: [[], [0], Array("plain text, long enough for any header\n".utf8)] as [[UInt8]])
  func noCapture(bytes: [UInt8]) throws {
    let path = try folder.file("x.pcap", bytes)
    let result = try Binary.sluice.run("-r", path)
    #expect(result.status == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("sluice: \(path): "))
  }

  /// Large enough for threads that work ahead.
  private func largeCapture() throws -> String {
    let path = try folder.file("large.pcap", [])
    let made = try Binary.sluice.run("generate", "adverse", "-w", path, "--bytes", "9000000")
    #expect(made.status == 0)
    return path
  }

  @Test("A large file, which is read ahead, comes to what it comes to from a pipe")
  func ahead() throws {
    let path = try largeCapture()
    let fromFile = try Binary.sluice.run("-q", "-r", path, "-a", "digest", "-a", "count")
    let fromInput = try Binary.sluice.run(
      "-q", "-r", "-", "-a", "digest", "-a", "count", input: path)
    #expect(fromFile.status == 0)
    #expect(fromFile.lines.count > 100)
    let name = #""pcap_filename":"\#(path)""#
    let otherName = #""pcap_filename":"-""#
    #expect(fromFile.lines.map { $0.replacing(name, with: otherName) } == fromInput.lines)
  }

  @Test(
    "Where no thread is to be had, a large file is read without",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit")))
  func noThreads() throws {
    let path = try largeCapture()
    // Threads get a stack of this size, for which there is no address space.
    let result = try Binary(path: "/usr/bin/prlimit").run(
      "--stack=200000000000000", Binary.sluice.path, "-q", "-r", path, "-a", "count")
    #expect(result.status == 0)
    #expect(result.output == (try Binary.sluice.run("-q", "-r", path, "-a", "count")).output)
  }

  @Test("A damaged capture is processed as far as it goes, and the place is named")
  func damaged() throws {
    let good = CaptureBuilder.pcap(CaptureBuilder.conversation())
    let bad = CaptureBuilder.record([1, 2, 3], second: 1, claiming: .max)
    let path = try folder.file("x.pcap", good + bad)
    let result = try Binary.sluice.run("-r", path)
    #expect(result.status == 3)
    let place = "sluice: \(path): byte \(good.count): "
    #expect(result.errorLines.contains { $0.hasPrefix(place) && $0.contains("4294967295") })
    #expect(result.records.count == 1)
  }

  @Test("A capture cut short is exit status 3")
  func cutShort() throws {
    let whole = CaptureBuilder.pcap(CaptureBuilder.conversation())
    let path = try folder.file("x.pcap", whole.dropLast(3))
    let result = try Binary.sluice.run("-r", path, "-q")
    #expect(result.status == 3)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.contains("\(path): byte "))
  }

  @Test("Nothing to analyze is exit status 4, and says why")
  func nothing() throws {
    let empty = try folder.file("empty.pcap", CaptureBuilder.pcap([]))
    let emptyResult = try Binary.sluice.run("-r", empty)
    #expect(emptyResult.status == 4)
    #expect(emptyResult.errors.contains("\(empty): nothing to analyze: no packets"))
    let arp = try folder.file("arp.pcap", CaptureBuilder.pcap([CaptureBuilder.arp]))
    let arpResult = try Binary.sluice.run("-r", arp)
    #expect(arpResult.status == 4)
    #expect(arpResult.errors.contains("neither IPv4 nor IPv6: 1 packet"))
    let usb = try folder.file("usb.pcap", CaptureBuilder.pcap([[1, 2, 3]], linkType: 189))
    let usbResult = try Binary.sluice.run("-r", usb)
    #expect(usbResult.status == 4)
    #expect(usbResult.errors.contains("link type USB_LINUX is not supported: 1 packet"))
  }

  @Test("Standard input is read with -r -")
  func standardInput() throws {
    let path = try folder.file("x.pcap", CaptureBuilder.pcap(CaptureBuilder.conversation()))
    let result = try Binary.sluice.run("-r", "-", input: path)
    #expect(result.status == 0)
    #expect(result.records.count == 1)
    let piped = try Binary(path: "/bin/sh").run("-c", "cat \(path) | \(Binary.sluice.path) -r -")
    #expect(piped.records.count == 1)
  }
}
