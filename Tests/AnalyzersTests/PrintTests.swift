import Analysis
import Testing

@testable import Analyzers

@Suite("print")
struct PrintTests {
  private func lines(of steps: [Step]) throws -> [String] {
    let engine = RecordingEngine(.sample(.init("2001:db8::1", 1234), .init("192.0.2.2", 80)))
    try engine.play(steps, to: PrintAnalyzer(Options()))
    return engine.lines
  }

  @Test("Each event is a line with time, endpoints, way and what it carries")
  func events() throws {
    let lines = try lines(of: [
      .event(.connecting), .event(.connected(midstream: true)),
      .event(.gap(.in, offset: 1448, length: 512)), .event(.cantSendMore),
      .event(.shutdown(.out)), .event(.cantReceiveMore), .event(.disconnected(.endOfInput)),
    ])
    let time = "2026-11-23 08:43:45.123456"
    #expect(
      lines == [
        "\(time) [2001:db8::1]:1234 -- 192.0.2.2:80 attached",
        "\(time) [2001:db8::1]:1234 -- 192.0.2.2:80 connecting",
        "\(time) [2001:db8::1]:1234 -- 192.0.2.2:80 connected midstream",
        "\(time) [2001:db8::1]:1234 <- 192.0.2.2:80 gap 1448+512",
        "\(time) [2001:db8::1]:1234 -> 192.0.2.2:80 cant_send_more",
        "\(time) [2001:db8::1]:1234 -> 192.0.2.2:80 shutdown",
        "\(time) [2001:db8::1]:1234 <- 192.0.2.2:80 cant_receive_more",
        "\(time) [2001:db8::1]:1234 -- 192.0.2.2:80 disconnected end_of_input",
        "\(time) [2001:db8::1]:1234 -- 192.0.2.2:80 detached",
      ])
  }

  @Test("Data is shown as text, with a point for what cannot be printed")
  func data() throws {
    let bytes: [UInt8] = Array("GET /\r\n".utf8) + [0, 0x1B, 0x7E, 0x7F, 0x80, 0xFF]
    let lines = try lines(of: [.in(bytes, at: 70_000), .out([], at: 0)])
    #expect(lines[1].hasSuffix(" [2001:db8::1]:1234 <- 192.0.2.2:80 data 70000+13 GET /....~..."))
    #expect(lines[2].hasSuffix(" [2001:db8::1]:1234 -> 192.0.2.2:80 data 0+0 "))
  }

  @Test("No more than the first 120 bytes are shown", arguments: [119, 120, 121, 65_536])
  func longData(length: Int) throws {
    let line = try lines(of: [.out(Array(repeating: 0x78, count: length), at: 0)])[1]
    let shown = String(repeating: "x", count: min(length, 120))
    #expect(line.hasSuffix(" data 0+\(length) \(shown)"))
  }
}
