import Foundation

/// The real captures beside the package, and what is known of them.
enum Corpus {
  struct Entry: Sendable, Hashable {
    var file: String
    var linkTypes: Int
    var isCapture: Bool
    var path: String { folder + "/" + file }
  }

  /// One direction of a connection by which the reassembly is judged.
  struct Direction: Sendable, Hashable {
    var sender: String
    var senderPort: Int
    var receiver: String
    var receiverPort: Int
    var bytes: Int
    var sha256: String
  }

  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/corpus").path

  static let absence = "there is no ../shared/corpus beside the package"
  static var isThere: Bool { FileManager.default.fileExists(atPath: folder + "/manifest.tsv") }

  static let entries: [Entry] = {
    guard let text = try? String(contentsOfFile: folder + "/manifest.tsv", encoding: .utf8)
    else { return [] }
    let rows = text.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    guard let names = rows.first else { return [] }
    return rows.dropFirst().map { row in
      let field = Dictionary(uniqueKeysWithValues: zip(names, row))
      return Entry(
        file: field["file"]!, linkTypes: field["linktypes"]!.split(separator: ",").count,
        isCapture: field["format"] != "unknown" && field["damage"] != "truncated-header")
    }
  }()

  /// The trusted directions of each file.
  static func trustedDirections() throws -> [String: [Direction]] {
    let text = try Data(contentsOf: URL(fileURLWithPath: folder + "/oracle.jsonl"))
    var directions: [String: [Direction]] = [:]
    for line in text.split(separator: UInt8(ascii: "\n")) {
      guard let row = try JSONSerialization.jsonObject(with: line) as? [String: Any] else {
        continue
      }
      let ends = [("src", "sport", "originator"), ("dst", "dport", "responder")]
      for (index, (address, port, name)) in ends.enumerated() {
        let stream = row[name] as! [String: Any]
        guard stream["trusted"] as? Bool == true else { continue }
        let peer = ends[1 - index]
        directions[row["file"] as! String, default: []].append(
          Direction(
            sender: normal(row[address] as! String), senderPort: row[port] as! Int,
            receiver: normal(row[peer.0] as! String), receiverPort: row[peer.1] as! Int,
            bytes: stream["bytes"] as! Int, sha256: stream["sha256"] as! String))
      }
    }
    return directions
  }

  /// Addresses are written in more than one way.
  static func normal(_ address: String) -> String {
    var bytes = in6_addr()
    guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
    var text = [CChar](repeating: 0, count: 64)
    inet_ntop(AF_INET6, &bytes, &text, 64)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Calls `body` for each element, several at once, and gathers what it gives.
func inParallel<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ body: @escaping @Sendable (Element) throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    for (index, element) in elements.enumerated() {
      group.addTask { (index, try body(element)) }
    }
    var results: [(Int, Result)] = []
    for try await result in group { results.append(result) }
    return results.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
