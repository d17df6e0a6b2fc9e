import Foundation
import Testing

@Suite("Floods")
struct FloodTests {
  private let folder: Scratch
  init() throws { folder = try Scratch() }

  private func generate(_ kind: String, packets: Int) throws -> [String: Any] {
    let result = try Binary.sluice.run(
      "generate", "flood", "--kind", kind, "--packets", "\(packets)", "-w", folder.file("x.pcap"))
    #expect(result.status == 0, "\(result.errors)")
    return try #require(result.records.first)
  }

  /// Peak of what it has in memory, in bytes.
  ///
  /// What `wait4` says of it counts the memory of this process, too, in which it was started.
  private func peak(_ arguments: [String]) throws -> Int {
    let names: [UnsafeMutablePointer<CChar>?] =
      ([Binary.sluice.path] + arguments + ["-q", "-o", "/dev/null"]).map { strdup($0) } + [nil]
    defer { for name in names { free(name) } }
    var process: pid_t = 0
    try #require(posix_spawn(&process, Binary.sluice.path, nil, nil, names, environ) == 0)
    var status: Int32 = 0
    var peak = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      peak = max(peak, Self.peakSoFar(of: process))
      usleep(100)
    }
    #expect(status == 0)
    return peak
  }

  private static func peakSoFar(of process: pid_t) -> Int {
    let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 } ?? 0
  }

  /// The address sanitizer keeps memory that was given back.
  private static let isSanitized = ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil

  @Test(
    "--memory bounds the whole process",
    .disabled(if: isSanitized, "the address sanitizer keeps memory that was given back"),
    arguments: ["syn", "far-ahead", "endless-hole", "fragments", "overlap"])
  func memory(kind: String) throws {
    // The capture alone is larger, which counts where old segments are looked at again.
    _ = try generate(kind, packets: kind == "overlap" ? 150_000 : 60_000)
    let small = try Binary.sluice.run(
      "generate", "bulk", "--bytes", "10K", "-w", folder.file("small.pcap"))
    #expect(small.status == 0)
    let programs = try (0..<5).map { _ in
      try peak(["-r", folder.file("small.pcap"), "-a", "digest", "--memory", "32M"])
    }
    let program = try #require(programs.max())
    // Where other tests take the processors, pages that were passed may be given back late.
    let peaks = try (0..<3).map { _ in
      try peak(["-r", folder.file("x.pcap"), "-a", "digest", "--memory", "32M"])
    }
    let found = try #require(peaks.min())
    // The program itself takes 26 MiB of it, when it is not a debug build.
    #expect(found - program < (32 << 20) * 13 / 10 - (26 << 20))
  }

  @Test("The same output for every -j and in every run, while sockets are evicted")
  func repeatable() throws {
    let report = try generate("syn", packets: 60_000)
    let outputs = try [1, 2, 7, 1].map { jobs in
      let result = try Binary.sluice.run(
        "-r", folder.file("x.pcap"), "-a", "digest", "-a", "flow", "--memory", "32M", "-j",
        "\(jobs)")
      #expect(result.status == 0)
      #expect(result.errors.contains("flow_budget_reached"))
      return result.output
    }
    #expect(Set(outputs).count == 1)
    let real = try Binary.sluice.run(
      "-r", folder.file("x.pcap"), "-a", "count:net=10.0.0.0/8", "--memory", "32M")
    let count = try #require(real.records.last?["count"] as? [String: Any])
    #expect(count["bytes"] as? Int == report["bystander_bytes"] as? Int)
    #expect(count["sockets"] as? Int == report["bystanders"] as? Int)
  }

  @Test("Too little --memory is refused, and the least is named")
  func least() throws {
    let result = try Binary.sluice.run("-r", "x.pcap", "--memory", "16M")
    #expect(result.status == 2)
    #expect(result.errors.contains("--memory: expected a size from 32M on"))
  }
}
