import CZlib
import Capture

extension FuzzTarget {
  /// The first byte chooses: 0, the rest is a gzip file as it is; otherwise the rest is a capture,
  /// which is compressed into members of that many bytes and must then read as it does plain.
  static let gzip = FuzzTarget(
    name: "gzip",
    run: { input in
      guard let mode = input.first else { return }
      let content = Array(input.dropFirst())
      if mode == 0 {
        try readBothWays(content)
      } else {
        try compareWithPlain(content, memberLength: Int(mode))
      }
    },
    seeds: {
      let pcap = CaptureSeeds.pcap()[0].bytes
      let pcapng = CaptureSeeds.pcapng()[0].bytes
      return [
        Seed(name: "whole", bytes: [0] + Gzip.member(pcap)),
        Seed(name: "members", bytes: [0] + Gzip.members(pcapng, of: 50)),
        Seed(name: "padded", bytes: [0] + Gzip.member(pcap) + [0, 0, 0]),
        Seed(name: "twice", bytes: [0] + Gzip.member(Gzip.member(pcap))),
        Seed(name: "pcap", bytes: [40] + pcap), Seed(name: "pcapng", bytes: [255] + pcapng),
      ]
    })

  private static func readBothWays(_ input: [UInt8]) throws {
    let file = try reading { try MemoryFile(input).reading() }
    guard let pipe = try FilledPipe(input) else { return }
    let streamed = try reading {
      try withExtendedLifetime(pipe) { try Reading(path: pipe.path) }
    }
    try require(file == streamed, "a pipe gives something else than the file")
  }

  private static func compareWithPlain(_ content: [UInt8], memberLength: Int) throws {
    // Compressed twice is refused, plain gzip is not.
    if content.starts(with: [0x1f, 0x8b]) { return }
    let plain = try reading { try MemoryFile(content).reading() }
    let zipped = try reading {
      try MemoryFile(Gzip.members(content, of: memberLength)).reading()
    }
    try require(zipped == plain, "compressed it reads otherwise than plain")
  }

  private static func reading(_ body: () throws -> Reading) throws -> Reading? {
    do { return try body() } catch is CaptureError { return nil }
  }
}

extension MemoryFile {
  fileprivate func reading() throws -> Reading {
    try withExtendedLifetime(self) { try Reading(path: path) }
  }
}

/// Compression, for inputs that have to be right.
enum Gzip {
  static func members(_ bytes: [UInt8], of length: Int) -> [UInt8] {
    stride(from: 0, to: max(bytes.count, 1), by: length).flatMap {
      member(Array(bytes[$0..<min($0 + length, bytes.count)]))
    }
  }

  static func member(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
    let room = output.count
    let count = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(room)
        deflate(&stream, Z_FINISH)
        return room - Int(stream.avail_out)
      }
    }
    return Array(output.prefix(count))
  }
}
