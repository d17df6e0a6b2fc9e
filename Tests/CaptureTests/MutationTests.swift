import Capture
import Support
import Testing

/// Files that were cut and flipped at random: reading never traps, always ends, gives the same
/// from a mapping and from a stream, and what was read can be written.
@Suite("Mutated files")
struct MutationTests {
  private static let seeds: [[UInt8]] = {
    var small = PcapBytes(.modified, bigEndian: true)
    for index in 0..<20 { small.packet(.pattern(index * 3, seed: index), seconds: 1) }
    var blocks = PcapNGBytes(bigEndian: true)
    blocks.interface(options: [.name("a"), .resolution(9), .timeOffset(5, bigEndian: true)])
    blocks.block(4, body: .pattern(30))
    for index in 0..<6 {
      blocks.packet(.pattern(index * 5), stamp: 9, options: [.comment("c")])
      blocks.simplePacket(.pattern(index))
      blocks.obsoletePacket(.pattern(index))
    }
    blocks.section(bigEndian: false)
    blocks.interface(linkType: 101)
    blocks.packet(.pattern(60))
    return [
      StreamTests.pcap(10), StreamTests.pcapng(10), small.bytes, blocks.bytes,
      gzip(blocks.bytes), gzip(small.bytes),
    ]
  }()

  @Test("are read to some end and written again", arguments: 0..<UInt64(20))
  func mutated(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = TemporaryFolder()
    var packets = 0
    for original in Self.seeds {
      for round in 0..<25 {
        let bytes = Self.mutate(original, using: &random)
        let path = folder.write(bytes, to: "in")
        guard let reading = try? Reading(path: path, batch: 7) else { continue }
        packets += reading.packets.count
        #expect(reading.packets.map(\.ordinal) == reading.packets.indices.map { UInt64($0 + 1) })
        if round < 5 {
          let streamed = try Reading(streaming: bytes, chunk: 64)
          #expect(streamed == reading, "seed \(seed), round \(round)")
        }
        // A refusal (of a time that has no units) is fine, a trap is not.
        if let again = try? roundTrip(reading, as: "out.pcapng").reading {
          #expect(again.packets.map(\.bytes) == reading.packets.map(\.bytes), "seed \(seed)")
        }
        _ = try? roundTrip(reading, as: "out.pcap")
      }
    }
    #expect(packets > 0)
  }

  /// A cut, or a few bytes replaced, often by those that lengths are made of.
  private static func mutate(
    _ bytes: [UInt8], using random: inout SeededGenerator
  ) -> [UInt8] {
    var bytes = bytes
    if Int.random(in: 0..<3, using: &random) == 0 {
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
    }
    guard !bytes.isEmpty else { return bytes }
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let interesting: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)]
      bytes[Int.random(in: 0..<bytes.count, using: &random)] =
        interesting.randomElement(using: &random)!
    }
    return bytes
  }
}
