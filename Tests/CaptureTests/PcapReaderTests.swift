import Buffers
import Capture
import Support
import Testing
import Wire

@Suite("Reading pcap")
struct PcapReaderTests {
  static let variants = PcapBytes.Magic.allCases.flatMap { magic in
    [(magic, false), (magic, true)]
  }

  @Test("Every variant in both byte orders gives the same packets", arguments: variants)
  func variant(magic: PcapBytes.Magic, bigEndian: Bool) throws {
    var file = PcapBytes(magic, bigEndian: bigEndian, snapLength: 100, linkType: 113)
    file.packet(.pattern(60), seconds: 1_700_000_000, fraction: 123_456)
    file.packet(.pattern(100, seed: 1), seconds: 4_000_000_000, fraction: 7, original: 1500)
    let reading = try Reading(file.bytes)
    let unit: Int64 = magic == .nanoseconds ? 1 : 1000
    try #require(reading.packets.count == 2)
    #expect(reading.damage == nil)
    #expect(
      reading.interfaces == [
        CaptureInterface(
          linkType: .linuxCooked, snapLength: 100,
          resolution: unit == 1 ? .nanoseconds : .microseconds)
      ])
    let first = reading.packets[0]
    #expect(first.bytes == .pattern(60))
    #expect(first.originalLength == 60)
    #expect(
      first.timestamp == Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456 * unit))
    #expect(first.stamp == 1_700_000_000 << 32 | 123_456)
    #expect(first.ordinal == 1)
    #expect(first.linkType == .linuxCooked)
    let second = reading.packets[1]
    #expect(second.bytes == .pattern(100, seed: 1))
    #expect(second.originalLength == 1500)
    #expect(second.timestamp == Timestamp(seconds: 4_000_000_000, nanoseconds: 7 * unit))
    #expect(second.ordinal == 2)
  }

  @Test("The upper half of the link type field is not part of the link type")
  func frameCheckSequence() throws {
    var file = PcapBytes(linkType: 0x5400_0001)
    file.packet(.pattern(60))
    #expect(try Reading(file.bytes).packets.map(\.linkType) == [.ethernet])
  }

  @Test("A file without packets is whole", arguments: [false, true])
  func noPackets(bigEndian: Bool) throws {
    let reading = try Reading(PcapBytes(bigEndian: bigEndian).bytes)
    #expect(reading.packets.isEmpty)
    #expect(reading.damage == nil)
    #expect(reading.interfaces.count == 1)
  }

  @Test("Captured lengths beyond the snapshot or the original length are read as libpcap does")
  func longerThanSnapLength() throws {
    var file = PcapBytes(snapLength: 68)
    file.packet(.pattern(1514), original: 1514)
    file.packet(.pattern(60), original: 40)
    file.packet([])
    let reading = try Reading(file.bytes)
    #expect(reading.packets.map(\.bytes.count) == [1514, 60, 0])
    #expect(reading.packets.map(\.originalLength) == [1514, 40, 0])
    #expect(reading.damage == nil)
  }

  @Test("A frame beyond libpcap's limit is read if it was that long and is really there")
  func veryLong() throws {
    var file = PcapBytes()
    file.packet(.pattern(3 << 20))
    file.packet(.pattern(60))
    let reading = try Reading(file.bytes)
    #expect(reading.packets.map(\.bytes.count) == [3 << 20, 60])
    #expect(reading.damage == nil)
  }

  @Test(
    "An impossible length is damage at its record",
    arguments: [
      (UInt32.max, UInt32.max), (300 << 20, 300 << 20), (1 << 20, 60), (200 << 20, 200 << 20),
    ])
  func impossibleLength(captured: UInt32, original: UInt32) throws {
    var file = PcapBytes()
    file.packet(.pattern(60))
    file.packet(.pattern(60), captured: captured, original: original)
    file.packet(.pattern(60))
    let damage = CaptureDamage(
      byteOffset: 24 + 76, reason: "record claims \(captured) bytes")
    for reading in [try Reading(file.bytes), try Reading(streaming: file.bytes, chunk: 999)] {
      #expect(reading.packets.count == 1)
      #expect(reading.damage == damage)
    }
  }

  @Test("A cut is damage at the record that it meets, and what came before is read")
  func cuts() throws {
    var file = PcapBytes(.modified, bigEndian: true)
    file.packet(.pattern(60))
    file.packet(.pattern(40))
    let second = 24 + 24 + 60
    for end in 24..<file.bytes.count {
      let reading = try Reading(Array(file.bytes.prefix(end)))
      let start = end < second ? 24 : second
      let (available, size) = (end - start, end < second ? 60 : 40)
      #expect(reading.packets.count == (end < second ? 0 : 1))
      if available == 0 {
        #expect(reading.damage == nil)
      } else if available < 24 {
        #expect(
          reading.damage
            == CaptureDamage(
              byteOffset: UInt64(start),
              reason: "record header cut off: \(available) of 24 bytes"))
      } else {
        #expect(
          reading.damage
            == CaptureDamage(
              byteOffset: UInt64(start),
              reason: "record cut off: \(available - 24) of \(size) bytes"))
      }
    }
  }

  @Test("Versions before 2.3 have their lengths the other way round")
  func oldVersions() throws {
    for (minor, lengths) in [(0, (60, 1500)), (2, (60, 1500)), (3, (60, 1500)), (4, (60, 1500))] {
      var file = PcapBytes(version: (2, UInt16(minor)))
      if minor < 3 {
        file.packet(.pattern(60), captured: UInt32(lengths.1), original: UInt32(lengths.0))
      } else {
        file.packet(.pattern(60), original: UInt32(lengths.1))
      }
      let reading = try Reading(file.bytes)
      #expect(reading.packets.map(\.bytes.count) == [lengths.0], "version 2.\(minor)")
      #expect(reading.packets.map(\.originalLength) == [lengths.1], "version 2.\(minor)")
    }
    var swapped = PcapBytes(version: (2, 3))
    swapped.packet(.pattern(60), captured: 1500, original: 60)
    #expect(try Reading(swapped.bytes).packets.map(\.originalLength) == [1500])
  }

  @Test("Versions that do not exist are read like 2.4", arguments: [0, 1, 3, 7] as [UInt16])
  func unknownVersions(major: UInt16) throws {
    var file = PcapBytes(version: (major, 1))
    file.packet(.pattern(60), original: 1500)
    #expect(try Reading(file.bytes).packets.map(\.originalLength) == [1500])
  }

  @Test("Batches of any size cut the same packets", arguments: [1, 2, 3, 64, 1000])
  func batches(capacity: Int) throws {
    var file = PcapBytes()
    for index in 0..<200 { file.packet(.pattern(index * 7 % 1500, seed: index)) }
    let reading = try Reading(file.bytes, batch: capacity)
    #expect(reading.packets.count == 200)
    #expect(reading.packets.map(\.ordinal) == (1...200).map(UInt64.init))
    #expect(reading == (try Reading(file.bytes)))
  }

  @Test("Progress counts the bytes read, up to all of them")
  func progress() throws {
    var file = PcapBytes()
    for _ in 0..<3 { file.packet(.pattern(60)) }
    let folder = TemporaryFolder()
    let path = folder.write(file.bytes, to: "in.pcap")
    let source = try openCapture(path: path)
    #expect(source.name == path)
    #expect(source.progress == (24, UInt64(file.bytes.count)))
    var batch = FrameBatch(capacity: 2)
    var counts: [Int] = []
    var positions: [UInt64] = []
    for _ in 0..<4 {
      let hasMore = source.fill(&batch)
      counts.append(hasMore ? batch.count : -batch.count)
      positions.append(source.progress.read)
    }
    #expect(counts == [2, 1, 0, 0])
    let end = UInt64(file.bytes.count)
    #expect(positions == [end - 76, end, end, end])
  }

  @Test("Frames of a mapped file stay in place as long as the source lives")
  func framesStay() throws {
    var file = PcapBytes()
    for index in 0..<10 { file.packet(.pattern(60, seed: index)) }
    let folder = TemporaryFolder()
    let source = try openCapture(path: folder.write(file.bytes, to: "in.pcap"))
    var frames: [Frame] = []
    var batch = FrameBatch(capacity: 1)
    while source.fill(&batch) { frames.append(batch[0]) }
    let expected = (0..<10).map { [UInt8].pattern(60, seed: $0) }
    #expect(frames.map { Packet($0).bytes } == expected)
    withExtendedLifetime(source) {}
  }
}
