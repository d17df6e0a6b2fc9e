import Buffers
import Glibc

/// The system calls on the files of streams.
enum Descriptor {
  /// Opens a file to append to, and makes it and its folder where they are missing.
  static func make(
    _ path: String, truncating: Bool, makingRoom: () -> Bool
  ) throws(FileError) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
    let descriptor = try retrying(
      path, { unsafe Glibc.open(path, flags, 0o644) }, makingRoom: makingRoom)
    let isInput = InputClaim.covers(descriptor: descriptor)
    if !isInput && (!truncating || ftruncate(descriptor, 0) == 0) { return descriptor }
    let code = isInput ? ETXTBSY : errno
    close(descriptor)
    throw FileError(name: path, code: code)
  }

  /// Calls `open` until it gives a descriptor, as long as something can be done about the error:
  /// when the process or the system has no descriptor left, `makingRoom` is asked to close one, and
  /// gives up by `false`.
  static func retrying(
    _ path: String, _ open: () -> Int32, makingRoom: () -> Bool
  ) throws(FileError) -> Int32 {
    var madeFolders = false
    while true {
      let descriptor = open()
      if descriptor >= 0 { return descriptor }
      let code = errno
      switch code {
      case EINTR: continue
      case EMFILE where makingRoom(), ENFILE where makingRoom(): continue
      case ENOENT where !madeFolders:
        madeFolders = true
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
