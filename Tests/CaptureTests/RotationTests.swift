import Buffers
import Capture
import Foundation
import Support
import Testing
import Wire

@Suite("A written capture that goes on in other files")
struct RotationTests {
  private let folder = TemporaryFolder()

  /// Packets of 100 bytes at these seconds.
  private func capture(_ seconds: [UInt32], length: Int = 100) throws -> Reading {
    var file = PcapBytes()
    for (index, second) in seconds.enumerated() {
      file.packet(.pattern(length, seed: index), seconds: second)
    }
    return try Reading(file.bytes)
  }

  /// The files that are there afterwards, each with what is in it.
  @discardableResult
  private func write(
    _ reading: Reading, to name: String, _ rotation: Rotation
  ) throws -> [String: Reading] {
    let sink = try createCapture(
      path: folder.file(name), interfaces: reading.interfaces, rotation: rotation)
    for packet in reading.packets { try sink.write(packet, interfaces: reading.interfaces) }
    try sink.finish()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Reading(path: folder.file($0))) })
  }

  private func counts(_ files: [String: Reading]) -> [String: Int] {
    files.mapValues(\.packets.count)
  }

  @Test(
    "By size: no file is larger, each is whole, and nothing is lost", arguments: ["pcap", "pcapng"])
  func size(ending: String) throws {
    let reading = try capture(Array(0..<100))
    for size in [1, 140, 141, 300, 1000, 1 << 20] as [UInt64] {
      let files = try write(reading, to: "\(size).\(ending)", Rotation(size: size))
        .filter { $0.key.hasPrefix("\(size)") }
      let names = files.keys.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
      let packets = names.flatMap { files[$0]?.packets ?? [] }
      #expect(packets.map(\.bytes) == reading.packets.map(\.bytes))
      for name in names {
        let file = try #require(files[name])
        #expect(file.damage == nil)
        #expect(folder.read(name).count <= size || file.packets.count == 1)
      }
      #expect(names.count == (size == 1 << 20 ? 1 : names.count))
      #expect(names[0] == "\(size).\(ending)")
      if size == 1 { #expect(names.count == 100 && names[99] == "1-00099.\(ending)") }
    }
  }

  @Test("A file is filled to the last byte")
  func exactSize() throws {
    // 24 bytes of header, 116 for each packet.
    let reading = try capture(Array(0..<4))
    #expect(
      counts(try write(reading, to: "a.pcap", Rotation(size: 24 + 2 * 116)))
        == ["a.pcap": 2, "a-00001.pcap": 2])
    #expect(
      counts(try write(reading, to: "b.pcap", Rotation(size: 24 + 2 * 116 - 1)))
        .filter { $0.key.hasPrefix("b") }
        == ["b.pcap": 1, "b-00001.pcap": 1, "b-00002.pcap": 1, "b-00003.pcap": 1])
  }

  @Test("By packet time, counted from the first packet; times without packets have no file")
  func time() throws {
    let reading = try capture([105, 114, 115, 124, 125, 200, 204, 205])
    #expect(
      counts(try write(reading, to: "x.pcap", Rotation(seconds: 10)))
        == [
          "x.pcap": 2, "x-00001.pcap": 2, "x-00002.pcap": 1, "x-00003.pcap": 2, "x-00004.pcap": 1,
        ])
  }

  @Test("A packet that comes late goes into the file at hand")
  func late() throws {
    let reading = try capture([100, 111, 105, 99, 112, 121])
    #expect(
      counts(try write(reading, to: "x.pcap", Rotation(seconds: 10)))
        == ["x.pcap": 1, "x-00001.pcap": 4, "x-00002.pcap": 1])
  }

  @Test("Names with escapes are the time of the first packet in UTC")
  func escapes() throws {
    // 2023-11-14 22:13:20
    let first: UInt32 = 1_700_000_000
    let reading = try capture([first, first + 60, first + 61, first + 3600])
    #expect(
      counts(try write(reading, to: "%F-%H%M%S-100%%.pcap", Rotation(seconds: 60)))
        == [
          "2023-11-14-221320-100%.pcap": 1, "2023-11-14-221420-100%.pcap": 2,
          "2023-11-14-231320-100%.pcap": 1,
        ])
  }

  @Test("%s is the seconds since 1970, whatever the time zone")
  func epoch() throws {
    let reading = try capture([1_700_000_000, 1_700_000_100])
    #expect(
      counts(try write(reading, to: "%s-%%s.pcap", Rotation(seconds: 60)))
        == ["1700000000-%s.pcap": 1, "1700000100-%s.pcap": 1])
  }

  @Test("A name that would come twice in a row is numbered")
  func coarseNames() throws {
    let first: UInt32 = 1_700_000_000
    let reading = try capture([first, first + 1, first + 2, first + 3600])
    #expect(
      counts(try write(reading, to: "%H.pcap", Rotation(seconds: 1)))
        == ["22.pcap": 1, "22-00001.pcap": 1, "22-00002.pcap": 1, "23.pcap": 1])
  }

  @Test("By size alone a percent sign is a letter")
  func plainPercent() throws {
    #expect(
      counts(try write(try capture([1, 2]), to: "%H", Rotation(size: 1))) == [
        "%H": 1, "%H-00001": 1,
      ])
  }

  @Test("Both size and time, whichever comes first")
  func both() throws {
    let reading = try capture([0, 0, 0, 10, 10])
    #expect(
      counts(try write(reading, to: "x.pcap", Rotation(size: 24 + 2 * 116, seconds: 10)))
        == ["x.pcap": 2, "x-00001.pcap": 1, "x-00002.pcap": 2])
  }

  @Test("The newest files are kept")
  func ring() throws {
    let reading = try capture(Array(0..<10))
    #expect(
      counts(try write(reading, to: "x.pcap", Rotation(seconds: 1, count: 3)))
        == ["x-00007.pcap": 1, "x-00008.pcap": 1, "x-00009.pcap": 1])
  }

  @Test("An hour that comes again takes the place of its file, and is not removed with it")
  func ringOfHours() throws {
    let reading = try capture((0..<30).map { $0 * 3600 })
    let files = try write(reading, to: "%H.pcap", Rotation(seconds: 3600, count: 24))
    #expect(files.count == 24)
    #expect(files["05.pcap"]?.packets.first?.timestamp == Timestamp(seconds: 29 * 3600))
    #expect(files["06.pcap"]?.packets.first?.timestamp == Timestamp(seconds: 6 * 3600))
  }

  @Test("Without packets there is an empty capture, or none when its name would be a time")
  func empty() throws {
    let nothing = try capture([])
    #expect(counts(try write(nothing, to: "%H.pcap", Rotation(seconds: 1))) == [:])
    #expect(counts(try write(nothing, to: "x.pcap", Rotation(seconds: 1))) == ["x.pcap": 0])
  }

  @Test("Times at the ends of what there is do not trap")
  func extremes() throws {
    let sink = try createCapture(
      path: folder.file("x.pcapng"), rotation: Rotation(seconds: .max))
    let interfaces = [CaptureInterface(linkType: .ethernet)]
    var packet = try capture([1]).packets[0]
    for time in [0, .min, .max, .max, 0] as [Int64] {
      packet.timestamp = Timestamp(nanoseconds: time)
      // What the file's units cannot express is refused, and not the concern here.
      try? sink.write(packet, interfaces: interfaces)
    }
    try? sink.finish()
  }

  @Test("Each pcapng file has the interfaces known by then")
  func interfaces() throws {
    var file = PcapNGBytes(bigEndian: false)
    file.interface(linkType: 1)
    file.packet([1])
    file.interface(linkType: 101, options: [.resolution(9)])
    file.packet([2], interface: 1)
    file.packet([3], interface: 0)
    let reading = try Reading(file.bytes, batch: 1)
    let files = try write(reading, to: "x.pcapng", Rotation(size: 1))
    #expect(files.count == 3)
    #expect(files["x-00002.pcapng"]?.packets.map(\.bytes) == [[3]])
    #expect(files["x-00002.pcapng"]?.interfaces == reading.interfaces)
  }

  @Test("A file that cannot be made, or is read, or is standard output is an error")
  func failures() throws {
    let rotation = Rotation(size: 1)
    #expect(throws: CaptureError.self) {
      try createCapture(path: "/no/such/x.pcap", rotation: rotation)
    }
    #expect(throws: CaptureError(file: "-", reason: "standard output is not rotated")) {
      try createCapture(path: "-", rotation: rotation)
    }
    let reading = try capture([1, 2])
    let source = try openCapture(path: folder.write(PcapBytes().bytes, to: "x-00001.pcap"))
    let error = #expect(throws: CaptureError.self) {
      try write(reading, to: "x.pcap", rotation)
    }
    #expect(error?.reason == "would overwrite an input; write to another file")
    withExtendedLifetime(source) {}
  }
}
