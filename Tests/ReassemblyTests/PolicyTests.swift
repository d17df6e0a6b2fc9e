import Foundation
import Support
import Testing

@testable import Reassembly

@Suite("Overlap policies of TCP")
struct PolicyTests {
  /// How a new segment lies to an old one at 10 ..< 14.
  private static let relations = [
    7..<12, 7..<14, 7..<16, 10..<12, 10..<14, 10..<16, 12..<13, 12..<14, 12..<16,
  ]

  /// For each relation, whether the new bytes win: `n`, or stay `o`.
  private static let table: [(TCPPolicy, String)] = [
    (.first, "ooooooooo"), (.last, "nnnnnnnnn"), (.bsd, "nnnoooooo"), (.bsdRight, "ooooooooo"),
    (.linux, "nnnoonooo"), (.oldLinux, "nnnonnooo"), (.windows, "nnnoooooo"),
    (.windows2k3, "nnnoooooo"), (.vista, "ooooooooo"), (.solaris, "onnonnoon"),
    (.oldSolaris, "ooooooooo"), (.hpux10, "nnnoooooo"), (.hpux11, "onnonnoon"),
    (.irix, "nnnoooooo"),
    (.macos, "nnnoooooo"),
  ]

  @Test("Each relation of two segments", arguments: table)
  func relation(policy: TCPPolicy, row: String) {
    for (relation, winner) in zip(Self.relations, row) {
      var vector = TCPVector()
      vector.policy = policy
      vector.segments = [
        (10, Array("oooo".utf8)),
        (relation.lowerBound, [UInt8](repeating: 110, count: relation.count)),
        (0, Array("-------".utf8)), (7, Array("---".utf8)),
      ]
      let stream = Array(vector.stream() ?? "")
      let shared = relation.clamped(to: 10..<14)
      #expect(stream.count >= 14)
      #expect(
        shared.allSatisfy { stream[$0] == winner }, "\(policy) \(relation): \(String(stream))")
    }
    #expect(Self.table.count == TCPPolicy.allCases.count)
  }

  @Test(
    "Random segments: each byte is decided by the segments that had it",
    arguments: 1...200 as ClosedRange<UInt64>)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let policy = TCPPolicy.allCases.randomElement(using: &random)!
    var vector = TCPVector()
    vector.policy = policy
    vector.initialSequence = [1000, 0xFFFF_FFF0, 0x7FFF_FFFA].randomElement(using: &random)!
    for index in 0..<Int.random(in: 2...9, using: &random) {
      let offset = Int.random(in: 1...30, using: &random)
      vector.segments.append(
        (
          offset,
          [UInt8](repeating: UInt8(97 + index), count: Int.random(in: 1...12, using: &random))
        ))
    }
    vector.segments.append((0, [94]))
    #expect(vector.stream() == Self.naive(vector), "seed \(seed): \(vector)")
  }

  /// A byte at a time, each with the segment that it is of.
  private static func naive(_ vector: TCPVector) -> String {
    var bytes: [Int: (byte: UInt8, of: Range<Int>)] = [:]
    var next = 0
    var stream: [UInt8] = []
    for segment in vector.segments {
      let sent = segment.offset..<segment.offset + segment.data.count
      for place in sent where place >= next {
        if let old = bytes[place] {
          let relation = TCPPolicy.Relation(UInt64(sent.lowerBound), to: UInt64(old.of.lowerBound))
          let end = TCPPolicy.Relation(UInt64(sent.upperBound), to: UInt64(old.of.upperBound))
          if !vector.policy.keepsNew(start: relation, end: end) { continue }
        }
        bytes[place] = (segment.data[place - segment.offset], sent)
      }
      while let byte = bytes.removeValue(forKey: next) {
        stream.append(byte.byte)
        next += 1
      }
    }
    for place in next..<((bytes.keys.max() ?? next - 1) + 1) {
      stream.append(bytes[place]?.byte ?? UInt8(ascii: "."))
    }
    return String(decoding: stream, as: UTF8.self)
  }

  @Test("Of many contradictions those that are written say in how many bytes", arguments: [0, 4])
  func conflicts(offset: Int) {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("abcdefgh", at: offset)
    if offset > 0 {
      // Each lies over two that wait.
      talk.originator.sends("ijklmnop", at: offset + 8)
    }
    for number in 1...12 {
      talk.originator.sends("aXc\(number % 10)eYYh" + (offset > 0 ? "iZkl" : ""), at: offset)
    }
    let notes = reassemble(talk.frames).notes.filter { $0.name == .overlapConflict }
    #expect(notes.map(\.count) == Array(1...12))
    #expect(notes.allSatisfy { $0.offset == UInt64(offset + 1) })
    let length: UInt64 = offset > 0 ? 5 : 4
    #expect([notes[0], notes[9]].map(\.length) == [length, length])
  }

  @Test("A contradiction is noted whichever copy stays, and a repetition is none")
  func conflict() {
    for policy in TCPPolicy.allCases {
      for (second, count) in [("abcd", nil), ("abXd", 1)] as [(String, Int?)] {
        let talk = Conversation()
        talk.opens()
        talk.originator.sends("abcd", at: 4)
        talk.originator.sends(second, at: 4)
        var configuration = ReassemblyConfiguration()
        configuration.tcpPolicy = PolicyMap(policy)
        #expect(reassemble(talk.frames, configuration).weirds[.overlapConflict] == count)
      }
    }
  }

  private static let factsPath = "../shared/facts/tcp_overlap.json"

  @Test(
    "Vectors that others established",
    .enabled(
      if: FileManager.default.fileExists(atPath: factsPath), "the facts lie beside the package"))
  func facts() throws {
    let results = try FactsFile(path: Self.factsPath).results()
    #expect(results.count > 200)
    for result in results {
      #expect(result.isRight, "\(result.id): \(result.got), expected \(result.expected)")
    }
  }
}
