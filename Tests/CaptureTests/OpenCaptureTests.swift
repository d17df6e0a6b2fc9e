import Capture
import Glibc
import Support
import Testing

@Suite("Opening a capture")
struct OpenCaptureTests {
  private func reason(_ bytes: [UInt8], name: String = "x.pcap") -> String? {
    let folder = TemporaryFolder()
    let path = folder.write(bytes, to: name)
    do {
      _ = try openCapture(path: path)
      return nil
    } catch {
      #expect(error.file == path)
      #expect(error.description == "\(path): \(error.reason)")
      return error.reason
    }
  }

  @Test("What is no capture is said by its first bytes")
  func notCaptures() {
    #expect(
      reason(Array("%PDF-1.7 and so on, more than 24 bytes".utf8))
        == "is not a capture file (starts with 25 50 44 46)")
    #expect(reason([0x0a]) == "is not a capture file (starts with 0a)")
    #expect(reason([0xa1, 0xb2, 0xc3]) == "is not a capture file (starts with a1 b2 c3)")
    #expect(reason([]) == "is empty")
    #expect(
      reason(Array(PcapBytes().bytes.prefix(10)))
        == "pcap header cut off: 10 of 24 bytes")
    // The type of a section header without its magic.
    #expect(
      reason([0x0a, 0x0d, 0x0d, 0x0a] + .pattern(30))
        == "is not a capture file (starts with 0a 0d 0d 0a)")
  }

  @Test(
    "Other formats are named with the command that converts them",
    arguments: [
      (Array("snoop\0\0\0\0\0\0\u{2}".utf8), "a snoop capture", "editcap IN OUT.pcapng"),
      (Array("RTSS".utf8), "a Microsoft NetMon 1 capture", "editcap"),
      (Array("GMBU\u{3}\u{2}".utf8), "a Microsoft NetMon 2 capture", "editcap"),
      ([0x28, 0xb5, 0x2f, 0xfd, 4], "compressed with zstd", "zstd -d"),
      ([0x04, 0x22, 0x4d, 0x18, 4], "compressed with lz4", "lz4 -d"),
      ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "compressed with xz", "xz -d"),
      (Array("BZh91AY".utf8), "compressed with bzip2", "bzip2 -d"),
      (
        [1, 2, 3, 4, 0, 0, 0, 0x60, 2, 4, 0, 88, 0, 0, 0, 70] + .pattern(72), "an ERF capture",
        "editcap"
      ),
    ] as [([UInt8], String, String)])
  func foreign(bytes: [UInt8], name: String, command: String) throws {
    let reason = try #require(self.reason(bytes))
    #expect(reason.contains(name))
    #expect(reason.contains("convert it first: \(command)"))
  }

  @Test("The content decides, not the name")
  func nameDoesNotMatter() {
    #expect(reason(PcapBytes().bytes, name: "notes.txt") == nil)
    #expect(reason(PcapNGBytes(bigEndian: true).bytes, name: "x.pcap") == nil)
    #expect(reason(gzip(PcapBytes().bytes), name: "x.pcap") == nil)
  }

  @Test("A missing file, a folder and a forbidden file are told apart")
  func unreadable() throws {
    let folder = TemporaryFolder()
    #expect(throws: CaptureError(file: folder.file("no"), reason: "no such file")) {
      try openCapture(path: folder.file("no"))
    }
    #expect(throws: CaptureError(file: folder.path, reason: "is a directory")) {
      try openCapture(path: folder.path)
    }
    let forbidden = folder.write(PcapBytes().bytes, to: "forbidden")
    chmod(forbidden, 0)
    // Root may read everything.
    if getuid() != 0 {
      #expect(throws: CaptureError(file: forbidden, reason: "permission denied")) {
        try openCapture(path: forbidden)
      }
    }
    #expect(throws: CaptureError(file: "/dev/null", reason: "is empty")) {
      try openCapture(path: "/dev/null")
    }
  }
}
