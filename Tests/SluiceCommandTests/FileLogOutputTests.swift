import Foundation
import Testing

@testable import SluiceCommand

@Suite("The event log's file")
struct FileLogOutputTests {
  private let path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"

  private var content: [UInt8]? { FileManager.default.contents(atPath: path).map { Array($0) } }

  @Test("Lines arrive at the end, in order, however many")
  func lines() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try FileLogOutput(path: path, isLive: false)
    let line = "0123456789abcde\n"
    for _ in 0..<20_000 { try log.write(line.utf8.span) }
    #expect((content?.count ?? 0) >= FileLogOutput.bufferSize, "a full buffer is written")
    try log.finish()
    try log.finish()
    #expect(content?.count == 320_000)
  }

  @Test("A live log is written line by line")
  func live() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try FileLogOutput(path: path, isLive: true)
    let line = "A\n"
    try log.write(line.utf8.span)
    #expect(content == [65, 10])
    try log.finish()
  }

  @Test("A full disk is an error that stays")
  func fullDisk() throws {
    let log = try FileLogOutput(path: "/dev/full", isLive: false)
    let line = "A"
    try log.write(line.utf8.span)
    for _ in 0..<2 {
      let error = #expect(throws: LogError.self) { try log.flush() }
      #expect(error?.description == "/dev/full: no space left on device")
    }
    #expect(throws: LogError.self) { try log.finish() }
  }

  @Test("A folder that is not there is an error at once")
  func missingFolder() {
    let error = #expect(throws: LogError.self) {
      try FileLogOutput(path: "/no/such/eve.json", isLive: false)
    }
    #expect(error?.description == "/no/such/eve.json: no such file or directory")
  }
}
