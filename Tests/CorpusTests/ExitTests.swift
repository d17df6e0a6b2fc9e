import Foundation
import Support
import Testing

@Suite("The program on the corpus", .enabled(if: Corpus.isThere, "\(Corpus.absence)"))
struct ExitTests {
  @Test("ends with a status that means something, for every file")
  func statuses() async throws {
    let results = try await inParallel(Corpus.entries) { entry in
      (entry, try status(of: entry))
    }
    for (entry, status) in results {
      let allowed: Set<Int32> = entry.isCapture ? [0, 3, 4] : [2, 3, 4]
      #expect(allowed.contains(status), "\(entry.file): status \(status)")
    }
  }

  /// 128 + n when signal n ended it; 137 when it did not come to its end in time.
  private func status(of entry: Corpus.Entry) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["-q", "-r", entry.path, "-a", "flow", "-a", "digest"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let deadline = Date(timeIntervalSinceNow: 60)
    while process.isRunning && Date() < deadline { usleep(2000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    return (process.terminationReason == .uncaughtSignal ? 128 : 0) + process.terminationStatus
  }

  /// `SLUICE_BINARY`, or what was built beside these tests.
  private var program: String {
    if let path = ProcessInfo.processInfo.environment["SLUICE_BINARY"] { return path }
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/sluice"
  }
}
