import Analysis
import Analyzers
import Capture
import Pipeline
import Support
import Synchronization

extension FuzzTarget {
  /// Literal rules over a stream that is cut anywhere, held against a search of the whole stream at
  /// each place; and so is what was written and read again.
  static let replace = FuzzTarget(
    name: "replace",
    run: { input in
      var input = FuzzInput(input)
      let choices = input.byte()
      let rules = (0...(choices & 3)).map { _ in
        (find: text(&input, 1) + text(&input, 6), with: text(&input, 9))
      }
      let limit = choices & 8 == 0 ? Int.max : Int(input.byte() % 5) + 1
      let talk = Conversation()
      talk.opens()
      var stream: [UInt8] = []
      while !input.isEmpty, stream.count < 4000 {
        let piece = text(&input, 15)
        stream += piece
        talk.originator.sends(piece)
        if choices & 16 != 0 { talk.responder.acknowledges() }
      }
      talk.closes()
      var settings = ["rules": Array(rules.map(line).joined(separator: "\n").utf8)]
      if limit < .max { settings["limit"] = Array(String(limit).utf8) }
      if choices & 4 != 0 { settings["nocase"] = Array("yes".utf8) }
      let expected = replaced(stream, rules, limit: limit, nocase: choices & 4 != 0)
      let options = try Options(settings, settings: ReplaceAnalyzer.settings)
      let replace = ChainLink(name: "replace", analyzer: try ReplaceAnalyzer(options))
      let sink = MemorySink()
      let found = try collect(talk.frames, [replace], into: sink)
      try require(found == expected, "\(found), not \(expected)")
      let again = try collect(sink.frames, [], into: MemorySink())
      try require(again == expected, "written \(again), not \(expected)")
    },
    seeds: {
      [
        Seed(name: "one", bytes: [0, 0, 2, 1, 2, 3, 3, 3, 3] + [4, 0, 1, 2, 0, 3, 1, 2, 0]),
        Seed(name: "prefixes", bytes: [2] + [0, 1, 1, 2, 0, 0] + [0, 0, 1, 1] + [UInt8](0..<60)),
        Seed(name: "limit", bytes: [0b1_1100, 0, 0, 1, 3, 2] + [UInt8](0..<90)),
      ]
    })

  /// Of few letters, so that much matches, and nearly.
  private static func text(_ input: inout FuzzInput, _ most: UInt8) -> [UInt8] {
    let count = most == 1 ? 1 : Int(input.byte() % (most + 1))
    return (0..<count).map { _ in Array("abAB\n \0".utf8)[Int(input.byte() % 7)] }
  }

  private static func line(_ rule: (find: [UInt8], with: [UInt8])) -> String {
    func escaped(_ bytes: [UInt8]) -> String {
      bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    return escaped(rule.find) + " => " + escaped(rule.with)
  }

  private static func replaced(
    _ stream: [UInt8], _ rules: [(find: [UInt8], with: [UInt8])], limit: Int, nocase: Bool
  ) -> [UInt8] {
    func fold(_ byte: UInt8) -> UInt8 { nocase && (65...90).contains(byte) ? byte + 32 : byte }
    var (output, place, count) = ([UInt8](), 0, 0)
    while place < stream.count {
      let rule = rules.first { rule in
        stream.count - place >= rule.find.count
          && rule.find.indices.allSatisfy { fold(stream[place + $0]) == fold(rule.find[$0]) }
      }
      if let rule, count < limit {
        output += rule.with
        place += rule.find.count
        count += 1
      } else {
        output.append(stream[place])
        place += 1
      }
    }
    return output
  }

  private static func collect(
    _ frames: [CapturedFrame], _ chain: [ChainLink], into sink: MemorySink
  ) throws -> [UInt8] {
    let collector = Collector()
    var configuration = RunConfiguration()
    configuration.chain = chain + [ChainLink(name: "collector", analyzer: collector)]
    let run = try Run(
      configuration, source: MemorySource(frames), sink: sink, log: MemoryLog(),
      formatter: EVEFormatter())
    _ = try run.perform()
    return collector.box.bytes.withLock { $0 }
  }
}

/// Keeps what the originator says.
private struct Collector: Analyzer {
  static let name = "collector"
  static let summary = "keeps bytes"

  final class Box: Sendable {
    let bytes = Mutex<[UInt8]>([])
  }

  let box = Box()

  init() {}
  init(_ options: Options) {}

  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { Socket(box) }

  final class Socket: SocketAnalyzer {
    private let box: Box
    init(_ box: Box) { self.box = box }

    func data(_ chunk: borrowing Chunk, _ context: inout Context) -> Verdict {
      guard chunk.direction == .out else { return .allow }
      var bytes: [UInt8] = []
      for index in chunk.bytes.indices { bytes.append(chunk.bytes[index]) }
      box.bytes.withLock { $0 += bytes }
      return .allow
    }
  }
}
