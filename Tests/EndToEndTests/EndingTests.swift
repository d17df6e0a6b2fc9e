import Foundation
import Testing

@Suite("How a run ends before its end")
struct EndingTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  private func writeManyConversations() throws -> String {
    let frames = (0..<3000).flatMap { CaptureBuilder.conversation(client: 10_000 + $0) }
    return try folder.file("x.pcap", CaptureBuilder.pcap(frames))
  }

  @Test("A reader that has seen enough (| head) ends it quietly")
  func head() throws {
    let path = try writeManyConversations()
    let pipeline = "\(Binary.sluice.path) -r \(path) | head -1; exit ${PIPESTATUS[0]}"
    let result = try Binary(path: "/bin/bash").run("-c", pipeline)
    #expect(result.status == 0)
    #expect(result.records.count == 1)
    #expect(result.errors.isEmpty)
  }

  @Test("A reader that has gone does not cut the written capture short")
  func headWhileWriting() throws {
    let path = try writeManyConversations()
    let copy = folder.file("y.pcap")
    let pipeline = "\(Binary.sluice.path) -r \(path) -w \(copy) | head -1"
    #expect(try Binary(path: "/bin/bash").run("-c", pipeline).records.count == 1)
    #expect(try folder.bytes("y.pcap").dropFirst(24) == folder.bytes("x.pcap").dropFirst(24))
  }

  @Test("INT and TERM end it in order, with summary and status", arguments: [SIGINT, SIGTERM])
  func signals(number: Int32) throws {
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    let running = try Running(Binary.sluice.path, ["-r", "-"], input: pipe)
    try pipe.fileHandleForReading.close()
    let writer = pipe.fileHandleForWriting
    try writer.write(contentsOf: CaptureBuilder.header())
    // It is past its start, and has its handlers, when it has taken more than a pipe holds.
    let frames = CaptureBuilder.conversation()
    let block = Data(frames.flatMap { CaptureBuilder.record($0, second: 1) })
    for _ in 0..<2000 { try writer.write(contentsOf: block) }
    kill(running.process.processIdentifier, number)
    let deadline = Date(timeIntervalSinceNow: 30)
    while running.process.isRunning && Date() < deadline { try? writer.write(contentsOf: block) }
    try writer.close()
    let result = try running.result(within: 10)
    #expect(result.status == 128 + number)
    #expect(result.errors.contains("sluice: -: ended by \(number == SIGINT ? "INT" : "TERM")"))
    #expect(result.errors.contains("stream bytes"))
    #expect(result.records.count == result.lines.count)
  }
}
