import Capture
import Foundation
import Support
import Testing

@Suite("Files and folders")
struct CaptureFilesTests {
  private let folder = TemporaryFolder()
  private let capture = PcapBytes().bytes

  private func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder.file(name), withIntermediateDirectories: true)
  }

  private func names(_ files: CaptureFiles) -> [String] {
    files.files.map { String($0.path.dropFirst(folder.path.count + 1)) }
  }

  @Test("A folder is its captures and those below it, chosen by content and sorted by path")
  func walks() throws {
    try makeFolder("b/deep")
    try makeFolder("empty")
    _ = folder.write(capture, to: "b/deep/x")
    _ = folder.write(gzip(capture), to: "b/z.bin")
    _ = folder.write(PcapNGBytes(bigEndian: true).bytes, to: "a10")
    _ = folder.write(capture, to: "a9")
    _ = folder.write(capture, to: "b-1")
    _ = folder.write(Array("some text, longer than a header of pcap".utf8), to: "notes.pcap")
    _ = folder.write(gzip(Array("some text".utf8)), to: "notes.gz")
    _ = folder.write([0x28, 0xb5, 0x2f, 0xfd, 4], to: "x.zst")
    mkfifo(folder.file("pipe"), 0o600)
    let files = try CaptureFiles([folder.path])
    #expect(names(files) == ["a10", "a9", "b-1", "b/deep/x", "b/z.bin"])
    #expect(files.passedOver == 4)
    #expect(files.refused.isEmpty)
    #expect(files.files.allSatisfy { !$0.isNamed })
    #expect(try CaptureFiles([folder.path + "/"]).files.count == 5)
  }

  @Test("What begins like a capture and cannot be read is said")
  func refuses() throws {
    _ = folder.write([], to: "empty")
    _ = folder.write(Array(capture.prefix(9)), to: "cut")
    _ = folder.write(Array(gzip(capture).prefix(12)), to: "cut.gz")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: "nowhere")
    let files = try CaptureFiles([folder.path])
    #expect(files.files.isEmpty)
    #expect(files.emptyFolders.isEmpty)
    #expect(files.refused.count == 4)
    #expect(
      files.refused.map(\.description).contains("\(folder.file("link")): no such file"))
  }

  @Test("Links to files are followed, those to folders are not, and no file comes twice")
  func links() throws {
    try makeFolder("a")
    _ = folder.write(capture, to: "a/one")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.file("a/up"), withDestinationPath: "..")
    try manager.createSymbolicLink(atPath: folder.file("b"), withDestinationPath: "a/one")
    try manager.linkItem(atPath: folder.file("a/one"), toPath: folder.file("c"))
    #expect(names(try CaptureFiles([folder.path])) == ["a/one"])
  }

  @Test("Outputs are left out of folders, and named files come where they are named")
  func outputs() throws {
    for name in ["in", "out", "named"] { _ = folder.write(capture, to: name) }
    let named = folder.file("named")
    let files = try CaptureFiles([folder.path, named], except: [folder.file("out")])
    #expect(names(files) == ["in", "named"])
    #expect(files.files.map(\.isNamed) == [false, true])
    #expect(try CaptureFiles([named, named, "-"]).files.map(\.path) == [named, named, "-"])
  }

  @Test("A folder without captures is said, a path to nowhere is an error")
  func nothing() throws {
    _ = folder.write([1, 2, 3], to: "x")
    #expect(try CaptureFiles([folder.path]).emptyFolders == [folder.path])
    #expect(throws: CaptureError(file: "/no/such", reason: "no such file")) {
      _ = try CaptureFiles(["/no/such"])
    }
  }
}
