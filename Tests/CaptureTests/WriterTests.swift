import Buffers
import Capture
import Glibc
import Support
import Testing
import Wire

@Suite("Writing captures")
struct WriterTests {
  @Test(
    "A pcap file that is copied is the same file",
    arguments: [PcapBytes.Magic.microseconds, .nanoseconds])
  func pcapIdentity(magic: PcapBytes.Magic) throws {
    var file = PcapBytes(magic, snapLength: 1000, linkType: 113)
    for index in 0..<3000 {
      file.packet(
        .pattern(index % 1500, seed: index), seconds: UInt32.max - UInt32(index),
        // Fractions of a second and more are kept as they are.
        fraction: UInt32(index) &* 3_000_001, original: UInt32(index * 3))
    }
    #expect(try roundTrip(try Reading(file.bytes), as: "out.pcap").bytes == file.bytes)
  }

  @Test("Other byte orders and the modified format become plain pcap with the same packets")
  func pcapVariants() throws {
    for magic in PcapBytes.Magic.allCases {
      var file = PcapBytes(magic, bigEndian: true)
      for index in 0..<10 { file.packet(.pattern(50, seed: index), seconds: 5, fraction: 9) }
      let reading = try Reading(file.bytes)
      let again = try roundTrip(reading, as: "out.pcap")
      #expect(again.reading == reading)
      #expect(
        try roundTrip(reading, as: "out.pcapng").reading.packets.map(\.timestamp)
          == reading.packets.map(\.timestamp))
    }
  }

  @Test("A pcapng copy keeps packets, stamps and interfaces", arguments: [false, true])
  func pcapngIdentity(bigEndian: Bool) throws {
    var file = PcapNGBytes(bigEndian: bigEndian)
    let resolutions: [UInt8] = [6, 9, 0, 3, 12, 0x80, 0x94, 0xa0, 0xc0, 0x7f, 0xff]
    for (index, resolution) in resolutions.enumerated() {
      file.interface(
        linkType: UInt16(index), snapLength: UInt32(index * 1000),
        options: [
          .name("if\(index)"), .resolution(resolution),
          .timeOffset(Int64(index % 3 - 1) * 100, bigEndian: bigEndian),
        ])
    }
    var random = SeededGenerator(seed: 4)
    for index in 0..<500 {
      file.packet(
        .pattern(index, seed: index), interface: UInt32(index % resolutions.count),
        stamp: random.next() >> UInt64(index % 64), original: UInt32(index + index % 7))
    }
    let reading = try Reading(file.bytes)
    #expect(reading.packets.count == 500)
    let again = try roundTrip(reading, as: "out.pcapng")
    #expect(again.reading == reading)
    // What the writer wrote is written the same again.
    #expect(try roundTrip(again.reading, as: "out.ntar").bytes == again.bytes)
  }

  @Test("Interfaces that turn up later are written when they do")
  func laterInterfaces() throws {
    var file = PcapNGBytes(bigEndian: false)
    file.interface(linkType: 1)
    file.packet([1])
    file.section(bigEndian: true)
    file.interface(linkType: 101, options: [.resolution(9)])
    file.packet([2], stamp: 5)
    let folder = TemporaryFolder()
    let source = try openCapture(path: folder.write(file.bytes, to: "in.pcapng"))
    let sink = try createCapture(path: folder.file("out.pcapng"))
    var batch = FrameBatch(capacity: 1)
    while source.fill(&batch) { try sink.write(batch[0], interfaces: source.interfaces) }
    try sink.finish()
    let reading = try Reading(path: folder.file("out.pcapng"))
    #expect(reading == (try Reading(file.bytes)))
  }

  @Test("Simple packets keep their time, as enhanced ones")
  func simplePackets() throws {
    var file = PcapNGBytes(bigEndian: false)
    file.interface()
    file.packet([1], stamp: 7)
    file.simplePacket([2])
    let reading = try Reading(file.bytes)
    let again = try roundTrip(reading, as: "out.pcapng").reading
    #expect(again.packets.map(\.timestamp) == reading.packets.map(\.timestamp))
    #expect(again.packets.map(\.stamp) == [7, 7])
  }

  @Test("pcapng becomes pcap: nanoseconds only where the input has finer units than microseconds")
  func resolution() throws {
    for (resolution, magic): (UInt8, [UInt8]) in [
      (6, [0xd4, 0xc3, 0xb2, 0xa1]), (3, [0xd4, 0xc3, 0xb2, 0xa1]), (9, [0x4d, 0x3c, 0xb2, 0xa1]),
      (12, [0x4d, 0x3c, 0xb2, 0xa1]), (0x94, [0x4d, 0x3c, 0xb2, 0xa1]),
    ] {
      var file = PcapNGBytes(bigEndian: false)
      file.interface(options: [.resolution(resolution)])
      file.packet([1], stamp: 1_234_567)
      let reading = try Reading(file.bytes)
      let again = try roundTrip(reading, as: "out.pcap")
      #expect(Array(again.bytes.prefix(4)) == magic, "resolution \(resolution)")
      #expect(again.reading.packets[0].timestamp == reading.packets[0].timestamp)
    }
  }

  private let packet = Packet(bytes: [1, 2, 3], linkType: .ethernet)

  private func failure(_ name: String, _ packets: [Packet], _ interfaces: [CaptureInterface])
    -> String?
  {
    let folder = TemporaryFolder()
    let sink = try! createCapture(path: folder.file(name))
    for packet in packets {
      do {
        try sink.write(packet, interfaces: interfaces)
      } catch {
        return (error as? CaptureError)?.reason
      }
    }
    return nil
  }

  @Test("What a format cannot hold is refused with the reason")
  func refusals() {
    let ethernet = CaptureInterface(linkType: .ethernet)
    let raw = CaptureInterface(linkType: .raw, resolution: .nanoseconds)
    var other = packet
    (other.linkType, other.interface, other.ordinal) = (.raw, 1, 2)
    #expect(
      failure("x.pcap", [packet, other], [ethernet, raw])
        == "packet 2 is of link type RAW and the file of ETHERNET, and a pcap file holds only "
        + "one; write a .pcapng")
    #expect(failure("x.pcapng", [packet, other], [ethernet, raw]) == nil)
    #expect(failure("x.pcapng", [other], [ethernet]) == "packet 2 is of interface 1, there are 1")
    #expect(
      failure("x.pcapng", [other], [ethernet, ethernet])
        == "packet 2 is of link type RAW, its interface of ETHERNET")

    var early = packet
    early.timestamp = Timestamp(seconds: -1)
    #expect(failure("x.pcap", [early], [ethernet])?.contains("holds 1970 to 2106") == true)
    #expect(failure("x.pcapng", [early], [ethernet])?.contains("cannot express") == true)
    early.timestamp = Timestamp(nanoseconds: .max)
    #expect(failure("x.pcap", [early], [ethernet])?.contains("write a .pcapng") == true)
    early.timestamp = Timestamp(nanoseconds: 1001)
    #expect(failure("x.pcap", [early], [ethernet]) == nil)
    #expect(failure("x.pcap", [packet, early], [ethernet])?.contains("in nanoseconds") == true)
  }

  @Test("An empty run gives an empty file of the expected link type")
  func empty() throws {
    for name in ["x.pcap", "x.pcapng"] {
      #expect(try roundTrip(Reading(), as: name).reading.interfaces.map(\.linkType) == [.ethernet])
      var nothing = Reading()
      nothing.interfaces = [CaptureInterface(linkType: .raw, resolution: .nanoseconds)]
      let reading = try roundTrip(nothing, as: name).reading
      #expect(reading.interfaces == nothing.interfaces)
      #expect(reading.damage == nil)
    }
  }

  @Test("A full disk is an error, and stays one")
  func fullDisk() throws {
    let sink = try createCapture(path: "/dev/full")
    let full = CaptureError(file: "/dev/full", reason: "no space left on the device")
    try sink.write(packet, interfaces: [])
    #expect(throws: full) { try sink.finish() }
    #expect(throws: full) { try sink.write(packet, interfaces: []) }
    let large = try createCapture(path: "/dev/full")
    var long = packet
    long.bytes = .pattern(3 << 20)
    #expect(throws: full) { try large.write(long, interfaces: []) }
    #expect(throws: full) { try large.write(packet, interfaces: []) }
    #expect(throws: full) { try large.finish() }
  }

  @Test("Of an error that comes late `finish` tells")
  func lateError() throws {
    let sink = try createCapture(path: "/dev/full")
    var long = packet
    long.bytes = .pattern(300 << 10)
    try sink.write(long, interfaces: [])
    #expect(throws: CaptureError.self) { try sink.finish() }
  }

  @Test("A file of many blocks is whole, also of packets larger than a block")
  func blocks() throws {
    var file = PcapBytes(.microseconds)
    for (index, size) in [262_104, 1, 262_144, 262_128, 200_000, 0, 100_000].enumerated() {
      file.packet(.pattern(size, seed: index))
    }
    for index in 0..<2000 { file.packet(.pattern(1514, seed: index)) }
    #expect(try roundTrip(try Reading(file.bytes), as: "out.pcap").bytes == file.bytes)
  }

  @Test("A file that is let go without an end has what its blocks had")
  func letGo() throws {
    let folder = TemporaryFolder()
    var sink: (any PacketSink)? = try createCapture(path: folder.file("x.pcap"))
    var long = packet
    long.bytes = .pattern(200 << 10)
    for _ in 0..<20 { try sink?.write(long, interfaces: []) }
    sink = nil
    #expect(try Reading(path: folder.file("x.pcap")).packets.count >= 18)
  }

  @Test("A place that cannot be written to is an error")
  func unwritable() {
    let folder = TemporaryFolder()
    let cases = [
      (folder.path, "is a directory"), (folder.file("no/x.pcap"), "no such file"),
      (
        folder.file("x.pcap.gz"),
        "is not written compressed; leave out .gz, and compress it afterwards"
      ),
    ]
    for (path, reason) in cases {
      #expect(throws: CaptureError(file: path, reason: reason)) { try createCapture(path: path) }
    }
  }

  @Test("A file that is being read is not overwritten, whatever name it is given")
  func inputIsOutput() throws {
    let folder = TemporaryFolder()
    let path = folder.write(PcapBytes().bytes, to: "in.pcap")
    symlink(path, folder.file("link.pcap"))
    do {
      let source = try openCapture(path: path)
      for name in ["in.pcap", "link.pcap"] {
        let error = #expect(throws: CaptureError.self) {
          try createCapture(path: folder.file(name))
        }
        #expect(error?.reason == "would overwrite an input; write to another file")
      }
      withExtendedLifetime(source) {}
    }
    #expect(folder.read("in.pcap") == PcapBytes().bytes)
    try createCapture(path: path).finish()
  }

  @Test("Frames longer than the buffer, and many short ones, come out whole")
  func buffering() throws {
    var file = PcapBytes()
    for length in [100, 1 << 20, (1 << 20) - 16, 5 << 20, 0, 1] { file.packet(.pattern(length)) }
    for index in 0..<20_000 { file.packet(.pattern(index % 200)) }
    #expect(try roundTrip(try Reading(file.bytes), as: "x.pcap").bytes == file.bytes)
  }
}

extension Packet {
  init(bytes: [UInt8], linkType: LinkType) {
    self.bytes = bytes
    originalLength = bytes.count
    timestamp = Timestamp(nanoseconds: 0)
    stamp = 0
    interface = 0
    ordinal = 1
    self.linkType = linkType
  }
}

extension Reading {
  init() {}
}
