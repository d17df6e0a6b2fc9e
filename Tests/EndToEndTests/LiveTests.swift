import Foundation
import Testing

@Suite("Interfaces", .serialized)
struct LiveTests {
  /// Whether these tests may capture: where they may not, the program says so at once.
  private static let mayCapture: Bool = {
    let result = try? Binary.sluice.run("-i", "lo", "-f", "port 1 and port 2", within: 3)
    return result?.status != 2
  }()

  @Test("--list-interfaces: one a line, with what is known of it")
  func list() throws {
    let result = try Binary.sluice.run("--list-interfaces")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(result.lines.contains { $0.hasPrefix("lo ") && $0.contains("loopback") })
  }

  @Test("What cannot be captured from is one line and status 2")
  func unknown() throws {
    let result = try Binary.sluice.run("-i", "loo")
    #expect(result.status == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("sluice: loo: "))
    #expect(result.errors.contains("--list-interfaces"))
  }

  @Test(
    "--count ends a capture, and its packets are analyzed",
    .enabled(if: mayCapture, "capturing is not permitted here"))
  func counts() throws {
    let talk = try Datagrams()
    let running = try Running(
      Binary.sluice.path,
      ["-i", "lo", "-f", "udp port \(talk.port)", "-a", "count", "--count", "5"], input: Pipe())
    try talk.send(while: running.process)
    let result = try running.result(within: 30)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.text.contains(#""sockets":1"#))
    #expect(result.errors.contains("lo: 5 packets"))
  }

  @Test(
    "A signal ends a capture with status 0, with what came before it",
    .enabled(if: mayCapture, "capturing is not permitted here"), arguments: [SIGINT, SIGTERM])
  func signals(number: Int32) throws {
    let talk = try Datagrams()
    let folder = try Scratch()
    let output = folder.file("out.pcapng")
    let running = try Running(
      Binary.sluice.path,
      ["-i", "lo", "-a", "print", "--format", "text", "-w", output, "udp", "port", "\(talk.port)"],
      input: Pipe())
    // The log is not held back: what is printed has been captured.
    try talk.send(while: running.process) { running.output.contains("hello") }
    kill(running.process.processIdentifier, number)
    let result = try running.result(within: 30)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.text.contains("detached"))
    let again = try Binary.sluice.run("-r", output, "-a", "count")
    #expect(again.text.contains(#""sockets":1"#))
  }
}

/// Datagrams to a port of this machine at which nobody listens to them.
private final class Datagrams {
  let port: UInt16
  private let descriptor: Int32
  private var address: sockaddr_in

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // Bound, so that the port is nobody else's; it sends to itself.
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        try #require(bind(descriptor, address, length) == 0)
        try #require(getsockname(descriptor, address, &length) == 0)
      }
    }
    self.descriptor = descriptor
    self.address = address
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  /// Until the program has ended or what is waited for has come; 30 s at most.
  func send(while process: Process, until isDone: () -> Bool = { false }) throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    while process.isRunning && !isDone() && Date() < deadline {
      let bytes = Array("hello".utf8)
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          _ = sendto(
            descriptor, bytes, bytes.count, 0, address,
            socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      usleep(20_000)
    }
  }
}
