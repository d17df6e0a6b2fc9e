import Foundation

/// A folder of its own for a test, which goes when the test does.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "sluice-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// All files below it, by path, with their bytes as text.
  func files() throws -> [String: String] {
    var files: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      let url = URL(fileURLWithPath: "\(path)/\(name)")
      if url.hasDirectoryPath { continue }
      files[name] = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }
    return files
  }
}
