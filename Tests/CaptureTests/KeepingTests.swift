import Buffers
import Capture
import Foundation
import Support
import Testing
import Wire

@Suite("What a capture file says is kept")
struct KeepingTests {
  private let folder = TemporaryFolder()

  /// What becomes of files that are written to another one.
  private func copy(
    _ files: [[UInt8]], to name: String = "out.pcapng", _ likeness: Likeness = .identical,
    batch: Int = 64, rotation: Rotation? = nil
  ) throws -> (bytes: [UInt8], unkept: [Unkept.Kind: UInt64]) {
    let files = files.enumerated().map {
      CaptureFile(path: folder.write($1, to: "in\($0)"), isNamed: true)
    }
    let source = try openCaptures(files, name: "input")
    let sink = try createCapture(path: folder.file(name), rotation: rotation)
    try source.copy(to: sink, source.isWhole ? likeness : .different, batch: batch)
    #expect(source.damages.isEmpty)
    let exists = FileManager.default.fileExists(atPath: folder.file(name))
    return (exists ? folder.read(name) : [], sink.unkept.counts)
  }

  @Test(
    "A pcapng file is the same file when nothing is changed: mapped, compressed, whatever the batch",
    arguments: [false, true], [1, 2, 64])
  func identity(bigEndian: Bool, batch: Int) throws {
    let one = RichFile.section(bigEndian: bigEndian)
    for file in [one, one + RichFile.section(bigEndian: !bigEndian) + one] {
      for input in [file, gzip(file)] {
        let copy = try copy([input], batch: batch)
        #expect(copy.bytes == file)
        #expect(copy.unkept.isEmpty)
        #expect(try self.copy([input], .open, batch: batch).bytes == file)
      }
    }
  }

  @Test("A section that says its length says it no more when a packet of it is changed")
  func sectionLength() throws {
    let length = Int64(RichFile.section(bigEndian: false).count - 84)
    let section = RichFile.section(bigEndian: false, length: length)
    let without = RichFile.section(bigEndian: false)
    #expect(try copy([section + section], .open).bytes == section + section)

    let source = try openCapture(path: folder.write(section + section + section, to: "in"))
    let sink = try createCapture(path: folder.file("out.pcapng"))
    let noting = NotingSink(sink, after: RichFile.packetCount + 2)
    try source.copy(to: noting, .open)
    let blocks = try #require(PcapNGBlocks(folder.read("out.pcapng")))
    #expect(
      blocks.of(0x0a0d_0d0a).map { Array($0.bytes[16..<24]) } == [
        Array(section[16..<24]), Array(without[16..<24]), Array(without[16..<24]),
      ])
  }

  @Test("What is not to be copied into another file is left out of one that differs, and counted")
  func notCopied() throws {
    let (bytes, unkept) = try copy([RichFile.section(bigEndian: true)], .different)
    #expect(bytes == RichFile.section(bigEndian: true, notCopied: false))
    #expect(unkept == [.custom: 1, .packetOption: 1])
  }

  @Test("Of a changed packet the options stay, but for its hash, with the first of several")
  func changedPacket() throws {
    for bigEndian in [false, true] {
      let source = try openCapture(
        path: folder.write(RichFile.section(bigEndian: bigEndian), to: "in"))
      let sink = try createCapture(path: folder.file("out.pcapng"))
      try source.copy(to: DoublingSink(sink), .open)
      let blocks = try #require(PcapNGBlocks(folder.read("out.pcapng")))
      let packets = blocks.blocks.filter { [2, 3, 6].contains($0.type) }
      #expect(packets.count == 2 * RichFile.packetCount)
      #expect(packets.map(\.type).prefix(4) == [3, 3, 6, 6])
      // A changed packet of the old kind becomes one of the new kind, with its drops as an option.
      #expect(!packets.contains { $0.type == 2 })
      func codes(_ index: Int, _ length: Int) -> [UInt16] {
        packets[index].options(from: 28 + (length + 3) & ~3).map(\.code)
      }
      #expect(codes(2, 31) == [2, 1, 4])
      #expect(codes(3, 31).isEmpty)
      #expect(codes(4, 8) == [1])
      #expect(codes(6, 4) == [4, 2])
      #expect(
        packets[6].options(from: 32).first?.value
          == (bigEndian ? [0, 0, 0, 0, 0, 0, 0, 5] : [5, 0, 0, 0, 0, 0, 0, 0]))
      #expect(sink.unkept.counts == [.hash: 1, .packetOption: 1, .custom: 1])
      let kept = blocks.blocks.map(\.type).filter { ![2, 3, 6].contains($0) }
      #expect(
        kept == [
          0x0a0d_0d0a, 1, 1, RichFile.secrets, RichFile.names, RichFile.statistics,
          RichFile.custom, RichFile.journal, RichFile.unknown, RichFile.statistics,
        ])
    }
  }

  @Test(
    "Several files become one section: interfaces before packets, statistics with their interface")
  func merge() throws {
    let files = [
      RichFile.section(bigEndian: false, time: 1000), RichFile.section(bigEndian: true, time: 1001),
    ]
    let (bytes, unkept) = try copy(files)
    let blocks = try #require(PcapNGBlocks(bytes))
    #expect(blocks.of(0x0a0d_0d0a).count == 1)
    #expect(blocks.of(1).count == 4)
    #expect(blocks.of(6).count == 2 * RichFile.packetCount)
    #expect(Set(blocks.of(RichFile.statistics).map { $0.word(8) }) == [0, 1, 2, 3])
    // The same in both files is said once.
    #expect(
      blocks.blocks[0].options(from: 24).map { String(decoding: $0.value, as: UTF8.self) }
        == ["a section", "box 7", "Linux", "dumpcap"])
    #expect(blocks.of(RichFile.secrets).count == 2 && blocks.of(RichFile.names).count == 2)
    // What has another byte order and is not known cannot be turned round.
    #expect(blocks.of(RichFile.custom).count == 1 && blocks.of(RichFile.unknown).count == 1)
    #expect(
      unkept == [.custom: 3, .otherBlock: 1, .packetOption: 2, .interfaceOption: 1])
    let interfaces = blocks.of(1).map { block in
      block.options(from: 16).filter { $0.code != 40_000 }
    }
    #expect(interfaces[2].map(\.code) == [2, 3, 8, 9, 11, 12, 13, 15])
    #expect(interfaces[2].map(\.value) == interfaces[0].map(\.value))
    let reading = try Reading(bytes)
    #expect(reading.damage == nil)
    let expected = try Set(files.flatMap { try Reading($0).packets.map(\.bytes) })
    #expect(Set(reading.packets.map(\.bytes)) == expected)
  }

  @Test("A pcap file among them gets an interface of its own, with its frame check sequence")
  func mixedMerge() throws {
    var pcap = PcapBytes(linkType: 0x4400_0001)
    pcap.packet(.pattern(9), seconds: 1001)
    let (bytes, _) = try copy([pcap.bytes, RichFile.section(bigEndian: false)])
    let blocks = try #require(PcapNGBlocks(bytes))
    #expect(blocks.of(1).count == 3)
    #expect(blocks.of(1).filter { $0.options(from: 16).map(\.code) == [13] }.count == 1)
    #expect(blocks.of(6).count == RichFile.packetCount + 1)
  }

  @Test("Each file of a rotated capture is whole: section, interfaces, secrets and names")
  func rotation() throws {
    let file = RichFile.section(bigEndian: true)
    _ = try copy([file], to: "r.pcapng", rotation: Rotation(size: 600))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix("r") }.sorted {
        $0.replacing("-", with: ".z") < $1.replacing("-", with: ".z")
      }
    #expect(names.count > 1 && names[0] == "r.pcapng")
    var packets: [[UInt8]] = []
    for name in names {
      let blocks = try #require(PcapNGBlocks(folder.read(name)), "\(name)")
      #expect(blocks.of(0x0a0d_0d0a).count == 1)
      #expect(blocks.of(1).count == 2)
      #expect(blocks.of(RichFile.secrets).count == 1)
      #expect(blocks.of(RichFile.names).count == 1)
      packets += try Reading(path: folder.file(name)).packets.map(\.bytes)
    }
    #expect(packets == (try Reading(file).packets.map(\.bytes)))
  }

  @Test("Files that are named by the time of their first packet have what stands in front of it")
  func timedRotation() throws {
    let file = RichFile.section(bigEndian: false, notCopied: false)
    _ = try copy([file], to: "t-%s.pcapng", rotation: Rotation(seconds: 1_000_000))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix("t-") }
    #expect(names.count == 1)
    #expect(try folder.read(#require(names.first)) == file)
  }

  @Test("What a pcap file cannot hold is counted by kind")
  func toPcap() throws {
    var file = PcapNGBytes()
    file.section(options: [.comment("a section"), .init(3, Array("Linux".utf8))])
    file.interface(options: [.name("eth0"), .resolution(9), .init(13, [4])])
    file.packet([1], options: [.comment("c"), .init(2, [1, 0, 0, 0]), .init(3, [0, 1])])
    file.obsoletePacket([2], drops: 4)
    for type in [RichFile.names, RichFile.statistics, RichFile.secrets, RichFile.custom, 77] {
      file.block(type, body: .pattern(20))
    }
    let (bytes, unkept) = try copy([file.bytes], to: "out.pcap")
    #expect(
      unkept == [
        .sectionComment: 1, .sectionOption: 1, .interfaceOption: 1, .packetComment: 1,
        .packetFlags: 1, .hash: 1, .dropCount: 1, .names: 1, .statistics: 1, .secrets: 1,
        .custom: 1, .otherBlock: 1,
      ])
    // The length of the frame check sequence has a place in the header.
    #expect(Array(bytes[20..<24]) == [1, 0, 0, 0x44])
  }

  @Test("Simple packets behind an offset of time are written, also among other files")
  func simplePackets() throws {
    var file = PcapNGBytes(bigEndian: false)
    file.interface(options: [.timeOffset(1_700_000_000)])
    file.simplePacket([1, 2, 3])
    file.simplePacket([4])
    #expect(try copy([file.bytes]).bytes == file.bytes)
    let merged = try copy([file.bytes, file.bytes]).bytes
    #expect(try Reading(merged).packets.count == 4)
  }

  @Test("A block too long to be taken from a stream is passed over and counted; mapped, it is kept")
  func longBlock() throws {
    for bigEndian in [false, true] {
      var file = PcapNGBytes(bigEndian: bigEndian)
      file.interface()
      file.packet([1])
      file.block(RichFile.secrets, body: [UInt8](repeating: 0, count: 17 << 20))
      file.packet([2])
      #expect(try copy([file.bytes]).bytes == file.bytes)
      let streamed = try copy([gzip(file.bytes)])
      #expect(streamed.unkept == [.secrets: 1])
      #expect(try Reading(streamed.bytes).packets.map(\.bytes) == [[1], [2]])
    }
    var lie = PcapNGBytes(bigEndian: false)
    lie.interface()
    lie.packet([1])
    lie.block(RichFile.secrets, length: 0xffff_fff0) { $0.append(UInt64(0)) }
    for reading in [try Reading(lie.bytes), try Reading(streaming: lie.bytes, chunk: 64)] {
      #expect(reading.packets.count == 1)
      #expect(reading.damage?.reason.hasPrefix("block cut off: ") == true)
    }
  }

  @Test("Many blocks in a row come in batches of a bounded number, all of them")
  func manyBlocks() throws {
    var file = PcapNGBytes(bigEndian: false)
    file.interface()
    for index in 0..<20_000 { file.block(RichFile.names, body: .pattern(index % 9)) }
    file.packet([1])
    #expect(try copy([file.bytes]).bytes == file.bytes)
    let source = try openCapture(path: folder.write(file.bytes, to: "in"))
    var batch = FrameBatch(capacity: 64)
    batch.keepsBlocks = true
    var most = 0
    while source.fill(&batch) { most = max(most, batch.blocks.count) }
    #expect(most == 4096)
  }

  @Test("Filtered packets leave the blocks in their places")
  func filter() throws {
    var file = PcapNGBytes(bigEndian: false)
    file.interface(linkType: 101)
    for index in 0..<10 {
      file.block(RichFile.custom, body: [0, 0, 0, 0, UInt8(index)])
      file.packet(.pattern(20 + index))
    }
    let source = try openCapture(path: folder.write(file.bytes, to: "in"))
    let filtered = FilteredSource(source, expression: "greater 25")
    let sink = try createCapture(path: folder.file("out.pcapng"))
    try filtered.copy(to: sink, .different, batch: 3)
    let types = try #require(PcapNGBlocks(folder.read("out.pcapng"))).blocks.map(\.type)
    var expected: [UInt32] = [0x0a0d_0d0a, 1]
    for index in 0..<10 { expected += index < 5 ? [RichFile.custom] : [RichFile.custom, 6] }
    #expect(types == expected)
  }

  @Test("A pcap file keeps its header and its records: byte order, unit, version, check sequences")
  func pcapIdentity() throws {
    for magic in PcapBytes.Magic.allCases {
      for bigEndian in [false, true] {
        for version: (UInt16, UInt16) in [(2, 4), (2, 2), (543, 0)] {
          for packets in [0, 9] {
            var file = PcapBytes(
              magic, bigEndian: bigEndian, version: version, snapLength: 77,
              linkType: 0x4400_0001)
            for index in 0..<packets {
              let original = UInt32(index * 3 + 1)
              file.packet(
                .pattern(index, seed: index), seconds: 5, fraction: 999,
                captured: version.0 == 2 && version.1 == 4 ? nil : original,
                original: version.0 == 2 && version.1 == 4 ? original : UInt32(index))
            }
            let copy = try copy([file.bytes], to: "out.pcap")
            #expect(copy.bytes == file.bytes, "\(magic) \(bigEndian) \(version) \(packets)")
          }
        }
      }
    }
  }

  @Test(
    "The check sequence of an Ethernet frame has four bytes, in whatever unit the header counts")
  func fcsLength() throws {
    for (field, length): (UInt32, UInt8?) in [
      (0x4400_0001, 4), (0x2400_0001, 4), (1, nil), (0x4000_0001, nil), (0x2400_0032, 2),
    ] {
      let source = try openCapture(path: folder.write(PcapBytes(linkType: field).bytes, to: "in"))
      #expect(source.interfaces.map(\.fcsLength) == [length])
      #expect(source.interfaces.map(\.linkType.rawValue) == [field & 0xffff])
    }
  }
}

/// Says after some packets that what is written differs from what was read.
private final class NotingSink: PacketSink {
  private let sink: any PacketSink
  private var rest: Int

  init(_ sink: any PacketSink, after count: Int) {
    self.sink = sink
    rest = count
  }

  func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness) {
    sink.begin(interfaces, likeness)
  }

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    rest -= 1
    if rest == 0 { sink.noteDifference() }
    try sink.write(frame, interfaces: interfaces)
  }

  func write(_ block: CaptureBlock, interfaces: [CaptureInterface]) throws {
    try sink.write(block, interfaces: interfaces)
  }

  func finish() throws { try sink.finish() }
}

/// Makes of every packet two, each a byte longer.
private final class DoublingSink: PacketSink {
  private let sink: any PacketSink

  init(_ sink: any PacketSink) { self.sink = sink }

  func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness) {
    sink.begin(interfaces, likeness)
    sink.noteDifference()
  }

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    let original = copy frame
    var scratch = FrameScratch()
    scratch.fill(original.bytes)
    scratch.append(zeros: 1)
    for isFirst in [true, false] {
      try scratch.lend(like: original) {
        try sink.write($0, madeOf: original, isFirst: isFirst, interfaces: interfaces)
      }
    }
  }

  func write(_ block: CaptureBlock, interfaces: [CaptureInterface]) throws {
    try sink.write(block, interfaces: interfaces)
  }

  func finish() throws { try sink.finish() }
}
