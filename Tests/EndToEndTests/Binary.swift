import Foundation

/// A built program, run as a user would.
struct Binary {
  let path: String

  /// `SLUICE_BINARY`, or what was built beside these tests.
  static let sluice = Binary(
    path: ProcessInfo.processInfo.environment["SLUICE_BINARY"] ?? built("sluice"))
  static let shout = Binary(path: built("Shout"))
  static let tutorial = Binary(path: built("Tutorial"))

  private static func built(_ name: String) -> String {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/" + name
  }

  struct Result {
    /// The exit status; 128+n when signal n ended it, as a shell says it.
    var status: Int32
    var output: [UInt8]
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    /// Each line of standard output as the JSON object that it should be.
    var records: [[String: Any]] {
      lines.compactMap {
        (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
      }
    }
  }

  /// Runs it to its end; a program that does not end is killed, and has status 137.
  func run(
    _ arguments: String..., input: String = "/dev/null", within seconds: Double = 60
  ) throws -> Result {
    try run(arguments, input: input, within: seconds)
  }

  func run(
    _ arguments: [String], input: String = "/dev/null", within seconds: Double = 60
  ) throws -> Result {
    let running = try Running(
      path, arguments, input: FileHandle(forReadingFrom: URL(fileURLWithPath: input)))
    return try running.result(within: seconds)
  }
}

/// A program that is running. Its output goes to files, so that it never waits for a reader.
struct Running {
  let process: Process
  private let folder: Scratch

  /// One that has been started already.
  init(_ process: Process, folder: Scratch) {
    self.process = process
    self.folder = folder
  }

  init(_ path: String, _ arguments: [String], input: Any) throws {
    folder = try Scratch()
    process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = try folder.handle("output")
    process.standardError = try folder.handle("errors")
    try process.run()
  }

  /// What it has said on standard error so far.
  var errorsSoFar: String {
    String(decoding: (try? folder.bytes("errors")) ?? [], as: UTF8.self)
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// The signals that it handles itself, as the system has them; 0 when it has ended.
  var handledSignals: UInt64 {
    let path = "/proc/\(process.processIdentifier)/status"
    let status = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    return line.flatMap { UInt64($0.split(separator: "\t")[1], radix: 16) } ?? 0
  }

  func handles(_ signal: Int32) -> Bool { handledSignals & 1 << UInt64(signal - 1) != 0 }
  /// What it has written so far.
  var output: String { String(decoding: (try? folder.bytes("output")) ?? [], as: UTF8.self) }

  func result(within seconds: Double) throws -> Binary.Result {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while process.isRunning && Date() < deadline { usleep(2000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    let base: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
    return Binary.Result(
      status: base + process.terminationStatus, output: try folder.bytes("output"),
      errors: String(decoding: try folder.bytes("errors"), as: UTF8.self))
  }
}

/// A folder that goes away with the last who knows it.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file and gives its path.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  func handle(_ name: String) throws -> FileHandle {
    let path = try file(name, [])
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}
