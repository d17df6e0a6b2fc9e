import Glibc

/// The system calls on the files of streams.
enum Descriptor {
  /// Opens a file to append to, and makes it and its folder where they are missing. When the process
  /// or the system has no descriptor left, `makingRoom` is asked to close one; `false` gives up.
  static func make(
    _ path: String, truncating: Bool, makingRoom: () -> Bool
  ) throws(FileError) -> Int32 {
    let flags =
      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (truncating ? O_TRUNC : 0)
    var madeFolder = false
    while true {
      let descriptor = unsafe Glibc.open(path, flags, 0o644)
      if descriptor >= 0 { return descriptor }
      let code = errno
      switch code {
      case EINTR: continue
      case EMFILE where makingRoom(), ENFILE where makingRoom(): continue
      case ENOENT where !madeFolder:
        madeFolder = true
        makeFolders(above: path)
      default: throw FileError(name: path, code: code)
      }
    }
  }

  /// Failures show when the file is opened again.
  private static func makeFolders(above path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for end in 1..<max(2, parts.count) {
      let folder = parts[..<end].joined(separator: "/")
      if !folder.isEmpty { _ = unsafe mkdir(folder, 0o755) }
    }
  }

  static func write(
    _ bytes: Span<UInt8>, to descriptor: Int32, named name: () -> String
  ) throws(FileError) {
    var start = 0
    while start < bytes.count {
      let rest = bytes.extracting(droppingFirst: start)
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        start += count
      } else if count == 0 {
        throw FileError(name: name(), code: EIO)
      } else if errno != EINTR {
        throw FileError(name: name(), code: errno)
      }
    }
  }

  static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
