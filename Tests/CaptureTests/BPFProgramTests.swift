import Buffers
import Capture
import Testing
import Wire

@Suite("Filters")
struct BPFProgramTests {
  /// Ethernet, IPv4, TCP from port 80 to port 4000.
  private static let ip: [UInt8] =
    [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
    + [0, 80, 0x0f, 0xa0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0, 0, 0, 0, 0, 0]
  private static let ethernet: [UInt8] = [UInt8](repeating: 2, count: 12) + [8, 0] + ip

  private func matches(
    _ expression: String, _ bytes: [UInt8], _ linkType: LinkType, original: Int? = nil
  ) throws -> Bool {
    let program = try BPFProgram(expression: expression, linkType: linkType)
    return (bytes + [0]).withUnsafeBytes { memory in
      program.matches(
        Frame(
          base: memory.baseAddress!, capturedLength: bytes.count,
          originalLength: original ?? bytes.count, timestamp: Timestamp(nanoseconds: 0), stamp: 0,
          interface: 0, ordinal: 1, linkType: linkType))
    }
  }

  @Test(
    "match by the link type they were compiled for",
    arguments: [
      ("tcp port 80", true), ("udp", false), ("host 10.0.0.2 and tcp[13] = 16", true),
      ("net 10.0.0.0/8 and not port 443", true), ("port 443", false), ("", true),
    ])
  func expressions(expression: String, expected: Bool) throws {
    #expect(try matches(expression, Self.ethernet, .ethernet) == expected)
    for linkType in [LinkType.raw, .rawDLT, .rawDLTOpenBSD, .ipv4] {
      #expect(try matches(expression, Self.ip, linkType) == expected, "\(linkType)")
    }
  }

  @Test("Lengths are those on the wire, and a part that was not captured does not match")
  func lengths() throws {
    #expect(try matches("greater 1000", Self.ethernet, .ethernet, original: 1500))
    #expect(try !matches("greater 1000", Self.ethernet, .ethernet))
    #expect(try !matches("tcp port 80", Array(Self.ethernet.prefix(20)), .ethernet))
    #expect(try matches("", [], .ethernet))
  }

  @Test("A wrong expression is an error that names it")
  func wrong() {
    let error = #expect(throws: FilterError.self) {
      try BPFProgram(expression: "tcp prt 80", linkType: .ethernet)
    }
    #expect(error?.description.hasPrefix("filter 'tcp prt 80': ") == true)
    #expect(error?.reason.contains("syntax error") == true)
    #expect(throws: FilterError(expression: "tcp\0", reason: "contains a NUL byte")) {
      try BPFProgram(expression: "tcp\0", linkType: .ethernet)
    }
  }

  @Test("Programs can be compiled on many threads at once")
  func threads() async throws {
    await withTaskGroup(of: Bool.self) { group in
      for port in 1...50 {
        group.addTask { (try? self.matches("port \(port)", Self.ethernet, .ethernet)) ?? false }
      }
      #expect(await group.reduce(0) { $0 + ($1 ? 1 : 0) } == 0)
    }
    #expect(try matches("port 80", Self.ethernet, .ethernet))
  }
}
