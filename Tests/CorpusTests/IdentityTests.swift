import Analysis
import Buffers
import Capture
import Foundation
import Pipeline
import Support
import Testing

@Suite("What is written of the corpus", .enabled(if: Corpus.isThere, "\(Corpus.absence)"))
struct IdentityTests {
  @Test(
    "is what was read, packet for packet and bit for bit",
    arguments: ["pcap", "pcapng"])
  func identity(format: String) async throws {
    let entries = Corpus.entries.filter {
      $0.isCapture && (format == "pcapng" || $0.linkTypes <= 1)
    }
    #expect(entries.count > 500)
    let differing = try await inParallel(entries) { entry in
      try difference(entry, format).map { "\(entry.file): \($0)" }
    }
    #expect(differing.compactMap { $0 } == [])
  }

  /// How the copy differs; `nil` when it does not.
  private func difference(_ entry: Corpus.Entry, _ format: String) throws -> String? {
    let folder = TemporaryFolder()
    let copy = folder.file("copy." + format)
    let run = try Run(
      RunConfiguration(), source: try openCapture(path: entry.path),
      sink: try createCapture(path: copy), log: MemoryLog(), formatter: NoFormatter())
    let packets = try run.perform().packets
    let (original, written) = (try frames(entry.path), try frames(copy))
    if UInt64(original.count) != packets { return "\(packets) packets of \(original.count)" }
    if original == written { return nil }
    let index = zip(original, written).enumerated().first { $1.0 != $1.1 }?.offset
    return "packet \((index ?? min(original.count, written.count)) + 1)"
  }

  private func frames(_ path: String) throws -> [CapturedFrame] {
    let source = try openCapture(path: path)
    var batch = FrameBatch(capacity: 128)
    var frames: [CapturedFrame] = []
    while source.fill(&batch) {
      for index in 0..<batch.count { frames.append(CapturedFrame(batch[index])) }
    }
    return frames
  }
}

private struct NoFormatter: RecordFormatter {
  func append(_ record: Record, about subject: RecordSubject?, to output: inout TextBuffer) {}
}
