import Buffers
import Capture
import Glibc
import Support
import Testing

@Suite("Streams")
struct StreamTests {
  static func pcap(_ count: Int = 200) -> [UInt8] {
    var file = PcapBytes(.nanoseconds)
    for index in 0..<count {
      file.packet(
        .pattern(index * 37 % 1500, seed: index), seconds: UInt32(index), fraction: UInt32(index))
    }
    return file.bytes
  }

  static func pcapng(_ count: Int = 200) -> [UInt8] {
    var file = PcapNGBytes(bigEndian: true)
    file.interface()
    for index in 0..<count {
      file.packet(.pattern(index * 37 % 1500, seed: index), stamp: UInt64(index))
      if index % 20 == 0 { file.block(5, body: .pattern(index)) }
    }
    return file.bytes
  }

  @Test("Bytes that trickle through a pipe give what a mapped file gives", arguments: [1, 7, 4096])
  func trickle(chunk: Int) throws {
    for bytes in [Self.pcap(chunk == 1 ? 20 : 200), Self.pcapng(chunk == 1 ? 20 : 200)] {
      let mapped = try Reading(bytes)
      #expect(mapped.packets.count >= 20)
      #expect(mapped.damage == nil)
      #expect(try Reading(streaming: bytes, chunk: chunk) == mapped)
      #expect(try Reading(streaming: gzip(bytes), chunk: chunk) == mapped)
    }
  }

  @Test("Blocks of the stream cut no record", arguments: [4096, 65_536])
  func manyBlocks(chunk: Int) throws {
    let bytes = Self.pcap(5000)
    #expect(bytes.count > 3 << 20)
    #expect(try Reading(streaming: bytes, chunk: chunk) == (try Reading(bytes)))
  }

  @Test("A record that is longer than a block is read")
  func longRecord() throws {
    var file = PcapBytes()
    file.packet(.pattern(60))
    file.packet(.pattern(5 << 20))
    file.packet(.pattern(60))
    let reading = try Reading(streaming: file.bytes, chunk: 1 << 20)
    #expect(reading.packets.map(\.bytes.count) == [60, 5 << 20, 60])
    #expect(reading == (try Reading(file.bytes)))
  }

  @Test("Packets are handed out before the pipe has more")
  func prompt() throws {
    var file = PcapBytes()
    file.packet(.pattern(60))
    file.packet(.pattern(61))
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    _ = file.bytes.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
    // The writing end stays open: a reader that waits for more would wait for ever.
    let source = try openCapture(path: "/proc/self/fd/\(reading)")
    var batch = FrameBatch()
    var isOpen = source.fill(&batch)
    #expect(isOpen)
    #expect(batch.count == 2)
    // Nothing more yet: an empty batch, and the source goes on.
    isOpen = source.fill(&batch)
    #expect(isOpen)
    #expect(batch.count == 0)
    close(writing)
    isOpen = source.fill(&batch)
    #expect(!isOpen)
    #expect(source.damage == nil)
    close(reading)
  }

  @Test("gzip gives what the plain file gives")
  func gzipEqualsPlain() throws {
    for bytes in [Self.pcap(2000), Self.pcapng(2000)] {
      #expect(try Reading(gzip(bytes)) == (try Reading(bytes)))
    }
  }

  @Test("A gzip file may have several members, and zeros behind the last")
  func members() throws {
    let bytes = Self.pcap()
    let members = stride(from: 0, to: bytes.count, by: 10_000).map {
      gzip(Array(bytes[$0..<min($0 + 10_000, bytes.count)]))
    }
    let padded = Array(members.joined()) + [UInt8](repeating: 0, count: 512)
    #expect(try Reading(padded) == (try Reading(bytes)))
  }

  @Test("A gzip file that is cut is read up to there, and says so")
  func cutGzip() throws {
    let bytes = Self.pcap()
    let compressed = gzip(bytes)
    let end = compressed.count * 2 / 3
    let reading = try Reading(Array(compressed.prefix(end)))
    let whole = try Reading(bytes)
    #expect(!reading.packets.isEmpty && reading.packets.count < 200)
    #expect(reading.packets[...] == whole.packets.prefix(reading.packets.count))
    #expect(reading.damage?.reason == "the gzip data end early, after \(end) compressed bytes")
    // All packets are there, and the check sum is not.
    let unchecked = try Reading(compressed.dropLast())
    #expect(unchecked.packets == whole.packets)
    #expect(unchecked.damage?.byteOffset == UInt64(bytes.count))
  }

  @Test("Corrupt gzip data and a wrong check sum are damage with their place")
  func corruptGzip() throws {
    let bytes = Self.pcap()
    var compressed = gzip(bytes)
    compressed[compressed.count - 6] ^= 1
    let reading = try Reading(compressed)
    #expect(reading.packets.count == 200)
    #expect(
      reading.damage?.reason.hasPrefix("gzip data are corrupt at compressed byte ") == true)
    #expect(reading.damage?.reason.hasSuffix("incorrect data check") == true)
    let trailing = try Reading(gzip(bytes) + [1, 2, 3])
    #expect(trailing.packets.count == 200)
    #expect(
      trailing.damage?.reason
        == "what follows compressed byte \(compressed.count) is no gzip data")
  }

  @Test("gzip of something else is refused")
  func gzipOfOther() {
    let folder = TemporaryFolder()
    let cases: [([UInt8], String)] = [
      (gzip(Array("just a text of some length".utf8)), "not a capture file (starts with 6a 75"),
      (gzip(gzip(Self.pcap())), "gzip once more"), (gzip([]), "is empty"),
      (Array(gzip(Self.pcap()).prefix(5)), "the gzip data end early"),
      ([0x1f, 0x8b, 0x08, 0xff, 0xff, 0xff] + .pattern(40), "gzip data are corrupt"),
    ]
    for (bytes, reason) in cases {
      let path = folder.write(bytes, to: "x.gz")
      let error = #expect(throws: CaptureError.self) { try openCapture(path: path) }
      #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }
  }
}
