import Analysis
import Glibc
import Synchronization

/// The files that are written, of which only the last used are open: there may be more streams than
/// a process may have descriptors.
///
/// Used by all workers; a lock is held while one of them writes.
final class FileCache: Sendable {
  /// One file, as its writer knows it.
  struct File {
    fileprivate var number: UInt64?
    fileprivate var slot = 0
    /// Whether it has been made, by this run.
    var exists: Bool { number != nil }
  }

  private let folder: String
  private let open: Mutex<OpenFiles>

  /// `folder` is made with the first file, if it is not there.
  init(folder: String, limit: Int = 128) {
    self.folder = folder
    open = Mutex(OpenFiles(limit: limit))
  }

  /// Writes all of `bytes` behind what the run has written to `file`. What an earlier run left there
  /// is removed. `name`, relative to the folder, is asked for when the file has to be opened.
  func append(
    _ bytes: Span<UInt8>, to file: inout File, name: () -> String
  ) throws(FileError) {
    try open.withLock { open throws(FileError) in
      if let number = file.number, let descriptor = open.descriptor(number, in: file.slot) {
        return try Descriptor.write(bytes, to: descriptor, named: name)
      }
      let name = name()
      let descriptor = try Descriptor.make(
        "\(folder)/\(name)", truncating: !file.exists, makingRoom: { open.closeOldest() })
      let number = file.number ?? open.nextNumber()
      file.slot = open.insert(descriptor, of: number)
      file.number = number
      try Descriptor.write(bytes, to: descriptor) { name }
    }
  }

  func close(_ file: inout File) {
    guard let number = file.number else { return }
    open.withLock { $0.close(number, in: file.slot) }
  }

  /// How many descriptors are held.
  var openCount: Int { open.withLock { $0.count } }
}

/// Why a file could not be written: `record/x.out: No space left on device`.
struct FileError: Error, CustomStringConvertible {
  var name: String
  var code: Int32

  // The text that strerror points to is not changed by other threads (glibc, since 2.32).
  var description: String {
    if code == ETXTBSY { return "\(name): would overwrite an input" }
    return unsafe "\(name): \(String(cString: strerror(code)))"
  }
}
