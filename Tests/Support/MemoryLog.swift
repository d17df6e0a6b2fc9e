import Foundation
import Pipeline

/// Keeps the event log of a run.
package final class MemoryLog: LogOutput {
  package private(set) var bytes: [UInt8] = []
  package private(set) var isFinished = false

  package init() {}

  package func write(_ lines: Span<UInt8>) {
    for index in lines.indices { bytes.append(lines[index]) }
  }
  package func finish() { isFinished = true }

  package var lines: [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Each line as the JSON object that it should be.
  package var records: [[String: Any]] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any]
    }
  }
}
