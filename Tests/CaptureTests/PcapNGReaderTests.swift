import Buffers
import Capture
import Support
import Testing
import Wire

@Suite("Reading pcapng")
struct PcapNGReaderTests {
  @Test("Interfaces keep their link type, name, limit and unit", arguments: [false, true])
  func interfaces(bigEndian: Bool) throws {
    var file = PcapNGBytes(bigEndian: bigEndian)
    file.interface(
      linkType: 1, snapLength: 96,
      options: [
        .comment("odd"), .name("eth0"), .resolution(9),
        .timeOffset(-3600, bigEndian: bigEndian),
      ])
    file.interface(linkType: 113, snapLength: 0, options: [.name("any\0\0"), .resolution(0x94)])
    file.packet(.pattern(61), interface: 1, stamp: 3 << 19, options: [.comment("first")])
    file.packet(.pattern(40), interface: 0, stamp: 3_600_000_000_005, original: 1500)
    let reading = try Reading(file.bytes)
    #expect(reading.damage == nil)
    #expect(
      reading.interfaces == [
        CaptureInterface(
          linkType: .ethernet, snapLength: 96, resolution: .nanoseconds, timeOffset: -3600,
          name: "eth0"),
        CaptureInterface(
          linkType: .linuxCooked, snapLength: 0, resolution: TimeResolution(rawValue: 0x94),
          name: "any"),
      ])
    try #require(reading.packets.count == 2)
    #expect(reading.packets[0].bytes == .pattern(61))
    #expect(reading.packets[0].linkType == .linuxCooked)
    #expect(reading.packets[0].timestamp == Timestamp(nanoseconds: 1_500_000_000))
    #expect(reading.packets[0].stamp == 3 << 19)
    #expect(reading.packets[1].interface == 0)
    #expect(reading.packets[1].timestamp == Timestamp(nanoseconds: 5))
    #expect(reading.packets[1].originalLength == 1500)
    #expect(reading.packets.map(\.ordinal) == [1, 2])
  }

  @Test("Each section has its own byte order and counts its own interfaces")
  func sections() throws {
    var file = PcapNGBytes(bigEndian: true)
    file.interface(linkType: 1, options: [.name("a")])
    file.packet([1], stamp: 1)
    file.section(bigEndian: false, length: 12345, options: [.comment("second")])
    file.interface(linkType: 101, options: [.name("b")])
    file.interface(linkType: 228, options: [.name("c")])
    file.packet([2], interface: 1, stamp: 2)
    file.packet([3], interface: 0, stamp: 3)
    file.section(bigEndian: true, major: 2)
    file.interface(linkType: 229, options: [.name("d")])
    file.packet([4], stamp: 4)
    let reading = try Reading(file.bytes)
    #expect(reading.damage == nil)
    #expect(reading.packets.map(\.bytes) == [[1], [2], [3], [4]])
    #expect(reading.packets.map(\.interface) == [0, 2, 1, 3])
    #expect(reading.packets.map(\.linkType) == [.ethernet, .ipv4, .raw, .ipv6])
    #expect(reading.interfaces.map(\.name) == ["a", "b", "c", "d"])
  }

  @Test("Blocks that carry no packet are passed over", arguments: [false, true])
  func otherBlocks(bigEndian: Bool) throws {
    var file = PcapNGBytes(bigEndian: bigEndian)
    file.block(4, body: .pattern(20))  // names, before any interface
    file.interface()
    for type: UInt32 in [4, 5, 7, 8, 9, 10, 0xbad, 0x4000_0bad, 0x8000_0001, 0x7fff_ffff, 0] {
      file.block(type, body: .pattern(Int(type % 50)))
      file.packet([UInt8(truncatingIfNeeded: type)])
    }
    let reading = try Reading(file.bytes)
    #expect(reading.damage == nil)
    #expect(reading.packets.count == 11)
  }

  @Test("Simple packets have the last time and no stamp, and the snapshot length cuts them")
  func simplePackets() throws {
    var file = PcapNGBytes(bigEndian: false)
    file.interface(snapLength: 50)
    file.simplePacket(.pattern(41))
    file.packet(.pattern(10), stamp: 77)
    file.simplePacket(.pattern(50), original: 1500)
    let reading = try Reading(file.bytes)
    #expect(reading.damage == nil)
    #expect(reading.packets.map(\.bytes) == [.pattern(41), .pattern(10), .pattern(50)])
    #expect(reading.packets.map(\.originalLength) == [41, 10, 1500])
    #expect(reading.packets.map(\.timestamp.nanoseconds) == [0, 77_000, 77_000])
    #expect(reading.packets.map(\.stamp) == [0, 77, 0])
  }

  @Test("The obsolete packet block is read", arguments: [false, true])
  func obsoletePackets(bigEndian: Bool) throws {
    var file = PcapNGBytes(bigEndian: bigEndian)
    file.interface()
    file.interface(linkType: 101)
    file.obsoletePacket(.pattern(33), interface: 1, drops: 9, stamp: 5 << 32 | 6, original: 99)
    let packet = try #require(try Reading(file.bytes).packets.first)
    #expect(packet.bytes == .pattern(33))
    #expect(packet.interface == 1)
    #expect(packet.stamp == 5 << 32 | 6)
    #expect(packet.originalLength == 99)
    #expect(packet.linkType == .raw)
  }

  /// A good packet, then what `build` adds, then another good packet.
  private func damage(_ build: (inout PcapNGBytes) -> Void) throws -> (CaptureDamage?, start: Int) {
    var file = PcapNGBytes(bigEndian: false)
    file.interface(snapLength: 0)
    file.packet(.pattern(60))
    let start = file.bytes.count
    build(&file)
    file.packet(.pattern(60))
    let reading = try Reading(file.bytes)
    #expect(reading.packets.count == 1)
    #expect(reading == (try Reading(streaming: file.bytes, chunk: 50)))
    return (reading.damage, start)
  }

  private static let damages: [(String, @Sendable (inout PcapNGBytes) -> Void)] = [
    ("packet of interface 1, the section has 1", { $0.packet([1], interface: 1) }),
    ("packet of interface 4294967295, the section has 1", { $0.packet([], interface: .max) }),
    (
      "packet of interface 0, the section has 0",
      {
        $0.section()
        $0.simplePacket([1])
      }
    ),
    ("packet claims 5 bytes, its block holds 4", { $0.packet([1], captured: 5) }),
    (
      "packet claims 4294967295 bytes, its block holds 4", { $0.packet([1], captured: .max) }
    ),
    ("packet claims 9 bytes, its block holds 8", { $0.simplePacket(.pattern(8), original: 9) }),
    ("packet block is too short", { $0.block(6, body: .pattern(16)) }),
    ("packet block is too short", { $0.block(2, body: .pattern(16)) }),
    ("packet block is too short", { $0.block(3) }),
    ("interface block is too short", { $0.block(1, body: [1, 0, 0, 0]) }),
    (
      "option 2 claims 500 of 4 bytes",
      { $0.block(1, body: [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0xf4, 1, 65, 66, 67, 0]) }
    ),
    ("block claims 8 bytes", { $0.block(5, length: 8) { _ in } }),
    ("block claims 0 bytes", { $0.block(5, length: 0) { _ in } }),
    ("block claims 13 bytes", { $0.block(5, length: 13) { $0.append(UInt32(0)) } }),
    ("block claims 4294967292 bytes", { $0.block(5, length: 0xffff_fffc) { _ in } }),
    (
      "block of 16 bytes ends as one of 20",
      { $0.block(5, repeated: 20) { $0.append(UInt32(0)) } }
    ),
    ("block cut off: 104 of 4000 bytes", { $0.block(5, length: 4000) { _ in } }),
    ("section header has no byte-order magic", { $0.block(0x0a0d_0d0a, body: .pattern(16)) }),
    (
      "section header block is too short",
      { $0.block(0x0a0d_0d0a, body: [0x4d, 0x3c, 0x2b, 0x1a]) }
    ),
  ]

  @Test("What makes no sense is damage at its block", arguments: damages.indices)
  func damaged(index: Int) throws {
    let (reason, build) = Self.damages[index]
    let (damage, start) = try damage(build)
    // A simple packet behind a section header of its own is the second block.
    let offset = reason.hasSuffix("has 0") ? start + 28 : start
    #expect(damage == CaptureDamage(byteOffset: UInt64(offset), reason: reason))
  }

  @Test("A cut is damage at the block that it meets")
  func cuts() throws {
    var file = PcapNGBytes(bigEndian: true)
    file.interface()
    let starts = [28, 28 + 20]
    file.packet(.pattern(30))
    for end in 28..<file.bytes.count {
      let start = end < starts[1] ? starts[0] : starts[1]
      let size = end < starts[1] ? 20 : 64
      let reading = try Reading(Array(file.bytes.prefix(end)))
      #expect(reading.packets.isEmpty)
      let available = end - start
      let reason =
        available < 12
        ? "block header cut off: \(available) of 12 bytes"
        : "block cut off: \(available) of \(size) bytes"
      #expect(
        reading.damage
          == (available == 0 ? nil : CaptureDamage(byteOffset: UInt64(start), reason: reason)))
    }
  }

  @Test("The number of interfaces that are remembered has a limit")
  func interfaceBudget() throws {
    var file = PcapNGBytes(bigEndian: false)
    for _ in 0..<65_540 { file.interface() }
    let reading = try Reading(file.bytes)
    #expect(reading.interfaces.count == 65_536)
    #expect(reading.damage?.reason == "more interfaces than can be remembered (65536)")
    var names = PcapNGBytes(bigEndian: false)
    for _ in 0..<20 { names.interface(options: [.name(String(repeating: "x", count: 60_000))]) }
    #expect(try Reading(names.bytes).interfaces.count == 17)
  }
}
