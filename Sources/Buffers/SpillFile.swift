import Glibc

/// A file without a name, for bytes that wait for their turn and would be too many for memory. It lies in
/// the folder for temporary files (`TMPDIR`, or `/tmp`), and goes with this object.
public final class SpillFile {
  /// Why bytes could not be put aside, or not be read again.
  public struct Failure: Error, Hashable, CustomStringConvertible {
    let code: Int32

    public var description: String {
      let reason = unsafe String(cString: strerror(code))
      return "what is to be written cannot be put aside in a temporary file: \(reason)"
    }
  }

  private let descriptor: Int32
  /// Bytes in it.
  public private(set) var count = 0

  public init() throws(Failure) {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var descriptor = open(folder, Self.unnamed | O_RDWR | O_CLOEXEC, 0o600)
    if descriptor < 0 {
      // Not every file system has files without names.
      var name = Array((folder + "/sluice-XXXXXX").utf8CString)
      descriptor = unsafe mkstemp(&name)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = unsafe unlink(name)
      }
    }
    guard descriptor >= 0 else { throw Failure(code: errno) }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// `O_TMPFILE`, which the importer of C does not see.
  private static let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY

  /// Puts bytes behind those that are there.
  public func append(_ bytes: Span<UInt8>) throws(Failure) {
    var start = 0
    while start < bytes.count {
      let written = unsafe bytes.extracting(start..<bytes.count).withUnsafeBytes {
        unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(count))
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw Failure(code: errno)
      }
      count += written
      start += written
    }
  }

  /// Lends a range of it, in pieces.
  public func forEachPiece(of range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: min(range.count, 1 << 16))
    var start = range.lowerBound
    while start < range.upperBound {
      let most = min(range.upperBound - start, buffer.count)
      let read = unsafe pread(descriptor, &buffer, most, off_t(start))
      if read < 0, errno == EINTR { continue }
      guard read > 0 else { throw Failure(code: read < 0 ? errno : EIO) }
      try body(buffer.span.extracting(0..<read))
      start += read
    }
  }
}
