import Capture
import Glibc
import Support

extension FuzzTarget {
  /// A pcap file: the same from a mapping and from a pipe, and written again the same.
  static let pcap = FuzzTarget(name: "pcap", run: readCapture, seeds: CaptureSeeds.pcap)

  static let pcapng = FuzzTarget(name: "pcapng", run: readCapture, seeds: CaptureSeeds.pcapng)

  private static func readCapture(_ input: [UInt8]) throws {
    let file = try MemoryFile(input)
    var mapped: Reading?
    do {
      mapped = try withExtendedLifetime(file) { try Reading(path: file.path, batch: 7) }
    } catch is CaptureError {}
    if let pipe = try FilledPipe(input) {
      var streamed: Reading?
      do {
        streamed = try withExtendedLifetime(pipe) { try Reading(path: pipe.path) }
      } catch is CaptureError {}
      try require(streamed == mapped, "a pipe gives something else than the file")
    }
    guard let mapped else { return }
    let path = scratchPath()
    defer { unlink(path) }
    if let ng = try mapped.rewritten(as: path) {
      try require(ng.damage == nil, "the pcapng file written is damaged: \(ng.damage as Any)")
      try require(ng.packets.count == mapped.packets.count, "pcapng lost packets")
      try require(
        zip(ng.packets, mapped.packets).allSatisfy { $0.essence(as: $1) == $1.essence(as: $1) },
        "pcapng changed packets")
    }
    let rewritten = try MemoryFile()
    if let pcap = try withExtendedLifetime(rewritten, { try mapped.rewritten(as: rewritten.path) })
    {
      try require(pcap.damage == nil, "the pcap file written is damaged: \(pcap.damage as Any)")
      try require(
        pcap.packets.map(\.bytes) == mapped.packets.map(\.bytes), "pcap changed packets")
    }
  }

  /// A new name that ends in `.pcapng`; in memory.
  static func scratchPath() -> String {
    "/dev/shm/sluice-fuzz-\(UInt64.random(in: 0...UInt64.max)).pcapng"
  }
}

extension Reading.Packet {
  /// All but how its record wrote the time, and its interface, as unused ones are not written. A
  /// simple packet has no time: it gets that of the packet before, in whatever units.
  fileprivate func essence(as original: Self) -> [Int64] {
    [
      Int64(originalLength), original.stamp == 0 ? 0 : timestamp.nanoseconds,
      Int64(linkType.rawValue),
    ]
      + bytes.map(Int64.init)
  }
}

/// Small captures, right ones and slightly wrong ones.
enum CaptureSeeds {
  static func pcap() -> [FuzzTarget.Seed] {
    PcapBytes.Magic.allCases.flatMap { magic in
      [false, true].map { bigEndian in
        var file = PcapBytes(magic, bigEndian: bigEndian)
        for index in 0..<4 { file.packet(.pattern(index * 9), seconds: 1, fraction: UInt32(index)) }
        return .init(name: "\(magic)-\(bigEndian ? "big" : "little")", bytes: file.bytes)
      }
    }
  }

  static func pcapng() -> [FuzzTarget.Seed] {
    [false, true].flatMap { (bigEndian: Bool) -> [FuzzTarget.Seed] in
      let name = bigEndian ? "big" : "little"
      return [
        .init(name: "blocks-\(name)", bytes: blocks(bigEndian: bigEndian)),
        .init(
          name: "sections-\(name)",
          bytes: blocks(bigEndian: bigEndian) + blocks(bigEndian: !bigEndian)),
      ]
    }
  }

  private static func blocks(bigEndian: Bool) -> [UInt8] {
    var file = PcapNGBytes(bigEndian: bigEndian)
    file.interface(options: [
      .name("eth0"), .resolution(9), .timeOffset(-5, bigEndian: bigEndian),
    ])
    file.interface(linkType: 101, snapLength: 96, options: [.resolution(0x86)])
    file.packet(.pattern(30), stamp: 1 << 60, options: [.comment("c")])
    file.packet(.pattern(7), interface: 1, stamp: 77, original: 1500)
    file.simplePacket(.pattern(9))
    file.obsoletePacket(.pattern(5), interface: 1)
    file.block(4, body: .pattern(12))
    file.block(0x8000_0001, body: .pattern(3))
    return file.bytes
  }
}
