import Buffers
import Capture
import Glibc
import Support
import Testing

@Suite("Several files as one time line")
struct MergeTests {
  private let folder = TemporaryFolder()

  /// A packet of which the first byte says the file, and the next two its place there.
  private func pcap(_ seconds: [UInt32], file: Int) -> [UInt8] {
    var bytes = PcapBytes()
    for (place, second) in seconds.enumerated() {
      bytes.packet([UInt8(file), UInt8(place >> 8), UInt8(place & 255)], seconds: second)
    }
    return bytes.bytes
  }

  private func merge(_ paths: [String], batch: Int = 64) throws -> (Reading, any PacketSource) {
    let files = paths.map { CaptureFile(path: $0, isNamed: true) }
    let source = try openCaptures(files, name: "several")
    return (Reading(source, batch: batch), source)
  }

  /// What a merge is: of the heads of all files the earliest, again and again.
  private func expected(_ files: [[UInt32]]) -> [[UInt8]] {
    var places = files.map { _ in 0 }
    var result: [[UInt8]] = []
    while true {
      let heads = files.indices.filter { places[$0] < files[$0].count }
      let first = heads.min {
        (files[$0][places[$0]], $0) < (files[$1][places[$1]], $1)
      }
      guard let first else { return result }
      let place = places[first]
      result.append([UInt8(first), UInt8(place >> 8), UInt8(place & 255)])
      places[first] += 1
    }
  }

  @Test(
    "The earliest head comes next, each file keeps its order, and the numbers go up from 1",
    arguments: 0..<40)
  func property(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let files = (0..<Int.random(in: 2...9, using: &random)).map { _ in
      var time = UInt32.random(in: 1000...1200, using: &random)
      return (0..<Int.random(in: 0...200, using: &random)).map { _ -> UInt32 in
        // Sometimes back.
        time = time &+ UInt32.random(in: 0...6, using: &random) &- 2
        return time
      }
    }
    let paths = files.enumerated().map { index, seconds in
      let bytes = pcap(seconds, file: index)
      // Now and then a file that cannot be mapped.
      let isCompressed = UInt64(index) % 4 == seed % 4 && seed % 2 == 0
      return folder.write(isCompressed ? gzip(bytes) : bytes, to: "\(index)")
    }
    let (reading, source) = try merge(paths, batch: [1, 7, 64][Int(seed % 3)])
    #expect(reading.packets.map(\.bytes) == expected(files))
    #expect(reading.packets.map(\.ordinal) == (0..<reading.packets.count).map { UInt64($0 + 1) })
    for packet in reading.packets {
      #expect(source.captureName(ofInterface: packet.interface) == paths[Int(packet.bytes[0])])
    }
    #expect(reading.damage == nil)
  }

  @Test("Frames stay in place where all files are mapped, and only there")
  func stays() throws {
    let plain = (0..<3).map { folder.write(pcap([1, 2], file: $0), to: "\($0)") }
    #expect(try merge(plain).1.framesStay)
    let compressed = folder.write(gzip(pcap([1, 2], file: 3)), to: "3.gz")
    #expect(try merge(plain + [compressed]).1.framesStay == false)
  }

  @Test("Interfaces of all files are in one table, and each packet is of one of its file")
  func interfaces() throws {
    var first = PcapNGBytes(bigEndian: true)
    first.interface(options: [.name("left")])
    first.packet(.pattern(20), interface: 0)
    first.interface(linkType: 101, options: [.name("right")])
    first.packet(.pattern(21), interface: 1)
    let paths = [
      folder.write(first.bytes, to: "a.pcapng"), folder.write(pcap([0, 9], file: 1), to: "b.pcap"),
    ]
    let (reading, source) = try merge(paths)
    #expect(reading.interfaces.count == 3)
    for packet in reading.packets {
      #expect(reading.interfaces[packet.interface].linkType == packet.linkType)
      let isFirst = packet.bytes.count > 3
      #expect(source.captureName(ofInterface: packet.interface) == paths[isFirst ? 0 : 1])
      if isFirst {
        let name = packet.bytes.count == 20 ? "left" : "right"
        #expect(reading.interfaces[packet.interface].name == name)
      }
    }
    #expect(source.captureName(ofInterface: 3) == nil)
  }

  @Test("A damaged file ends where it breaks, the others go on, and each damage has its file")
  func damaged() throws {
    let paths = [
      folder.write(pcap([1, 3, 5], file: 0).dropLast(1), to: "a"),
      folder.write(pcap([2, 4, 6], file: 1), to: "b"),
      folder.write(pcap([2], file: 2).dropLast(2), to: "c"),
    ]
    let (reading, source) = try merge(paths)
    #expect(reading.packets.map { Int($0.bytes[0]) } == [0, 1, 0, 1, 1])
    #expect(Set(source.damages.map(\.file)) == [paths[0], paths[2]])
    #expect(source.damages.allSatisfy { $0.description.contains(": byte ") })
  }

  @Test("A named file that cannot be opened is an error; one of a folder is damage")
  func unreadable() throws {
    let good = CaptureFile(path: folder.write(pcap([1], file: 0), to: "a"), isNamed: true)
    let gone = folder.file("gone")
    #expect(throws: CaptureError(file: gone, reason: "no such file")) {
      _ = try openCaptures([good, CaptureFile(path: gone, isNamed: true)], name: "both")
    }
    let source = try openCaptures([good, CaptureFile(path: gone, isNamed: false)], name: "both")
    #expect(Reading(source).packets.count == 1)
    #expect(source.damages.map(\.description) == ["\(gone): no such file"])
  }

  @Test("A file that goes away before its turn is damage")
  func goesAway() throws {
    let paths = [
      folder.write(pcap([1, 2], file: 0), to: "a"), folder.write(pcap([3, 4], file: 1), to: "b"),
      folder.write(pcap([5, 6], file: 2), to: "c"),
    ]
    let files = paths.map { CaptureFile(path: $0, isNamed: true) }
    let source = try openCaptures(files, name: "all")
    unlink(paths[1])
    _ = folder.write(pcap([5, 6], file: 2), to: "other")
    rename(folder.file("other"), paths[2])
    #expect(Reading(source).packets.count == 2)
    #expect(source.damages.map(\.file) == [paths[1], paths[2]])
    #expect(source.damages.map(\.byteOffset) == [nil, nil])
  }

  @Test("What shrinks while it is read ahead is taken back, and what goes with it is counted")
  func shrinks() throws {
    var large = PcapBytes()
    for _ in 0..<20 { large.packet(.pattern(1000), seconds: 1) }
    let path = folder.write(large.bytes, to: "large")
    let small = folder.write(pcap([1, 1, 1], file: 9), to: "small")
    let files = [path, small].map { CaptureFile(path: $0, isNamed: true) }
    let source = try openCaptures(files, name: "both")
    var batch = FrameBatch(capacity: 64)
    let isOpen = source.fill(&batch)
    #expect(isOpen && batch.count == 23)
    truncate(path, 8192)
    // Touched, as whoever dissects it does.
    #expect(Packet(batch[19]).bytes.allSatisfy { $0 == 0 })
    source.takeBackMissing(from: &batch)
    #expect(batch.count == (8192 - 24) / 1016)
    #expect(
      source.damages.last?.reason == "3 packets of other files went with what has gone from one")
  }

  @Test("A pipe is part of the time line like a file")
  func pipe() throws {
    let path = folder.file("pipe")
    mkfifo(path, 0o600)
    let writer = PipeWriter(path: path, bytes: pcap([2, 4, 6], file: 1), chunk: 50)
    let file = folder.write(pcap([1, 3, 5, 7], file: 0), to: "file")
    let (reading, _) = try merge([file, path])
    writer.join()
    #expect(reading.packets.map { Int($0.bytes[0]) } == [0, 1, 0, 1, 0, 1, 0])
  }
}
