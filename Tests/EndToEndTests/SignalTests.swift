import Foundation
import Testing

@Suite("What signals ask of a running sluice")
struct SignalTests {
  private let folder: Scratch

  init() throws {
    folder = try Scratch()
    signal(SIGPIPE, SIG_IGN)
  }

  /// A `sluice` that reads from a pipe, and has taken what was written to it.
  private final class Fed {
    let running: Running
    private let writer: FileHandle
    private var second: UInt32 = 0

    init(_ arguments: [String]) throws {
      let pipe = Pipe()
      running = try Running(Binary.sluice.path, ["-r", "-"] + arguments, input: pipe)
      try pipe.fileHandleForReading.close()
      writer = pipe.fileHandleForWriting
      try writer.write(contentsOf: CaptureBuilder.header())
    }

    /// - Parameter breaksChecksum: whether one segment has a wrong one.
    func feed(client: UInt16, breaksChecksum: Bool = false) throws {
      second += 1
      var frames = CaptureBuilder.conversation(client: client)
      if breaksChecksum { frames[3][frames[3].count - 1] ^= 0x55 }
      try writer.write(
        contentsOf: frames.flatMap { CaptureBuilder.record($0, second: 1_700_000_000 + second) })
    }

    func end() throws -> Binary.Result {
      try writer.close()
      return try running.result(within: 60)
    }
  }

  /// Whether it comes to hold; a broken program does not hang the tests.
  private func waits(for condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: 60)
    while try !condition() {
      guard Date() < deadline else { return false }
      usleep(2000)
    }
    return true
  }

  private func text(_ name: String) -> String {
    String(decoding: (try? folder.bytes(name)) ?? [], as: UTF8.self)
  }

  @Test("HUP opens the log again by its path, and no record is lost or split")
  func hangup() throws {
    let arguments = ["-q", "-a", "print", "--format", "text", "-o", folder.file("log")]
    let fed = try Fed(arguments)
    for round in 0..<3 as Range<UInt16> {
      try fed.feed(client: 40_000 + round)
      #expect(waits { text("log").contains("\(40_000 + round)") })
      try FileManager.default.moveItem(
        atPath: folder.file("log"), toPath: folder.file("log.\(round)"))
      fed.running.send(SIGHUP)
      #expect(waits { FileManager.default.fileExists(atPath: folder.file("log")) })
    }
    try fed.feed(client: 40_003)
    let result = try fed.end()
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)

    let parts = ["log.0", "log.1", "log.2", "log"].map(text)
    for part in parts { #expect(part.hasSuffix("\n")) }
    #expect(parts.joined() == (try whole(clients: 40_000..<40_004)))
  }

  /// What one log would hold.
  private func whole(clients: Range<UInt16>) throws -> String {
    let fed = try Fed(["-q", "-a", "print", "--format", "text"])
    for client in clients { try fed.feed(client: client) }
    return try fed.end().text
  }

  @Test("HUP empties nothing that was not moved away, and leaves standard output alone")
  func hangupInPlace() throws {
    let fed = try Fed(["-q", "-a", "print", "--format", "text", "-o", folder.file("log")])
    try fed.feed(client: 40_000)
    #expect(waits { text("log").contains("40000") })
    fed.running.send(SIGHUP)
    fed.running.send(SIGUSR1)
    #expect(waits { fed.running.errorsSoFar.contains("so far") })
    try fed.feed(client: 40_001)
    #expect(try fed.end().status == 0)
    #expect(text("log") == (try whole(clients: 40_000..<40_002)))
  }

  @Test("HUP ends each of Zeek's logs and begins it anew")
  func hangupZeek() throws {
    let fed = try Fed(["-q", "--format", "zeek", "-l", folder.file("logs")])
    let names = ["logs/conn.log", "logs/weird.log"]
    for client in [40_000, 40_001] as [UInt16] {
      try fed.feed(client: client, breaksChecksum: true)
      #expect(waits { text(names[1]).contains("\t\(client)\t") })
      if client == 40_001 { break }
      for name in names {
        try FileManager.default.moveItem(
          atPath: folder.file(name), toPath: folder.file(name + ".0"))
      }
      fed.running.send(SIGHUP)
      for name in names {
        #expect(waits { FileManager.default.fileExists(atPath: folder.file(name)) })
      }
    }
    #expect(try fed.end().status == 0)
    // Conversations are written when they have ended, which is at the end here.
    #expect(text(names[0] + ".0").isEmpty)
    #expect(text(names[0]).contains("\t40000\t"))
    for (name, client) in [(names[0], 40_001), (names[1], 40_001), (names[1] + ".0", 40_000)] {
      let lines = text(name).split(separator: "\n")
      #expect(lines.first == "#separator \\x09", "\(name)")
      #expect(lines.last?.hasPrefix("#close\t") == true, "\(name)")
      #expect(lines.count { $0.hasPrefix("#") } == 9, "\(name)")
      #expect(text(name).contains("\t\(client)\t"), "\(name)")
    }
  }

  @Test("A log that cannot be opened again goes on in its old file")
  func hangupWithoutFolder() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("logs"), withIntermediateDirectories: true)
    let fed = try Fed(
      ["-q", "-a", "print", "--format", "text", "-o", folder.file("logs/log")])
    try fed.feed(client: 40_000)
    #expect(waits { text("logs/log").contains("40000") })
    try FileManager.default.moveItem(atPath: folder.file("logs"), toPath: folder.file("old"))
    fed.running.send(SIGHUP)
    #expect(waits { fed.running.errorsSoFar.contains("the log goes on in its old file") })
    try fed.feed(client: 40_001)
    let result = try fed.end()
    #expect(result.status == 0)
    #expect(result.errorLines.count == 1)
    #expect(text("old/log") == (try whole(clients: 40_000..<40_002)))
  }

  @Test(
    "USR1 says on standard error how far it is, in the words of the summary", arguments: ["1", "3"])
  func statistics(jobs: String) throws {
    let fed = try Fed(["-q", "-j", jobs, "-o", folder.file("log")])
    for round in 1...2 as ClosedRange<UInt16> {
      try fed.feed(client: 40_000 + round)
      let expected = "-: so far: \(9 * round) packets, "
      #expect(
        waits {
          fed.running.send(SIGUSR1)
          return fed.running.errorsSoFar.contains(expected)
        })
    }
    let result = try fed.end()
    #expect(result.status == 0)
    #expect(result.errors.contains("bytes; 2 TCP sockets\n"))
    #expect(result.errorLines.allSatisfy { $0.hasPrefix("-: so far: ") })
  }

  /// QUIT, too; but under tests the language's own runtime may catch it.
  @Test("USR2 is left alone, and the others handled before the first packet")
  func handlers() throws {
    let fed = try Fed([])
    let handled = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]
    #expect(waits { handled.allSatisfy(fed.running.handles) })
    #expect(!fed.running.handles(SIGUSR2))
    #expect(try fed.end().status == 4)
  }

  @Test("A second INT or TERM ends it at once", arguments: [SIGINT, SIGTERM])
  func second(number: Int32) throws {
    let frames = (0..<3000).flatMap { CaptureBuilder.conversation(client: 10_000 + $0) }
    let path = try folder.file("x.pcap", CaptureBuilder.pcap(frames))
    // Nobody reads its output, and it cannot go on.
    let output = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Binary.sluice.path)
    process.arguments = ["-q", "-r", path]
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let running = Running(process, folder: folder)
    var waiting: Int32 = 0
    #expect(
      waits {
        ioctl(output.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &waiting) == 0
          && waiting >= 65_536
      })
    running.send(number)
    #expect(waits { !running.handles(number) })
    #expect(process.isRunning)
    running.send(number)
    #expect(waits { !process.isRunning })
    if process.isRunning { running.send(SIGKILL) }
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == number)
  }
}
