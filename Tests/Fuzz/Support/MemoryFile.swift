import CFuzzer
import Glibc

/// A file without a folder, to be opened by its path.
final class MemoryFile {
  private let descriptor: Int32
  let path: String

  init(_ bytes: [UInt8] = []) throws {
    descriptor = cfuzzer_memory_file()
    try require(descriptor >= 0, "no memory file")
    path = "/proc/self/fd/\(descriptor)"
    try Self.write(bytes, to: descriptor)
  }

  deinit { close(descriptor) }

  static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      try require(count > 0, "cannot write")
      rest = rest.dropFirst(count)
    }
  }
}

/// A pipe that holds bytes and then ends.
final class FilledPipe {
  private let descriptor: Int32
  let path: String

  /// `nil` for more bytes than a pipe can hold.
  init?(_ bytes: [UInt8]) throws {
    var ends: [Int32] = [-1, -1]
    guard bytes.count <= 1 << 20, cfuzzer_pipe(&ends, Int32(bytes.count)) == 0 else { return nil }
    descriptor = ends[0]
    path = "/proc/self/fd/\(descriptor)"
    defer { close(ends[1]) }
    try MemoryFile.write(bytes, to: ends[1])
  }

  deinit { close(descriptor) }
}
